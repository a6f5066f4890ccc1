// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long a machine is waited for.
//!
//! A person counts seconds. A test must not: beside other work a machine takes several times as long for the same. So what
//! it has worked is counted, the processor time of its process, and the clock on the wall only finds machines that do
//! nothing at all any more.

use std::time::{Duration, Instant};

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// So long by the clock.
    Clock(Duration),
    /// So much work; or, of a machine that rests, [`RESTS`] times as long by the clock.
    Work(Duration),
    /// Until it rests; or so much work.
    Rest(Duration),
}

/// A machine that waits for its timer works little, and one that is dead does not work at all.
const RESTS: u32 = 20;
/// `/proc` counts in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

impl Patience {
    /// Is it at its end, for a process that was started then?
    pub fn is_over(self, start: Instant, process: Option<u32>) -> bool {
        let passed = start.elapsed();
        match self {
            Self::Clock(limit) => passed >= limit,
            Self::Rest(limit) => Self::Work(limit).is_over(start, process),
            // It cannot have worked more than that.
            Self::Work(limit) if passed < limit => false,
            Self::Work(limit) => {
                let worked = process.and_then(work).unwrap_or(passed);
                worked >= limit || passed >= limit.saturating_mul(RESTS)
            }
        }
    }
}

/// Looks in a row that must find a process at rest.
const LOOKS: u32 = 30;

/// Does a process rest? All of its threads sleep, look after look, and none has worked in between. One that waits for a
/// processor or for a disk does not sleep, so a slow host makes nobody rest.
#[derive(Debug, Default)]
pub(super) struct AtRest {
    worked: Option<Duration>,
    looks: u32,
}

impl AtRest {
    /// Looks once more.
    pub(super) fn look(&mut self, process: u32) -> bool {
        let worked = work(process);
        self.looks = if worked == self.worked && sleeps(process) { self.looks + 1 } else { 0 };
        self.worked = worked;
        self.looks >= LOOKS
    }
}

/// Does every thread of a process sleep, now?
fn sleeps(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    threads.map(|thread| std::fs::read_to_string(thread.path().join("stat"))).all(|stat| {
        stat.is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('S')))
    })
}

/// Processor time of all threads of a process; `None` when it is gone.
pub fn work(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name stands in parentheses and may be anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * ticks()?.checked_add(ticks()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_processor_time() {
        let own = std::process::id();
        let (before, start) = (work(own).unwrap(), Instant::now());
        while work(own).unwrap() < before + Duration::from_millis(50) {
            (0..100_000).for_each(|n| _ = std::hint::black_box(n));
        }
        // Other tests run beside this one.
        assert!(start.elapsed() < Duration::from_secs(600));
        assert_eq!(work(u32::MAX), None);
    }

    #[test]
    fn who_rests_is_waited_for_by_the_clock_and_who_has_no_time_longer() {
        let long_ago = Instant::now() - Duration::from_secs(100);
        let (own, second) = (Some(std::process::id()), Duration::from_secs(1));
        assert!(Patience::Clock(second).is_over(long_ago, own));
        assert!(Patience::Work(second).is_over(long_ago, own));
        assert!(!Patience::Work(Duration::from_secs(90)).is_over(long_ago, own));
        assert!(!Patience::Work(Duration::from_secs(101)).is_over(long_ago, None));
        assert!(Patience::Rest(second).is_over(long_ago, own));
        for never in [Patience::Clock, Patience::Work, Patience::Rest].map(|of| of(Duration::MAX)) {
            assert!(!never.is_over(long_ago, own));
        }
    }
}
