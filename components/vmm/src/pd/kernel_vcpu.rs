// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VM's vCPUs behind their capabilities.

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
    Counts, DebugBackend, DebugRegister, DebugUse, FP_WORDS, KernelVcpu, MAX_VCPUS, PowerState, VcpuId, VcpuReg,
    VcpuState, Width,
};

/// Microkit numbers vCPUs as it numbers channels.
const _: () = assert!(MAX_VCPUS <= MAX_CHANNELS);

/// The slot of a vCPU among those that Microkit's tool fills in the order of their numbers.
const fn slot<T: sel4::CapType>(base: u32, id: VcpuId) -> Cap<T> {
    Cap::from_bits(base as u64 + id.index() as u64)
}

const fn tcb_of(id: VcpuId) -> cap::Tcb {
    slot(slot::VM_TCB_BASE, id)
}

const fn vcpu_of(id: VcpuId) -> cap::VCpu {
    slot(slot::VCPU_BASE, id)
}

/// The vCPUs of a VM, of which one is selected, and how many debug registers each has.
///
/// The order of the fields is that of the memory: the counts are one aligned word, which the fast path loads at once.
#[repr(C)]
pub struct Sel4Vcpus {
    tcb: cap::Tcb,
    vcpu: cap::VCpu,
    counts: Option<Counts>,
    /// The kernel may know how to wake a guest at its timer.
    waits: bool,
    id: VcpuId,
    /// What each did before it was stopped outside its exits, if it was.
    held: [Option<VcpuWait>; MAX_VCPUS],
    width: [Width; MAX_VCPUS],
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

impl Sel4Vcpus {
    /// Of a VM that has so many. Asks the kernel for its debug extension.
    pub fn new(count: usize) -> Self {
        let id = VcpuId::BOOT;
        let (tcb, vcpu) = (tcb_of(id), vcpu_of(id));
        let parts = sel4_vcpu_debug::probe(vcpu);
        let ours = parts.has(Switch::DebugRegisters);
        let mut width = [Width::Aarch64; MAX_VCPUS];
        for id in VcpuId::first(count) {
            // Another VMM may have made it so.
            if ours && sel4_vcpu_debug::read_state(vcpu_of(id), VcpuState::Width) == Ok(AARCH32) {
                width[id.index()] = Width::Aarch32;
            }
        }
        let counts = parts.counts().map(Counts::from_word);
        Self { tcb, vcpu, counts, waits: ours, id, held: [None; MAX_VCPUS], width, parts, refusal: None }
    }

    /// Whether the kernel can leave each of several vCPUs stopped while others run.
    pub const fn can_have_several(&self) -> bool {
        self.parts.has(Switch::Stop) && self.parts.has(Switch::State)
    }

    /// What the selected vCPU waits for, with the message if that is an answer; nothing from a kernel that cannot tell.
    pub fn unanswered(&self) -> Option<(VcpuWait, Option<Unanswered>)> {
        self.unanswered_of(self.vcpu)
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

impl Sel4Vcpus {
    /// The VCPU object of that number, without asking where there is only one.
    #[inline(always)]
    fn numbered(&self, cpu: usize) -> cap::VCpu {
        if MAX_VCPUS == 1 { self.vcpu } else { VcpuId::new(cpu).map_or(self.vcpu, vcpu_of) }
    }

    /// What a vCPU waits for; nothing from a kernel that cannot tell.
    fn unanswered_of(&self, vcpu: cap::VCpu) -> Option<(VcpuWait, Option<Unanswered>)> {
        self.has(Switch::FaultContext).then(|| sel4_vcpu_debug::unanswered_fault(vcpu).ok())?
    }

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

impl Inject for Sel4Vcpus {
    #[inline(always)]
    fn current(&self) -> usize {
        self.id.index()
    }

    fn inject(&mut self, cpu: usize, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        self.numbered(cpu).vcpu_inject_irq(intid, priority, group, index).is_ok()
    }

    fn reset_interface(&mut self, cpu: usize) -> bool {
        self.can_take_back() && {
            let result = sel4_vcpu_debug::reset_interrupt_interface(self.numbered(cpu));
            self.report("VCPU_WriteGroup", result.map(|()| true))
        }
    }

    fn ack_vppi(&mut self, cpu: usize, intid: u16) {
        self.report("VCPU_AckVPPI", self.numbered(cpu).vcpu_ack_vppi(intid.into()));
    }

    fn timer_fires(&mut self, cpu: usize) -> bool {
        let vcpu = self.numbered(cpu);
        let mut read = |register| self.report("VCPU_ReadRegs", read_register(vcpu, register));
        read(VcpuReg::CntvCtl) & (TIMER_ENABLE | TIMER_MASKED) == TIMER_ENABLE && {
            let (offset, compare) = (read(VcpuReg::Cntvoff), read(VcpuReg::CntvCval));
            self.ticks().wrapping_sub(offset) >= compare
        }
    }

    fn can_prepare_timer(&self) -> bool {
        self.has(Switch::State) && self.has(Switch::PreparedTimer)
    }

    fn prepare_timer(&mut self, cpu: usize, injection: Option<u64>) -> bool {
        sel4_vcpu_debug::prepare_timer(self.numbered(cpu), injection).is_ok()
    }

    fn can_take_back(&self) -> bool {
        self.has(Switch::State)
    }

    fn format(&self) -> Format {
        Format::V2
    }

    /// One that has a fault does not run, whether a reply can still answer it or not.
    fn hold(&mut self, cpu: usize) -> bool {
        let vcpu = self.numbered(cpu);
        let Some(held) = self.held.get(cpu) else { return false };
        match self.unanswered_of(vcpu) {
            Some(_) if held.is_some() => true,
            Some((VcpuWait::Runs | VcpuWait::Stopped, _)) => {
                let was = self.report("VCPU_Recall", sel4_vcpu_debug::recall(vcpu).map(Some));
                self.held[cpu] = was;
                was.is_some()
            }
            answer => answer.is_some(),
        }
    }

    fn read_interface(&mut self, cpu: usize) -> Option<Interface> {
        if !self.can_take_back() {
            return None;
        }
        let [control, guest, active_priorities, list @ ..] =
            sel4_vcpu_debug::read_interrupt_interface::<{ INTERFACE_WORDS }>(self.numbered(cpu)).ok()?;
        Some(Interface { control, guest, active_priorities, list })
    }

    fn write_interface(&mut self, cpu: usize, interface: &Interface) {
        let Interface { control, guest, active_priorities, list: [a, b, c, d] } = *interface;
        let words = [control, guest, active_priorities, a, b, c, d];
        self.report("VCPU_WriteGroup", sel4_vcpu_debug::write_interrupt_interface(self.numbered(cpu), &words));
    }
}

const INTERFACE_WORDS: usize = Group::Gic.length(LIST_REGISTERS);

impl KernelVcpu for Sel4Vcpus {
    #[inline(always)]
    fn id(&self) -> VcpuId {
        self.id
    }

    #[inline(always)]
    fn select(&mut self, id: VcpuId) {
        if MAX_VCPUS > 1 {
            (self.id, self.tcb, self.vcpu) = (id, tcb_of(id), vcpu_of(id));
        }
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
        self.held[self.id.index()] = None;
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

    fn let_go(&mut self, power: PowerState) {
        match (self.held[self.id.index()].take(), power) {
            (None, _) | (_, PowerState::Off) => {}
            // Its timer may have ended its wait since somebody looked.
            (Some(was), PowerState::Parked) if was != VcpuWait::Runs => _ = self.wait(),
            (Some(_), _) => self.restart(),
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
        self.width[self.id.index()]
    }

    fn set_width(&mut self, width: Width) -> bool {
        // A kernel that cannot be asked has 64-bit vCPUs.
        if width == self.width() {
            return true;
        }
        let word = match width {
            Width::Aarch64 => AARCH64,
            Width::Aarch32 => AARCH32,
        };
        let done =
            self.has(Switch::DebugRegisters) && sel4_vcpu_debug::write_state(self.vcpu, VcpuState::Width, word).is_ok();
        if done {
            self.width[self.id.index()] = width;
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

    fn attach_debugger(&mut self, attach: bool) -> bool {
        if !self.has(Switch::OutsideDebugger) {
            return !attach;
        }
        match (attach, sel4_vcpu_debug::attach_debugger(self.vcpu, attach)) {
            // It is so already: the VMM before this one did it.
            (_, Ok(())) | (true, Err(sel4::Error::DeleteFirst)) | (false, Err(sel4::Error::IllegalOperation)) => true,
            (_, Err(_)) => false,
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

impl DebugBackend for Sel4Vcpus {
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
