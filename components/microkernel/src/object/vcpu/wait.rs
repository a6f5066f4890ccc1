// SPDX-License-Identifier: MIT OR Apache-2.0
//! vCPUs that wait for their virtual timer: the reply that says so, and `VCPU_Wait`; extensions.
//!
//! While another thread has the core, a vCPU's timer cannot interrupt. Upstream's answer is a VMM that looks again and
//! again, or a guest that spins; here the kernel's own deadline counts the timers of waiting guests in, and with them
//! their VMMs' alarms ([`super::alarm`]).

use super::Vcpu;
use crate::arch::Ticks;
use crate::arch::VcpuSwitch;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use lazaret_abi::NO_ALARM;
use sel4_abi::vcpu_reg::VcpuReg;

/// CNTV_CTL_EL0: ENABLE and IMASK.
const ENABLE: u64 = 1;
const MASKED: u64 = 2;

impl Kernel {
    /// The vCPU's thread gives up its fault and waits until its timer would interrupt, or until it is resumed. False:
    /// it is not a thread that waits for an answer, or its time is lent to somebody.
    pub(crate) fn wait_for_timer(&self, vcpu: Ref<Vcpu>) -> bool {
        let Some(thread) = vcpu.tcb.get() else { return false };
        let stopped = matches!(thread.state.get(), ThreadState::BlockedOnReply | ThreadState::Inactive);
        if !stopped || thread.sched_context.get().is_none() {
            return false;
        }
        self.suspend(thread);
        self.await_timer(thread);
        if thread.is_runnable() {
            self.wake(thread, ThreadState::Restart);
        }
        true
    }

    /// A thread that is inactive goes on when its virtual timer would interrupt, if it has a vCPU whose timer can, or when
    /// an interrupt comes for it. One for which the kernel has an interrupt or an alarm need not wait; the caller lets it
    /// run.
    pub(crate) fn await_timer(&self, thread: Ref<Tcb>) {
        let Some(vcpu) = thread.vcpu.get() else { return };
        self.resample_timer(vcpu);
        if vcpu.timer_wait.alarm_due.get() || self.has_own_interrupt(vcpu) {
            return self.set_state(thread, ThreadState::Restart);
        }
        vcpu.timer_wait.sleeps.set(true);
        if let Some(due) = self.timer_due(vcpu) {
            vcpu.timer_wait.waits.set(true);
            vcpu.timer_wait.timer.set(due);
            self.list_anew(vcpu);
        }
    }

    /// An interrupt came for a vCPU: if it waits for one, it goes on. One that was stopped stays so.
    pub(crate) fn wake_waiting(&self, vcpu: Ref<Vcpu>) {
        if let Some(thread) = vcpu.tcb.get()
            && vcpu.timer_wait.sleeps.get()
        {
            self.restart(thread);
        }
    }

    /// Resumes the vCPU's thread if it is stopped. One that runs, or has a fault to tell, is left alone.
    pub(crate) fn wake_stopped(&self, vcpu: Ref<Vcpu>) {
        if let Some(thread) = vcpu.tcb.get()
            && thread.state.get() == ThreadState::Inactive
        {
            self.restart(thread);
        }
    }

    /// When the virtual timer would interrupt, by the physical counter.
    fn timer_due(&self, vcpu: Ref<Vcpu>) -> Option<Ticks> {
        let read = |field| self.cpu.arch.read_vcpu(vcpu, field);
        let counts = read(VcpuReg::CntvCtl) & (ENABLE | MASKED) == ENABLE && !vcpu.vppi_masked.get();
        counts.then(|| read(VcpuReg::CntvCval).wrapping_add(read(VcpuReg::Cntvoff)))
    }

    /// What a vCPU waits for, or its alarm, has changed: it has another place in the list, or none.
    #[inline(never)]
    pub(super) fn list_anew(&self, vcpu: Ref<Vcpu>) {
        let wait = &vcpu.timer_wait;
        if wait.listed.get() {
            self.unlink_waiting(vcpu);
        }
        let timer = if wait.waits.get() { wait.timer.get() } else { NO_ALARM };
        if timer.min(wait.alarm.get()) != NO_ALARM {
            wait.due.set(timer.min(wait.alarm.get()));
            self.link_by_due(vcpu);
        }
        self.cpu.reprogram.set(true);
    }

    fn link_by_due(&self, vcpu: Ref<Vcpu>) {
        let (mut before, mut after) = (None, self.cpu.waiting.get());
        while let Some(other) = after
            && other.timer_wait.due.get() <= vcpu.timer_wait.due.get()
        {
            before = after;
            after = other.timer_wait.next.get();
        }
        vcpu.timer_wait.listed.set(true);
        self.link_waiting(before, Some(vcpu));
        vcpu.timer_wait.previous.set(before);
        vcpu.timer_wait.next.set(after);
        if let Some(after) = after {
            after.timer_wait.previous.set(Some(vcpu));
        }
    }

    fn link_waiting(&self, before: Option<Ref<Vcpu>>, vcpu: Option<Ref<Vcpu>>) {
        match before {
            Some(before) => before.timer_wait.next.set(vcpu),
            None => self.cpu.waiting.set(vcpu),
        }
    }

    /// The thread's vCPU waits no longer.
    #[inline]
    pub(crate) fn end_wait(&self, thread: Ref<Tcb>) {
        if let Some(vcpu) = thread.vcpu.get() {
            vcpu.timer_wait.sleeps.set(false);
            self.mind_alarm(vcpu);
            if vcpu.timer_wait.waits.replace(false) {
                self.list_anew(vcpu);
            }
        }
    }

    #[inline(never)]
    fn unlink_waiting(&self, vcpu: Ref<Vcpu>) {
        vcpu.timer_wait.listed.set(false);
        let (previous, next) = (vcpu.timer_wait.previous.take(), vcpu.timer_wait.next.take());
        self.link_waiting(previous, next);
        if let Some(next) = next {
            next.timer_wait.previous.set(previous);
        }
    }

    /// The first moment at which a waiting vCPU's timer interrupts, or at which there is an alarm.
    #[inline(always)]
    pub(crate) fn next_timer(&self) -> Ticks {
        self.cpu.waiting.get().map_or(Ticks::MAX, |vcpu| vcpu.timer_wait.due.get())
    }

    /// Resumes all that wait and whose timer or alarm is due; the interrupt itself comes when they run, and so does the
    /// fault that the alarm is.
    #[inline(always)]
    pub(crate) fn end_due_waits(&self) {
        while let Some(vcpu) = self.cpu.waiting.get()
            && vcpu.timer_wait.due.get() <= self.cpu.now.get()
        {
            self.end_first_wait(vcpu);
        }
    }

    /// What was due is no more, whatever its thread does: the loop above ends.
    #[cold]
    fn end_first_wait(&self, vcpu: Ref<Vcpu>) {
        let wait = &vcpu.timer_wait;
        if wait.alarm.get() == wait.due.get() {
            wait.alarm.set(NO_ALARM);
            wait.alarm_due.set(true);
        }
        wait.waits.set(false);
        self.list_anew(vcpu);
        if let Some(thread) = vcpu.tcb.get()
            && wait.sleeps.get()
        {
            self.restart(thread);
        }
    }
}
