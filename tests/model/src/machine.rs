// SPDX-License-Identifier: MIT OR Apache-2.0
//! One step: the state becomes live objects, the action happens, the objects become a state.

use arm_trap_table::Access;
use debug_shim::fake::{FakeHardware, ShimImage, VcpuImage};
use debug_shim::{DebugRegister, Error, Handle, Shim, State, VcpuDebug, mdcr_el2, mdscr_el1};

use crate::state::{COUNTS, CoreRegisters, EVENT_COUNTERS};
use crate::vmm::{CLAIM_CLEAR, CLAIM_SET, DBGBVR0, MDSCR, OSLAR};
use crate::{Action, Ghost, SystemState};

/// The kernel's reference to a vCPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vcpu<'a> {
    pub(crate) index: usize,
    debug: &'a VcpuDebug,
}

impl PartialEq for Vcpu<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl Handle for Vcpu<'_> {
    fn debug(&self) -> &VcpuDebug {
        self.debug
    }
}

/// The live objects.
pub(crate) struct Machine<'a> {
    pub(crate) vcpus: &'a [VcpuDebug],
    pub(crate) cores: Vec<(Shim<Vcpu<'a>>, FakeHardware)>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(state: &SystemState, vcpus: &'a [VcpuDebug]) -> Self {
        let handle = |index: usize| Vcpu { index, debug: &vcpus[index] };
        let cores = state.cores.iter().map(|core| {
            let shim = core.shim.restore(COUNTS, EVENT_COUNTERS, handle);
            (shim, core.registers.restore())
        });
        Self { cores: cores.collect(), vcpus }
    }

    pub(crate) fn vcpu(&self, index: usize) -> Vcpu<'a> {
        Vcpu { index, debug: &self.vcpus[index] }
    }

    /// Does the guest that runs on the core trap when it touches a debug register?
    pub(crate) fn traps(&self, core: usize) -> bool {
        self.cores[core].1.registers().mdcr & mdcr_el2::TDA != 0
    }
}

pub(crate) fn restore(state: &SystemState) -> Vec<VcpuDebug> {
    state.vcpus.iter().map(|image| image.restore(COUNTS)).collect()
}

/// The state after `action`.
pub(crate) fn step(last: &SystemState, action: Action) -> SystemState {
    let vcpus = restore(last);
    let mut step = Step { machine: Machine::new(last, &vcpus), next: SystemState { broken: None, ..last.clone() } };
    step.act(action);
    let Step { machine, mut next } = step;
    for (core, (shim, hw)) in next.cores.iter_mut().zip(&machine.cores) {
        core.shim = ShimImage::of(shim, |vcpu| vcpu.index);
        core.registers = CoreRegisters::of(&hw.registers());
    }
    next.vcpus = vcpus.iter().map(|vcpu| VcpuImage::of(vcpu, COUNTS).with_stale_copy_poisoned()).collect();
    next
}

struct Step<'a> {
    machine: Machine<'a>,
    next: SystemState,
}

impl Step<'_> {
    fn act(&mut self, action: Action) {
        match action {
            Action::Resume(core, vcpu) => self.resume(core, vcpu),
            Action::Exit(core) => _ = self.exit(core),
            Action::Switch(core, vcpu) => {
                self.exit(core);
                self.resume(core, vcpu);
            }
            Action::Evict(core) => self.evict(core),
            Action::WriteBank(core, other) => self.write_bank(core, other),
            Action::WriteMdscr(core, value) => self.write_mdscr(core, value),
            Action::WriteOsLock(core, locked) => self.write_os_lock(core, locked),
            Action::WriteChannel(core) => self.write_channel(core),
            Action::HostileWrite(core, vcpu) => self.hostile_write(core, vcpu),
            Action::FlagDirty(core, vcpu) => _ = self.machine.cores[core].0.flag_dirty(self.machine.vcpu(vcpu)),
            Action::CrashVmm(core, told) => self.crash_vmm(core, told),
            Action::Reset(core, vcpu) => self.release(core, vcpu),
            Action::Revoke(vcpu) => self.revoke(vcpu),
            Action::Panic => self.panic(),
            Action::Attach(core, vcpu) => self.attach(core, vcpu),
            Action::Detach(core, vcpu) => {
                if self.machine.cores[core].0.detach_external(self.machine.vcpu(vcpu)).is_ok() {
                    self.next.ghosts[vcpu].external = false;
                }
            }
        }
    }

    fn rule(&mut self, holds: bool, name: &'static str) {
        if !holds {
            self.next.broken = Some(name);
        }
    }

    fn running(&self, core: usize) -> usize {
        self.next.cores[core].running.expect("a guest's action")
    }

    fn resume(&mut self, core: usize, index: usize) {
        let vcpu = self.machine.vcpu(index);
        let (shim, hw) = &self.machine.cores[core];
        hw.forget_accesses();
        let (before, hazards) = (vcpu.debug.state(), vcpu.debug.hazards());
        let needs = self.next.ghosts[index].mdscr & (MDE_KDE) != 0 || before == State::Pending;
        let was_mine = shim.owner() == Some(vcpu);
        let entered = shim.enter(vcpu, hw);
        let accesses = hw.accesses();
        if hazards.is_none() {
            self.rule(accesses.total() == 0, "P5: nothing to do, and something was done");
        }
        self.rule(was_mine || needs || accesses.bank() == 0, "P5: clean resume touched the bank");
        self.rule(!was_mine || accesses.bank() == 0, "P6: the bank was there already");
        self.rule(accesses.bank_writes <= 7 && accesses.bank_reads <= 6, "P6: more than one load and one save");
        match entered {
            Ok(may_run) => {
                self.rule(may_run.vcpu() == vcpu, "P8: another vCPU was entered");
                self.next.cores[core].running = Some(index);
            }
            Err(error) => {
                self.rule(error == Error::Elsewhere && accesses.total() == 0, "P8: refused, but something was done")
            }
        }
    }

    /// Returns whose guest it was.
    fn exit(&mut self, core: usize) -> usize {
        let running = self.running(core);
        let (shim, hw) = &self.machine.cores[core];
        hw.forget_accesses();
        shim.leave_to_native(self.machine.vcpu(running), hw);
        let accesses = hw.accesses();
        self.next.cores[core].running = None;
        self.rule(accesses.bank() == 0, "P6: an exit touched the bank");
        running
    }

    fn evict(&mut self, core: usize) {
        let (shim, hw) = &self.machine.cores[core];
        _ = shim.evict(hw);
    }

    /// The guest accesses a register: on the hardware, or by an exit, the VMM's handler and a resume.
    fn access(&mut self, core: usize, register: arm_syndrome::SysReg, value: u64, direct: impl FnOnce(&FakeHardware)) {
        if !self.machine.traps(core) {
            return direct(&self.machine.cores[core].1);
        }
        let running = self.exit(core);
        let outcome = self.machine.handle(core, self.machine.vcpu(running), register, Access::Write(value));
        self.rule(outcome.is_ok(), "P17: a trapped write could not be completed");
        self.resume(core, running);
    }

    fn write_bank(&mut self, core: usize, other: bool) {
        let running = self.running(core);
        let value = pattern(running, other);
        self.access(core, DBGBVR0, value, |hw| hw.with_registers(|r| r.bvr[0] = value));
        self.access(core, CLAIM_CLEAR, 0xff, |hw| hw.with_registers(|r| r.claim = 0));
        self.access(core, CLAIM_SET, value >> 8, |hw| hw.with_registers(|r| r.claim = value >> 8));
        let ghost = &mut self.next.ghosts[running];
        (ghost.value, ghost.claim) = (value, value >> 8);
    }

    fn write_mdscr(&mut self, core: usize, value: u64) {
        let running = self.running(core);
        self.next.ghosts[running].mdscr = value;
        self.access(core, MDSCR, value, |hw| hw.with_registers(|r| r.mdscr = value));
    }

    /// Always trapped, by TDOSA.
    fn write_os_lock(&mut self, core: usize, locked: bool) {
        let running = self.exit(core);
        self.next.ghosts[running].os_lock = locked;
        let outcome = self.machine.handle(core, self.machine.vcpu(running), OSLAR, Access::Write(locked.into()));
        self.rule(outcome.is_ok(), "P17: a trapped write could not be completed");
        self.resume(core, running);
    }

    fn write_channel(&mut self, core: usize) {
        if !self.machine.traps(core) {
            let secret = self.running(core) as u64 + 1;
            self.machine.cores[core].1.with_registers(|r| r.channel[0] = secret);
        }
    }

    fn hostile_write(&mut self, core: usize, index: usize) {
        let vcpu = self.machine.vcpu(index);
        let (shim, hw) = &self.machine.cores[core];
        let write = |register| shim.write(vcpu, register, u64::MAX, true, hw);
        let beyond = [DebugRegister::Bvr(1), DebugRegister::Bcr(15), DebugRegister::Wvr(1), DebugRegister::Wcr(15)];
        let refused = beyond.iter().all(|&register| write(register) == Err(Error::NoSuchRegister));
        // A vCPU whose bank is on another core is not this core's to write; its MDSCR is in the object.
        let _ = [DebugRegister::Bcr(0), DebugRegister::Wcr(0), DebugRegister::Mdccint].map(write);
        if write(DebugRegister::Mdscr).is_ok() {
            self.next.ghosts[index].mdscr = mdscr_el1::GUEST;
        }
        self.rule(refused, "P14: an index beyond the counts was taken");
    }

    fn release(&mut self, core: usize, index: usize) {
        let vcpu = self.machine.vcpu(index);
        let before = VcpuImage::of(vcpu.debug, COUNTS);
        let (shim, hw) = &self.machine.cores[core];
        match shim.release(vcpu, hw) {
            Ok(()) => {
                self.next.ghosts[index] = Ghost::default();
                if self.next.cores[core].running == Some(index) {
                    self.next.cores[core].running = None;
                }
                let fresh = VcpuImage::of(&VcpuDebug::new(), COUNTS) == VcpuImage::of(vcpu.debug, COUNTS);
                let (disowned, armed) = (shim.owner() != Some(vcpu), is_armed(hw));
                let stopped = self.next.cores[core].running.is_none();
                self.rule(fresh && disowned, "P18: something is left of a reset vCPU");
                self.rule(!stopped || !armed, "P19: a deleted vCPU's guest is still armed");
            }
            Err(_) => {
                let same = before == VcpuImage::of(vcpu.debug, COUNTS);
                self.rule(same, "P8: refused, but something was done");
            }
        }
    }

    /// The guest's write of its first pattern traps and comes to nothing, or to everything but the resume.
    fn crash_vmm(&mut self, core: usize, told: bool) {
        if !self.machine.traps(core) {
            return;
        }
        let running = self.exit(core);
        if told {
            let value = pattern(running, false);
            let vcpu = self.machine.vcpu(running);
            let outcome = self.machine.handle(core, vcpu, DBGBVR0, Access::Write(value));
            self.rule(outcome.is_ok(), "P17: a trapped write could not be completed");
            self.next.ghosts[running].value = value;
        }
    }

    /// The kernel deletes the object where its bank is; a guest that runs elsewhere is stopped there first.
    fn revoke(&mut self, index: usize) {
        if let Some(core) = self.next.core_of(index) {
            self.exit(core);
        }
        let vcpu = self.machine.vcpu(index);
        let home = self.machine.cores.iter().position(|(shim, _)| shim.owner() == Some(vcpu)).unwrap_or(0);
        if self.next.cores[home].running.is_some() {
            self.exit(home);
        }
        self.release(home, index);
        self.rule(self.next.ghosts[index] == Ghost::default(), "P19: a revoked vCPU is not deleted");
    }

    fn panic(&mut self) {
        for (core, (shim, hw)) in self.next.cores.iter_mut().zip(&self.machine.cores) {
            shim.disarm(hw);
            core.running = None;
        }
        self.next.panicked = true;
    }

    fn attach(&mut self, core: usize, index: usize) {
        let (shim, _) = &self.machine.cores[core];
        if shim.attach_external(self.machine.vcpu(index)).is_ok() {
            self.next.ghosts[index].external = true;
        }
    }
}

fn is_armed(hw: &FakeHardware) -> bool {
    let r = hw.registers();
    r.mdscr != 0 || r.mdcr & mdcr_el2::TDA == 0
}

const MDE_KDE: u64 = mdscr_el1::NEEDS_BANK;

/// A vCPU's two values: aligned, different from all others, with something in bits 15:8 for the claim tags.
pub(crate) fn pattern(vcpu: usize, other: bool) -> u64 {
    ((vcpu as u64 + 1) << 4 | u64::from(other)) << 8
}
