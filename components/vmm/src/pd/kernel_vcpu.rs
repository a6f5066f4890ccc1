// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU behind its capabilities.

use arm_syndrome::SysReg;
use microkit_abi::{MAX_CHANNELS, slot};
use sel4::{Cap, cap};
use sel4_abi::invocation::Invocation;
use sel4_abi::user_context::NUM_REGISTERS;
use sel4_vcpu_debug::raw::invoke;
use sel4_vcpu_debug::{
    AARCH32, AARCH64, DebugStatus, Group, Parts, Switch, Unanswered, VcpuWait, read_register, write_register,
};
use vmm::device::gic::{Format, Inject, Interface, LIST_REGISTERS};
use vmm::exit::ReplyContext;
use vmm::vcpu::{
    Counts, DebugBackend, DebugRegister, DebugUse, FP_WORDS, KernelVcpu, MAX_VCPUS, VcpuId, VcpuReg, VcpuState, Width,
};

/// Microkit numbers vCPUs as it numbers channels.
const _: () = assert!(MAX_VCPUS <= MAX_CHANNELS);

/// The slot of a vCPU among those that Microkit's tool fills in the order of their numbers.
const fn slot<T: sel4::CapType>(base: u32, id: VcpuId) -> Cap<T> {
    Cap::from_bits(base as u64 + id.index() as u64)
}

/// A vCPU of the manifest, how many debug registers it has, and how wide it is.
///
/// The order of the fields is that of the memory: the counts are one aligned word, which the fast path loads at once.
#[repr(C)]
pub struct Sel4Vcpu {
    tcb: cap::Tcb,
    vcpu: cap::VCpu,
    counts: Option<Counts>,
    /// The kernel may know how to wake a guest at its timer.
    waits: bool,
    /// It was stopped outside its exits; what it did before.
    held: Option<VcpuWait>,
    width: Width,
    id: VcpuId,
    /// What of the extension the kernel has. It is asked for nothing else: seL4's debug build prints a line for each
    /// refusal, wherever the guest's output is.
    parts: Parts,
    refusal: Option<Refusal>,
}

/// The kernel refuses what the VMM has a capability for: a bug of one of them, never the guest's doing.
#[derive(Clone, Copy)]
pub struct Refusal {
    pub what: &'static str,
    pub error: sel4::Error,
}

impl Sel4Vcpu {
    /// Ask the kernel for its debug extension.
    pub fn new(id: VcpuId) -> Self {
        let (tcb, vcpu) = (slot(slot::VM_TCB_BASE, id), slot(slot::VCPU_BASE, id));
        let parts = sel4_vcpu_debug::probe(vcpu);
        let ours = parts.has(Switch::DebugRegisters);
        // Another VMM may have made it so.
        let aarch32 = ours && sel4_vcpu_debug::read_state(vcpu, VcpuState::Width) == Ok(AARCH32);
        let width = if aarch32 { Width::Aarch32 } else { Width::Aarch64 };
        let counts = parts.counts().map(Counts::from_word);
        Self { tcb, vcpu, counts, waits: ours, held: None, width, id, parts, refusal: None }
    }

    /// What the vCPU waits for, with the message if that is an answer; nothing from a kernel that cannot tell.
    pub fn unanswered(&self) -> Option<(VcpuWait, Option<Unanswered>)> {
        self.has(Switch::FaultContext).then(|| sel4_vcpu_debug::unanswered_fault(self.vcpu).ok())?
    }

    /// The first refusal that was not told yet.
    #[inline]
    pub fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }

    /// Whether the kernel keeps the vCPU's debug registers.
    pub const fn has_debug_registers(&self) -> bool {
        self.counts.is_some()
    }
}

/// Words of TCB_WriteRegisters before the registers.
const HEADER: usize = 2;
/// Most exits write no more: PC, SP, SPSR and x0 to x4.
const FEW: usize = 8;

impl Sel4Vcpu {
    #[inline(always)]
    fn has(&self, part: Switch) -> bool {
        self.parts.has(part)
    }

    /// The answer of a kernel without debug registers, without asking it.
    fn bank(&self) -> sel4::Result<()> {
        self.counts.map(|_| ()).ok_or(sel4::Error::IllegalOperation)
    }

    /// A refusal is kept until it can be told between the guest's lines.
    fn report<T: Default>(&mut self, what: &'static str, result: sel4::Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.refusal.get_or_insert(Refusal { what, error });
            T::default()
        })
    }

    #[inline]
    fn write_up_to<const N: usize>(&mut self, words: &[u64]) {
        let mut message = [0; N];
        message[1] = words.len() as u64;
        message[HEADER..].iter_mut().zip(words).for_each(|(word, register)| *word = *register);
        let length = (HEADER + words.len()).min(N);
        let result = invoke(self.tcb, Invocation::TcbWriteRegisters.label(), &message[..length], &[]);
        self.report("TCB_WriteRegisters", result.map(drop));
    }
}

/// CNTV_CTL_EL0: ENABLE and IMASK.
const TIMER_ENABLE: u64 = 1;
const TIMER_MASKED: u64 = 2;

/// The VM has one vCPU: whichever is asked for is this one.
impl Inject for Sel4Vcpu {
    #[inline(always)]
    fn current(&self) -> usize {
        self.id.index()
    }

    fn inject(&mut self, _cpu: usize, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        self.vcpu.vcpu_inject_irq(intid, priority, group, index).is_ok()
    }

    fn reset_interface(&mut self, _cpu: usize) -> bool {
        self.can_take_back() && {
            let result = sel4_vcpu_debug::reset_interrupt_interface(self.vcpu);
            self.report("VCPU_WriteGroup", result.map(|()| true))
        }
    }

    fn ack_vppi(&mut self, _cpu: usize, intid: u16) {
        self.report("VCPU_AckVPPI", self.vcpu.vcpu_ack_vppi(intid.into()));
    }

    fn timer_fires(&mut self, _cpu: usize) -> bool {
        let control = self.read_system_register(VcpuReg::CntvCtl);
        control & (TIMER_ENABLE | TIMER_MASKED) == TIMER_ENABLE && {
            let count = self.ticks().wrapping_sub(self.read_system_register(VcpuReg::Cntvoff));
            count >= self.read_system_register(VcpuReg::CntvCval)
        }
    }

    fn can_prepare_timer(&self) -> bool {
        self.has(Switch::State) && self.has(Switch::PreparedTimer)
    }

    fn prepare_timer(&mut self, _cpu: usize, injection: Option<u64>) -> bool {
        sel4_vcpu_debug::prepare_timer(self.vcpu, injection).is_ok()
    }

    fn can_take_back(&self) -> bool {
        self.has(Switch::State)
    }

    fn format(&self) -> Format {
        Format::V2
    }

    /// One that has a fault does not run, whether a reply can still answer it or not.
    fn hold(&mut self, _cpu: usize) -> bool {
        match self.unanswered() {
            Some((VcpuWait::Runs | VcpuWait::Stopped, _)) => {
                let result = sel4_vcpu_debug::recall(self.vcpu);
                self.held = self.report("VCPU_Recall", result.map(Some));
                self.held.is_some()
            }
            answer => answer.is_some(),
        }
    }

    fn read_interface(&mut self, _cpu: usize) -> Option<Interface> {
        if !self.can_take_back() {
            return None;
        }
        let [control, guest, active_priorities, list @ ..] =
            sel4_vcpu_debug::read_interrupt_interface::<{ INTERFACE_WORDS }>(self.vcpu).ok()?;
        Some(Interface { control, guest, active_priorities, list })
    }

    fn write_interface(&mut self, _cpu: usize, interface: &Interface) {
        let Interface { control, guest, active_priorities, list: [a, b, c, d] } = *interface;
        let words = [control, guest, active_priorities, a, b, c, d];
        self.report("VCPU_WriteGroup", sel4_vcpu_debug::write_interrupt_interface(self.vcpu, &words));
    }
}

const INTERFACE_WORDS: usize = Group::Gic.length(LIST_REGISTERS);

impl KernelVcpu for Sel4Vcpu {
    #[inline(always)]
    fn id(&self) -> VcpuId {
        self.id
    }

    fn read_registers(&mut self, words: &mut [u64]) {
        let request = [0, words.len() as u64];
        let result = invoke(self.tcb, Invocation::TcbReadRegisters.label(), &request, &[]);
        self.report("TCB_ReadRegisters", result.map(|reply| reply.read(words)));
    }

    fn write_registers(&mut self, words: &[u64]) {
        if words.len() <= FEW {
            self.write_up_to::<{ HEADER + FEW }>(words);
        } else {
            self.write_up_to::<{ HEADER + NUM_REGISTERS }>(words);
        }
    }

    #[inline(always)]
    fn stops_by_reply(&self) -> bool {
        self.has(Switch::Stop)
    }

    fn start(&mut self, context: ReplyContext) {
        if self.stops_by_reply() {
            self.report("VCPU_Start", sel4_vcpu_debug::start(self.vcpu, context));
        } else {
            self.restart();
        }
    }

    fn restart(&mut self) {
        self.report("TCB_Resume", self.tcb.tcb_resume());
    }

    fn stop(&mut self) {
        self.report("TCB_Suspend", self.tcb.tcb_suspend());
    }

    fn wait(&mut self) -> bool {
        // A kernel that refuses once is not asked again.
        self.waits = self.waits && sel4_vcpu_debug::wait(self.vcpu).is_ok();
        self.waits
    }

    fn wake(&mut self) {
        if !self.has(Switch::DebugRegisters) || sel4_vcpu_debug::wake(self.vcpu).is_err() {
            // A kernel without the wait: the vCPU is still stopped.
            self.restart();
        }
        self.held = None;
    }

    fn can_set_alarm(&self) -> bool {
        self.has(Switch::Alarm)
    }

    fn set_alarm(&mut self, count: Option<u64>) {
        let result = sel4_vcpu_debug::set_alarm(self.vcpu, count);
        self.report("VCPU_SetAlarm", result);
    }

    fn runs(&mut self) -> bool {
        matches!(self.unanswered(), Some((VcpuWait::Runs, _)))
    }

    fn let_go(&mut self, waits: bool) {
        match self.held.take() {
            // Its timer may have ended its wait since somebody looked.
            Some(was) if waits && was != VcpuWait::Runs => _ = self.wait(),
            Some(_) => self.restart(),
            None => {}
        }
    }

    fn read_system_register(&mut self, register: VcpuReg) -> u64 {
        self.report("VCPU_ReadRegs", read_register(self.vcpu, register))
    }

    fn write_system_register(&mut self, register: VcpuReg, value: u64) {
        self.report("VCPU_WriteRegs", write_register(self.vcpu, register, value));
    }

    fn ticks(&self) -> u64 {
        super::counter::now()
    }

    fn frequency(&self) -> u64 {
        super::counter::frequency()
    }

    fn width(&self) -> Width {
        self.width
    }

    fn set_width(&mut self, width: Width) -> bool {
        // A kernel that cannot be asked has 64-bit vCPUs.
        if width == self.width {
            return true;
        }
        let word = match width {
            Width::Aarch64 => AARCH64,
            Width::Aarch32 => AARCH32,
        };
        let done =
            self.has(Switch::DebugRegisters) && sel4_vcpu_debug::write_state(self.vcpu, VcpuState::Width, word).is_ok();
        if done {
            self.width = width;
        }
        done
    }

    fn read_state(&mut self, state: VcpuState) -> u64 {
        self.report("VCPU_ReadState", sel4_vcpu_debug::read_state(self.vcpu, state))
    }

    fn write_state(&mut self, state: VcpuState, value: u64) {
        self.report("VCPU_WriteState", sel4_vcpu_debug::write_state(self.vcpu, state, value));
    }

    fn read_vectors(&mut self, words: &mut [u64; FP_WORDS]) -> bool {
        self.has(Switch::State) && {
            let result = sel4_vcpu_debug::read_vectors(self.vcpu, words);
            self.report("VCPU_ReadGroup", result.map(|()| true))
        }
    }

    fn write_vectors(&mut self, words: &[u64; FP_WORDS]) -> bool {
        self.has(Switch::State) && {
            let result = sel4_vcpu_debug::write_vectors(self.vcpu, words);
            self.report("VCPU_WriteGroup", result.map(|()| true))
        }
    }

    fn debug_use(&self) -> Option<DebugUse> {
        self.counts?;
        let status = sel4_vcpu_debug::status(self.vcpu).ok()?;
        Some(DebugUse {
            loads: status.word(DebugStatus::BankLoads),
            saves: status.word(DebugStatus::BankSaves),
            accesses: status.word(DebugStatus::BankAccesses),
            mdscr_writes: status.word(DebugStatus::MdscrWrites),
            exits: status.word(DebugStatus::Exits),
        })
    }
}

impl DebugBackend for Sel4Vcpu {
    type Error = sel4::Error;

    fn counts(&self) -> Counts {
        self.counts.unwrap_or(Counts { breakpoints: 0, watchpoints: 0, contexts: 0 })
    }

    fn read(&mut self, register: DebugRegister) -> sel4::Result<u64> {
        self.bank()?;
        sel4_vcpu_debug::read(self.vcpu, register)
    }

    fn features(&mut self, register: SysReg) -> sel4::Result<u64> {
        if !self.has(Switch::DebugRegisters) {
            return Err(sel4::Error::IllegalOperation);
        }
        sel4_vcpu_debug::read_features(self.vcpu, register.crm(), register.op2())
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> sel4::Result<()> {
        self.bank()?;
        sel4_vcpu_debug::write(self.vcpu, register, value, dirty)
    }
}
