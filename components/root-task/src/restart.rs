// SPDX-License-Identifier: MIT OR Apache-2.0
//! Starting components again, as often as the policy allows.
//!
//! Times come from a counter that this task does not own, and periods from the description: nothing here may wrap.
#![deny(clippy::arithmetic_side_effects)]

use sel4::{UserContext, cap};
use sel4_abi::invocation::Invocation;
use sel4_vcpu_debug::raw::invoke;
use system_spec::{Component, Limits, Thread};

use crate::System;

/// What became of a component so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct History {
    /// Faults since the window began.
    faults: u32,
    /// Ticks at the first of these.
    window: u64,
    /// When it is to be started, if it waits for that.
    pub due: Option<u64>,
    /// First and last timeout of a row without a pause.
    busy: Option<(u64, u64)>,
    /// It has used up its restarts.
    ended: bool,
    /// It has said, since it was started, that it can do without its scheduling context.
    pub is_passive: bool,
}

/// Faults of a window that are told with registers and backtrace. The console is slow, and a component that faults again
/// and again says no more by its tenth set of registers.
const FULL_REPORTS: u32 = 3;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Start it again at this time.
    Restart(u64),
    /// It has used up its restarts.
    GiveUp,
}

/// Ticks of a time in milliseconds.
fn ticks(ms: u32, frequency: u64) -> u64 {
    u64::from(ms).saturating_mul(frequency) / 1000
}

impl History {
    /// It has faulted.
    pub fn fault(&mut self, limits: &Limits, now: u64, frequency: u64) -> Verdict {
        self.busy = None;
        if self.faults == 0 || self.window_has_passed(limits, now, frequency) {
            (self.faults, self.window) = (0, now);
        }
        self.faults = self.faults.saturating_add(1);
        if self.faults > limits.restarts {
            self.ended = true;
            return Verdict::GiveUp;
        }
        let delay = match self.faults {
            1 => 0,
            // A second at most.
            n => ticks(limits.backoff_ms.saturating_mul(1 << n.saturating_sub(2).min(20)).min(1000), frequency),
        };
        Verdict::Restart(now.saturating_add(delay))
    }

    /// Is its next fault told in full?
    pub fn tells_in_full(&self, limits: &Limits, now: u64, frequency: u64) -> bool {
        self.faults < FULL_REPORTS || self.window_has_passed(limits, now, frequency)
    }

    fn window_has_passed(&self, limits: &Limits, now: u64, frequency: u64) -> bool {
        now.saturating_sub(self.window) > ticks(limits.window_ms, frequency)
    }

    /// It is neither stopped nor about to be started.
    pub fn runs(&self) -> bool {
        self.due.is_none() && !self.ended
    }

    /// Its budget ended; whether it has used all that it gets for longer than it may. A pause of two periods ends a row.
    pub fn timeout(&mut self, limits: &Limits, period: u64, now: u64, frequency: u64) -> bool {
        let start = match self.busy {
            Some((start, last)) if now.saturating_sub(last) <= period.saturating_mul(2) => start,
            _ => now,
        };
        self.busy = Some((start, now));
        now.saturating_sub(start) > ticks(limits.patience_ms, frequency)
    }
}

impl System<'_> {
    /// The thread of a component.
    pub(crate) fn thread_of(&self, component: &Component) -> Option<&Thread> {
        self.spec.threads.iter().find(|thread| thread.tcb == component.tcb)
    }

    /// Private memory, registers, go. Its capabilities, and memory that it shares, are as it left them.
    #[allow(clippy::unnecessary_mut_passed, reason = "rust-sel4's write_all_registers wants it")]
    pub(crate) fn restart(&self, component: &Component) -> sel4::Result<()> {
        let Some(thread) = self.thread_of(component) else { return Ok(()) };
        if component.passive != 0 {
            self.give_own_time(component)?;
        }
        self.freshen(thread.vspace);
        self.acknowledge_irqs(thread)?;
        let mut context = UserContext::default();
        *context.pc_mut() = thread.entry;
        *context.sp_mut() = thread.sp;
        *context.gpr_mut(0) = thread.x0;
        let tcb: cap::Tcb = self.object(thread.tcb);
        tcb.tcb_write_all_registers(true, &mut context)
    }

    /// A passive component begins again on its own scheduling context. What its guests have lent it goes back to them; their
    /// faults stay open.
    fn give_own_time(&self, component: &Component) -> sel4::Result<()> {
        let tcb: cap::Tcb = self.object(component.tcb);
        tcb.tcb_suspend()?;
        for guest in self.guests_of(component) {
            let (context, vcpu): (cap::SchedContext, cap::Tcb) =
                (self.object(guest.sched_context), self.object(guest.tcb));
            context.unbind()?;
            invoke(context, Invocation::SchedContextBind.label(), &[], &[vcpu.bits()])?;
        }
        let own: cap::SchedContext = self.object(component.sched_context);
        own.unbind()?;
        // Refused, it runs on what another caller has lent it.
        let _ = invoke(own, Invocation::SchedContextBind.label(), &[], &[tcb.bits()]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { restarts: 3, window_ms: 1000, backoff_ms: 10, patience_ms: 5 };
    /// A tick is a microsecond.
    const FREQUENCY: u64 = 1_000_000;

    fn fault(history: &mut History, at: u64) -> Verdict {
        history.fault(&LIMITS, at, FREQUENCY)
    }

    #[test]
    fn restarts_wait_longer_and_end() {
        let mut history = History::default();
        assert_eq!(fault(&mut history, 100), Verdict::Restart(100));
        assert_eq!(fault(&mut history, 200), Verdict::Restart(10_200));
        assert_eq!(fault(&mut history, 11_000), Verdict::Restart(31_000));
        assert!(history.runs());
        assert_eq!(fault(&mut history, 40_000), Verdict::GiveUp);
        assert!(!history.runs());
    }

    #[test]
    fn a_window_later_all_is_forgotten() {
        let mut history = History::default();
        (0..3).for_each(|n| _ = fault(&mut history, n));
        assert_eq!(fault(&mut history, 1_000_001), Verdict::Restart(1_000_001));
    }

    #[test]
    fn only_the_first_faults_of_a_window_are_told_in_full() {
        let mut history = History::default();
        let limits = Limits { restarts: 9, ..LIMITS };
        let mut told = |at| {
            let in_full = history.tells_in_full(&limits, at, FREQUENCY);
            history.fault(&limits, at, FREQUENCY);
            in_full
        };
        assert_eq!([1, 2, 3, 4, 5].map(&mut told), [true, true, true, false, false]);
        assert_eq!([2_000_000, 2_000_001].map(&mut told), [true, true], "another window");
    }

    #[test]
    fn a_clock_that_jumps_harms_nobody() {
        let mut history = History::default();
        assert!(!history.timeout(&LIMITS, u64::MAX, u64::MAX, FREQUENCY));
        assert!(!history.timeout(&LIMITS, u64::MAX, 0, FREQUENCY), "a clock that went back is no loop");
        assert_eq!(history.fault(&LIMITS, u64::MAX, FREQUENCY), Verdict::Restart(u64::MAX));
        assert_eq!(history.fault(&LIMITS, u64::MAX, u64::MAX), Verdict::Restart(u64::MAX));
        assert!(matches!(history.fault(&LIMITS, 0, FREQUENCY), Verdict::Restart(_)));
    }

    #[test]
    fn a_row_of_timeouts_is_a_loop() {
        let mut history = History::default();
        let mut timeout = |at| history.timeout(&LIMITS, 1000, at, FREQUENCY);
        assert!(!(0..=5).any(|ms| timeout(ms * 1000)));
        assert!(timeout(6000));
        // A pause.
        assert!(!timeout(9000) && !timeout(10_000));
    }
}
