// SPDX-License-Identifier: MIT OR Apache-2.0
//! WFI and WFE.

use super::{Handler, Next};
use crate::console::Serial;
use crate::vcpu::{KernelVcpu, PowerState, VcpuReg};
use crate::vm::{Phase, Vm};
use arm_syndrome::{Esr, Wait, WaitKind};

/// CNTV_CTL_EL0: ENABLE and IMASK.
const ENABLE: u64 = 1;
const MASKED: u64 = 2;

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// A trapped wait. No events cross the VM's border, so WFE is only a hint and ends at once.
    pub(super) fn trapped_wait(&mut self, wait: Wait, esr: Esr) -> Next {
        if !self.executes(wait.condition, esr) {
            return Next::Resume;
        }
        self.advance(esr);
        match wait.kind {
            WaitKind::Wfi => self.wait(),
            // The timed forms may end early.
            WaitKind::Wfe | WaitKind::Wfit | WaitKind::Wfet => Next::Resume,
        }
    }

    /// The vCPU is past its WFI: is an interrupt pending for it, masked in its PSTATE or not, or does it wait for one?
    pub(crate) fn wait(&mut self) -> Next {
        self.platform.take_input(self.kernel);
        if self.platform.bus.gic.has_pending(self.kernel.id().index(), self.kernel) {
            if self.vcpu.power.is_parked() {
                self.vcpu.power.change().enter(PowerState::Running);
            }
            return Next::Resume;
        }
        self.vcpu.power.change().enter(PowerState::Parked);
        Next::Wait
    }
}

impl<S: Serial> Vm<'_, S> {
    /// For a kernel that cannot wait for the timer: it is due.
    pub fn unpark(&mut self, kernel: &impl KernelVcpu) {
        // One that waits for its start goes to the exit that begins it.
        if self.platform.phase.get() == Phase::On {
            self.vcpus[kernel.id().index()].power.change().enter(PowerState::Running);
            self.commit_event();
        }
    }

    /// As [`Self::unpark`]: when a timer or the clock will want the CPU, as a value of the physical counter.
    pub fn timer_deadline(&mut self, kernel: &mut impl KernelVcpu) -> Option<u64> {
        if let Some(due) = self.platform.phase.waits_until(kernel.ticks()) {
            return Some(due);
        }
        let control = kernel.read_system_register(VcpuReg::CntvCtl);
        let is_on = control & (ENABLE | MASKED) == ENABLE && self.platform.bus.gic.waits_for_timer(kernel.id().index());
        let offset = kernel.read_system_register(VcpuReg::Cntvoff);
        let timer = is_on.then(|| kernel.read_system_register(VcpuReg::CntvCval).wrapping_add(offset));
        timer.into_iter().chain(self.handler(kernel).first_due()).min()
    }
}
