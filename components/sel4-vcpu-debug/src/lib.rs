// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our kernel's extension: the debug registers of a vCPU, which the kernel keeps and its debug shim switches, the
//! width of a vCPU with the registers that only a 32-bit one has,
//! how it is stopped and started, and the wait for its timer; and of a VSpace the rights of single pages ([`pages`]).
//!
//! Labels and words are in [`lazaret_abi`]. A kernel without them says so to [`probe`].
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod interrupt;
pub mod pages;
pub mod raw;

pub use interrupt::{
    Doorbell, bind_notification, prepare_timer, remove_doorbell, set_alarm, set_doorbell, unbind_notification,
};
pub use lazaret_abi::{
    AARCH32, AARCH64, DebugRegister, DebugStatus, Group, LogFlags, PageAccess, PageRights, Switch, VcpuState, VcpuWait,
};
use lazaret_abi::{
    ANSWERS_EXTENSIONS, DEBUG_STATUS_WORDS, DebugRead, DebugWrite, FLAG_DIRTY, ReadFeatures, ReadGroup, StateRead,
    StateWrite, VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH, VCPU_DEBUG_FLAG_DIRTY, VCPU_DEBUG_READ, VCPU_DEBUG_STATUS,
    VCPU_DEBUG_WRITE, VCPU_EXTENSIONS, VCPU_READ_FEATURES, VCPU_READ_GROUP, VCPU_RECALL, VCPU_START, VCPU_STATE_READ,
    VCPU_STATE_WRITE, VCPU_UNANSWERED_FAULT, VCPU_WAIT, VCPU_WAKE, VCPU_WRITE_GROUP, fault_context, feature_word,
    group,
};
use raw::invoke;
use sel4::{Cap, InvocationContext, Result, Word, cap_type::VCpu};
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation;
use sel4_abi::vcpu_reg::VcpuReg;

/// Where a vCPU's debug state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing worth switching.
    Clean,
    /// To be put on the hardware at the next resume.
    Pending,
    /// On the hardware.
    Loaded,
    /// Held by an outside debugger.
    External,
}

/// What [`status`] returns, by [`DebugStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status([Word; DEBUG_STATUS_WORDS]);

impl Status {
    /// A word as it came.
    pub const fn word(&self, which: DebugStatus) -> Word {
        self.0[which as usize]
    }

    /// The state; `None` when the kernel says something that we do not know.
    pub const fn state(&self) -> Option<State> {
        Some(match self.word(DebugStatus::State) {
            0 => State::Clean,
            1 => State::Pending,
            2 => State::Loaded,
            3 => State::External,
            _ => return None,
        })
    }

    /// Breakpoints of the hardware.
    pub const fn breakpoints(&self) -> u8 {
        self.word(DebugStatus::Counts) as u8
    }

    /// Watchpoints of the hardware.
    pub const fn watchpoints(&self) -> u8 {
        (self.word(DebugStatus::Counts) >> 8) as u8
    }

    /// Breakpoints of the hardware that can match a context.
    pub const fn context_breakpoints(&self) -> u8 {
        (self.word(DebugStatus::Counts) >> 16) as u8
    }
}

/// What of the extension a kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    counts: Option<Word>,
    extensions: Word,
}

impl Parts {
    /// The word of counts, if the kernel keeps debug registers. A seL4 with only the debug shim does, and has no part.
    pub const fn counts(self) -> Option<Word> {
        self.counts
    }

    /// Whether the kernel has this part.
    pub const fn has(self, part: Switch) -> bool {
        self.extensions & part.bit() != 0
    }
}

/// Asks the kernel what it has: once, for a debug build of seL4 prints a line for each refusal. One with the debug shim
/// refuses nothing here, and a stock one once.
pub fn probe(vcpu: Cap<VCpu>) -> Parts {
    let counts = status(vcpu).ok().map(|status| status.word(DebugStatus::Counts));
    let answers = counts.is_some_and(|counts| counts & ANSWERS_EXTENSIONS != 0);
    let extensions = if answers { invoke(vcpu, VCPU_EXTENSIONS, &[], &[]).map_or(0, |reply| reply.word()) } else { 0 };
    Parts { counts, extensions }
}

/// A register of the vCPU's bank.
pub fn read<C: InvocationContext>(vcpu: Cap<VCpu, C>, register: DebugRegister) -> Result<Word> {
    invoke(vcpu, VCPU_DEBUG_READ, &DebugRead { register }.words(), &[]).map(|reply| reply.word())
}

/// Sets a register of the vCPU's bank; the kernel clamps the value. `dirty` flags the state as well.
pub fn write<C: InvocationContext>(
    vcpu: Cap<VCpu, C>,
    register: DebugRegister,
    value: Word,
    dirty: bool,
) -> Result<()> {
    let flags = if dirty { FLAG_DIRTY } else { 0 };
    invoke(vcpu, VCPU_DEBUG_WRITE, &DebugWrite { register, value, flags }.words(), &[]).map(drop)
}

/// The bank goes on the hardware at the next resume.
pub fn flag_dirty<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<()> {
    invoke(vcpu, VCPU_DEBUG_FLAG_DIRTY, &[], &[]).map(drop)
}

/// What the core has in an ID register of CRm 1 to 7: guests' own reads trap.
pub fn read_features<C: InvocationContext>(vcpu: Cap<VCpu, C>, crm: u8, op2: u8) -> Result<Word> {
    let register = feature_word(crm, op2);
    invoke(vcpu, VCPU_READ_FEATURES, &ReadFeatures { register }.words(), &[]).map(|reply| reply.word())
}

/// The vCPU's width, or a register that only a 32-bit one has.
pub fn read_state<C: InvocationContext>(vcpu: Cap<VCpu, C>, state: VcpuState) -> Result<Word> {
    invoke(vcpu, VCPU_STATE_READ, &StateRead { state }.words(), &[]).map(|reply| reply.word())
}

/// Sets the width, or a register that only a 32-bit vCPU has. `RangeError`: this core has no 32-bit EL1.
pub fn write_state<C: InvocationContext>(vcpu: Cap<VCpu, C>, state: VcpuState, value: Word) -> Result<()> {
    invoke(vcpu, VCPU_STATE_WRITE, &StateWrite { state, value }.words(), &[]).map(drop)
}

/// The vCPU, stopped at a fault, sleeps until its virtual timer would interrupt or until it is resumed.
pub fn wait<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<()> {
    invoke(vcpu, VCPU_WAIT, &[], &[]).map(drop)
}

/// Ends that wait, if it has not ended.
pub fn wake<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<()> {
    invoke(vcpu, VCPU_WAKE, &[], &[]).map(drop)
}

/// The vCPU executes nothing afterwards until it is started or its open fault is answered. What it did before.
pub fn recall<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<VcpuWait> {
    let wait = invoke(vcpu, VCPU_RECALL, &[], &[])?.word();
    Ok(VcpuWait::from_word(wait).unwrap_or(VcpuWait::Stopped))
}

/// An outside debugger takes the stopped vCPU, or lets go of it.
pub fn attach_debugger<C: InvocationContext>(vcpu: Cap<VCpu, C>, attach: bool) -> Result<()> {
    let label = if attach { VCPU_DEBUG_ATTACH } else { VCPU_DEBUG_DETACH };
    invoke(vcpu, label, &[], &[]).map(drop)
}

/// The stopped vCPU goes on as a reply with these words would have it (`lazaret_abi::fault_context`).
pub fn start<C: InvocationContext>(vcpu: Cap<VCpu, C>, context: [Word; fault_context::REPLY_LENGTH]) -> Result<()> {
    invoke(vcpu, VCPU_START, &context, &[]).map(drop)
}

/// State, counts and counters.
pub fn status<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<Status> {
    invoke(vcpu, VCPU_DEBUG_STATUS, &[], &[]).map(|reply| Status(reply.array()))
}

/// A fault message that is not answered yet, as its handler gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The label.
    pub label: Word,
    words: [Word; fault_context::ABORT_LENGTH],
    length: usize,
}

impl Unanswered {
    /// Such a message; words beyond the longest are cut off.
    pub fn new(label: Word, words: &[Word]) -> Self {
        let mut own = [0; fault_context::ABORT_LENGTH];
        let length = words.len().min(own.len());
        own[..length].copy_from_slice(&words[..length]);
        Self { label, words: own, length }
    }

    /// The words.
    pub fn words(&self) -> &[Word] {
        &self.words[..self.length]
    }
}

/// The guest's interrupt controller interface as after power-on: on, with nothing enabled by the guest, nothing active
/// and nothing in a list register. Of a vCPU that does not execute.
pub fn reset_interrupt_interface<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<()> {
    const WORDS: usize = 1 + Group::Gic.length(group::MAX_LIST_REGISTERS);
    let mut message = [0; WORDS];
    message[0] = Group::Gic as Word;
    message[1 + group::GIC_CONTROL] = group::GIC_ENABLE;
    invoke(vcpu, VCPU_WRITE_GROUP, &message, &[]).map(drop)
}

/// V0 to V31, FPCR and FPSR of a vCPU that does not execute.
pub fn read_vectors<C: InvocationContext>(vcpu: Cap<VCpu, C>, words: &mut [Word; group::FP_WORDS]) -> Result<()> {
    let reply = invoke(vcpu, VCPU_READ_GROUP, &ReadGroup { group: Group::Fp }.words(), &[])?;
    reply.read(words);
    Ok(())
}

/// Writes them.
pub fn write_vectors<C: InvocationContext>(vcpu: Cap<VCpu, C>, words: &[Word; group::FP_WORDS]) -> Result<()> {
    let mut message = [0; 1 + group::FP_WORDS];
    message[0] = Group::Fp as Word;
    message[1..].copy_from_slice(words);
    invoke(vcpu, VCPU_WRITE_GROUP, &message, &[]).map(drop)
}

/// GICH_HCR, GICH_VMCR, GICH_APR and the list registers of a stopped vCPU, as many words as asked for.
pub fn read_interrupt_interface<const WORDS: usize>(vcpu: Cap<VCpu, impl InvocationContext>) -> Result<[Word; WORDS]> {
    invoke(vcpu, VCPU_READ_GROUP, &[Group::Gic as Word], &[]).map(raw::Reply::array)
}

/// Writes them, on a core that has so many.
pub fn write_interrupt_interface<const WORDS: usize>(
    vcpu: Cap<VCpu, impl InvocationContext>,
    words: &[Word; WORDS],
) -> Result<()> {
    let mut message = [0; 1 + Group::Gic.length(group::MAX_LIST_REGISTERS)];
    message[0] = Group::Gic as Word;
    message[1..=WORDS].copy_from_slice(words);
    invoke(vcpu, VCPU_WRITE_GROUP, &message[..=WORDS], &[]).map(drop)
}

/// A register of a VCPU object, by its field. Corresponds to `seL4_ARM_VCPU_ReadRegs`.
pub fn read_register<C: InvocationContext>(vcpu: Cap<VCpu, C>, register: VcpuReg) -> Result<Word> {
    invoke(vcpu, Invocation::VcpuReadReg.label(), &[register as Word], &[]).map(|reply| reply.word())
}

/// Corresponds to `seL4_ARM_VCPU_WriteRegs`.
pub fn write_register<C: InvocationContext>(vcpu: Cap<VCpu, C>, register: VcpuReg, value: Word) -> Result<()> {
    invoke(vcpu, Invocation::VcpuWriteReg.label(), &[register as Word, value], &[]).map(drop)
}

/// What the vCPU's thread waits for; and the message, if it has a fault.
pub fn unanswered_fault<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<(VcpuWait, Option<Unanswered>)> {
    let message: [Word; 2 + fault_context::ABORT_LENGTH] = invoke(vcpu, VCPU_UNANSWERED_FAULT, &[], &[])?.array();
    let [wait, label, words @ ..] = message;
    let wait = VcpuWait::from_word(wait).unwrap_or(VcpuWait::Stopped);
    let length = match FaultLabel::from_label(label) {
        Some(FaultLabel::VcpuFault) => fault_context::VCPU_LENGTH,
        None if fault_context::is_abort(label) => fault_context::ABORT_LENGTH,
        Some(FaultLabel::VgicMaintenance | FaultLabel::VppiEvent) => fault_context::EVENT_LENGTH,
        _ => 0,
    };
    let faulted = !matches!(wait, VcpuWait::Stopped | VcpuWait::Runs);
    Ok((wait, faulted.then_some(Unanswered { label, words, length })))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use sel4::{cap, fake};
    use std::vec;

    use super::{
        AARCH32, ANSWERS_EXTENSIONS, DebugRegister, Parts, State, Switch, VcpuState, VcpuWait, flag_dirty, probe, read,
        read_features, read_state, recall, reset_interrupt_interface, start, status, unanswered_fault, wait, wake,
        write, write_state,
    };

    #[test]
    fn marshalling() {
        let vcpu = cap::VCpu::from_bits(330);
        fake::push_answer(fake::Answer { words: vec![0xdead], ..Default::default() });
        assert_eq!(read(vcpu, DebugRegister::Wvr(3)), Ok(0xdead));
        write(vcpu, DebugRegister::Mdscr, 0x8000, true).unwrap();
        write(vcpu, DebugRegister::Bcr(1), 5, false).unwrap();
        flag_dirty(vcpu).unwrap();
        fake::push_answer(fake::Answer { words: vec![0x11], ..Default::default() });
        assert_eq!(read_features(vcpu, 4, 1), Ok(0x11));
        fake::push_answer(fake::Answer { words: vec![0x1d3], ..Default::default() });
        assert_eq!(read_state(vcpu, VcpuState::SpsrUnd), Ok(0x1d3));
        write_state(vcpu, VcpuState::Width, AARCH32).unwrap();
        wait(vcpu).unwrap();
        wake(vcpu).unwrap();
        fake::push_answer(fake::Answer { words: vec![1], ..Default::default() });
        assert_eq!(recall(vcpu), Ok(VcpuWait::Runs));
        start(vcpu, [0x4000, 0x3c5, 31, 0]).unwrap();
        reset_interrupt_interface(vcpu).unwrap();
        let seen: std::vec::Vec<_> = fake::take_calls().into_iter().map(|call| (call.label, call.words)).collect();
        let debug = [(62, vec![0x203]), (63, vec![0x400, 0x8000, 1]), (63, vec![0x101, 5, 0]), (64, vec![])];
        assert_eq!(seen[..4], debug);
        assert_eq!(seen[4..9], [(66, vec![33]), (67, vec![5]), (68, vec![0, 1]), (70, vec![]), (71, vec![])]);
        assert_eq!(seen[9..11], [(73, vec![]), (74, vec![0x4000, 0x3c5, 31, 0])]);
        let reset = [&[5, 1][..], &[0; 66]].concat();
        assert_eq!(seen[11..], [(76, reset)]);
    }

    #[test]
    fn status_decodes() {
        fake::push_answer(fake::Answer { words: vec![2, 0x02_0406, 3, 4, 5, 6, 7], ..Default::default() });
        let status = status(cap::VCpu::from_bits(330)).unwrap();
        assert_eq!(status.state(), Some(State::Loaded));
        assert_eq!((status.breakpoints(), status.watchpoints(), status.context_breakpoints()), (6, 4, 2));
    }

    #[test]
    fn a_message_comes_again() {
        let words = vec![3, 9, 27, 5];
        fake::push_answer(fake::Answer { words, ..Default::default() });
        let (wait, message) = unanswered_fault(cap::VCpu::from_bits(330)).unwrap();
        let message = message.unwrap();
        assert_eq!((wait, message.label, message.words()), (VcpuWait::Answer, 9, &[27, 5][..]));
        fake::push_answer(fake::Answer { words: vec![1], ..Default::default() });
        assert_eq!(unanswered_fault(cap::VCpu::from_bits(330)), Ok((VcpuWait::Runs, None)));
    }

    fn probed(answers: &[fake::Answer]) -> (Parts, std::vec::Vec<u64>) {
        answers.iter().cloned().for_each(fake::push_answer);
        let parts = probe(cap::VCpu::from_bits(330));
        (parts, fake::take_calls().into_iter().map(|call| call.label).collect())
    }

    fn counts(word: u64) -> fake::Answer {
        fake::Answer { words: vec![0, word, 0, 0, 0, 0, 0], ..Default::default() }
    }

    #[test]
    fn a_kernel_without_the_extension_is_asked_once() {
        let (parts, asked) = probed(&[fake::Answer { label: 3, ..Default::default() }]);
        assert_eq!((parts.counts(), asked), (None, vec![65]));
        assert!(Switch::ALL.iter().all(|&part| !parts.has(part)));
    }

    #[test]
    fn a_kernel_with_only_the_shim_is_asked_for_nothing_that_it_refuses() {
        let (parts, asked) = probed(&[counts(0x02_0406)]);
        assert_eq!((parts.counts(), asked), (Some(0x02_0406), vec![65]));
        assert!(Switch::ALL.iter().all(|&part| !parts.has(part)));
    }

    #[test]
    fn a_kernel_with_the_extension_tells_its_parts() {
        let words = vec![Switch::State.bit() | Switch::DebugRegisters.bit()];
        let (parts, asked) =
            probed(&[counts(ANSWERS_EXTENSIONS | 0x02_0406), fake::Answer { words, ..Default::default() }]);
        assert_eq!((parts.counts().map(|word| word as u8), asked), (Some(6), vec![65, 72]));
        let has: std::vec::Vec<_> = Switch::ALL.iter().filter(|&&part| parts.has(part)).collect();
        assert_eq!(has, [&Switch::DebugRegisters, &Switch::State]);
    }
}
