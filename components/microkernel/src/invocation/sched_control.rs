// SPDX-License-Identifier: MIT OR Apache-2.0
//! SchedControl_ConfigureFlags: budget and period of a scheduling context.

use super::{Args, InvocationResult};
use crate::arch::{Ticks, ticks_from_us};
use crate::cap::Cap;
use crate::error::SyscallError;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::{SchedContext, capacity};
use crate::sched::refill::MIN_REFILLS;
use sel4_abi::invocation::Invocation;
use sel4_abi::{MAX_PERIOD_US, MIN_BUDGET_US};

/// Bit 0 of the flags.
const SPORADIC: u64 = 1;

pub(super) fn invoke(args: &Args) -> InvocationResult {
    if args.label != Invocation::SchedControlConfigureFlags.label() {
        return Err(SyscallError::IllegalOperation);
    }
    args.require(5, 1)?;
    let (budget, period) = (args.word(0), args.word(1));
    for time in [budget, period] {
        if !(MIN_BUDGET_US..=MAX_PERIOD_US).contains(&time) {
            return Err(SyscallError::RangeError(MIN_BUDGET_US, MAX_PERIOD_US));
        }
    }
    if budget > period {
        return Err(SyscallError::RangeError(MIN_BUDGET_US, period));
    }
    let Cap::SchedContext { object, bits } = args.cap(0)?.cap() else {
        return Err(SyscallError::InvalidCapability(1));
    };
    let most = capacity(bits).min(u16::MAX as u64 / 2) - MIN_REFILLS as u64;
    if args.word(2) > most {
        return Err(SyscallError::RangeError(0, most));
    }
    let core = &args.kernel.cpu.arch;
    let parameters = Parameters {
        budget: ticks_from_us(core, budget),
        period: ticks_from_us(core, period),
        max_refills: args.word(2) as u16 + MIN_REFILLS,
    };
    args.kernel.configure(object, parameters);
    object.badge.set(args.word(3));
    object.sporadic.set(args.word(4) & SPORADIC != 0);
    Ok(0)
}

struct Parameters {
    budget: Ticks,
    period: Ticks,
    max_refills: u16,
}

impl Kernel {
    /// A time slice that is always there, from boot for the first thread.
    pub fn configure_round_robin(&self, sc: Ref<SchedContext>, slice: Ticks) {
        sc.refill_new(MIN_REFILLS, slice, 0, self.cpu.now.get());
    }

    fn configure(&self, sc: Ref<SchedContext>, new: Parameters) {
        let thread = sc.tcb.get();
        if let Some(thread) = thread {
            if self.is_candidate(thread) {
                self.reschedule();
            }
            self.release_remove(thread);
            self.cpu.ready.remove(thread);
        }
        if self.cpu.current_sc.get() == Some(sc) {
            self.commit_time();
            self.cpu.reprogram.set(true);
        }
        let in_use = sc.is_active() && thread.is_some_and(|thread| thread.is_runnable());
        if new.budget == new.period {
            self.configure_round_robin(sc, new.budget);
        } else if in_use {
            sc.refill_update(new.max_refills, new.budget, new.period, self.cpu.now.get());
        } else {
            sc.refill_new(new.max_refills, new.budget, new.period, self.cpu.now.get());
        }
        let Some(thread) = thread else { return };
        self.resume_sc(sc);
        if self.cpu.current.get() == Some(thread) {
            self.reschedule();
        } else if thread.is_runnable() {
            self.possible_switch_to(thread);
        }
    }
}
