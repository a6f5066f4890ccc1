// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_SetAlarm`: a moment at which a guest's VMM is told, whoever has the core then; an extension.
//!
//! The alarm is in the same list as the timers of guests that wait ([`super::wait`]). Once it is due, the
//! fault comes when its thread is about to run, on its own time, as if an interrupt had come then. So no guest's alarm
//! costs anybody else more than the end of its wait.

use super::Vcpu;
use crate::fault::Fault;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use lazaret_abi::{ALARM_EVENT, NO_ALARM, SetAlarm};

pub(super) fn set(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let SetAlarm { count } = args.take()?;
    args.kernel.set_alarm(vcpu, count);
    Ok(0)
}

impl Kernel {
    #[inline(never)]
    fn set_alarm(&self, vcpu: Ref<Vcpu>, count: u64) {
        vcpu.timer_wait.alarm_due.set(false);
        if vcpu.timer_wait.alarm.replace(count) != count {
            self.list_anew(vcpu);
        }
    }

    /// Nobody hears of it any more.
    pub(super) fn forget_alarm(&self, vcpu: Ref<Vcpu>) {
        self.set_alarm(vcpu, NO_ALARM);
    }

    /// The thread is about to run, and its alarm was due: its VMM is told instead. Then somebody else is to be chosen.
    ///
    /// Asked only where a deadline was set: an alarm that becomes due, and what lets such a thread run, see to that
    /// ([`Self::mind_alarm`]).
    #[inline]
    pub(crate) fn tells_of_alarm(&self) -> bool {
        let due = |thread: Ref<Tcb>| thread.vcpu.get().filter(|vcpu| vcpu.timer_wait.alarm_due.get());
        let Some(vcpu) = self.cpu.current.get().and_then(due) else { return false };
        self.tell_of_alarm(vcpu);
        true
    }

    /// The thread may be about to run.
    #[inline(always)]
    pub(crate) fn mind_alarm(&self, vcpu: Ref<Vcpu>) {
        if vcpu.timer_wait.alarm_due.get() {
            self.cpu.reprogram.set(true);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_of_alarm(&self, vcpu: Ref<Vcpu>) {
        vcpu.timer_wait.alarm_due.set(false);
        let Some(thread) = vcpu.tcb.get() else { return };
        thread.fault_ip.set(thread.context.elr.get());
        debug_assert_eq!(thread.state.get(), ThreadState::Running);
        self.fault(thread, Fault::VppiEvent(ALARM_EVENT));
    }
}
