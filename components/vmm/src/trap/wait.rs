// SPDX-License-Identifier: MIT OR Apache-2.0
//! WFI and WFE.

use crate::console::Serial;
use crate::inject;
use crate::vcpu::{Vcpu, VcpuReg};
use crate::vm::{Next, Vm};
use arm_syndrome::{Esr, Wait, WaitKind};

/// CNTV_CTL_EL0: ENABLE and IMASK.
const ENABLE: u64 = 1;
const MASKED: u64 = 2;

impl<S: Serial> Vm<'_, S> {
    /// A trapped wait. No events cross the VM's border, so WFE is only a hint and ends at once.
    pub(crate) fn trapped_wait(&mut self, wait: Wait, esr: Esr, vcpu: &mut impl Vcpu) -> Next {
        if !self.executes(wait.condition, esr, vcpu) {
            return Next::Resume;
        }
        inject::advance(esr, self.frame, vcpu);
        match wait.kind {
            WaitKind::Wfi => self.wait_for_interrupt(vcpu),
            // The timed forms may end early.
            WaitKind::Wfe | WaitKind::Wfit | WaitKind::Wfet => Next::Resume,
        }
    }

    /// Until an interrupt is pending for the guest, masked in its PSTATE or not.
    pub(crate) fn wait_for_interrupt(&mut self, vcpu: &mut impl Vcpu) -> Next {
        self.console.flush();
        self.wait(vcpu)
    }

    /// The vCPU is past its WFI: is there an interrupt, or does it wait for one?
    pub(crate) fn wait(&mut self, vcpu: &mut impl Vcpu) -> Next {
        if self.take_input(vcpu) {
            if self.power.is_parked() {
                self.power.change().park(false);
            }
            return Next::Resume;
        }
        self.power.change().park(true);
        Next::Wait
    }

    /// For a kernel that cannot wait for the timer: it is due.
    pub fn unpark(&mut self) {
        self.power.change().park(false);
        self.commit_event();
    }

    /// As [`Self::unpark`]: when the virtual timer will want the CPU, as a value of the physical counter.
    pub fn timer_deadline(&mut self, vcpu: &mut impl Vcpu) -> Option<u64> {
        let control = vcpu.read_system_register(VcpuReg::CntvCtl);
        if control & (ENABLE | MASKED) != ENABLE || !self.gic.waits_for_timer() {
            return None;
        }
        let offset = vcpu.read_system_register(VcpuReg::Cntvoff);
        Some(vcpu.read_system_register(VcpuReg::CntvCval).wrapping_add(offset))
    }
}
