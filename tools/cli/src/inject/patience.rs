// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long a machine is waited for: by the processor time that it took, so that other load on the host cannot make a
//! machine look as if it hung.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// `/proc` counts in these (`USER_HZ`, the same on every Linux).
const TICKS_PER_SECOND: u64 = 100;
/// A machine that sleeps so long has nothing to do: under icount its timers come at once.
const ASLEEP: Duration = Duration::from_millis(1500);

/// What a process has used, and whether it is at work.
pub struct Patience {
    threads: PathBuf,
    used: Duration,
    awake: Instant,
}

impl Patience {
    /// With a process.
    pub fn with(pid: u32) -> Self {
        let threads = Path::new("/proc").join(pid.to_string()).join("task");
        Self { threads, used: Duration::ZERO, awake: Instant::now() }
    }

    /// Processor time from its start.
    pub fn used(&mut self) -> Duration {
        let threads: Vec<_> = std::fs::read_dir(&self.threads).into_iter().flatten().flatten().collect();
        let stats = threads.iter().filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
        let (ticks, sleeping) = stats
            .filter_map(|stat| parse(&stat))
            .fold((0, true), |(ticks, sleeping), thread| (ticks + thread.0, sleeping && thread.1));
        let used = Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND);
        if used != self.used || !sleeping {
            (self.used, self.awake) = (used, Instant::now());
        }
        used
    }

    /// Whether it has been asleep for long, as of the last look.
    pub fn sleeps(&self) -> bool {
        self.awake.elapsed() > ASLEEP
    }
}

/// Ticks used, and whether the thread waits for something. The name in brackets may hold anything.
fn parse(stat: &str) -> Option<(u64, bool)> {
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?, *fields.first()? == "S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_understood() {
        let line = "77 (a) b) S 1 77 77 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 100 1 1";
        assert_eq!(parse(line), Some((300, true)));
        assert_eq!(parse("77 (a) R 1 2"), None);
    }

    #[test]
    fn a_busy_process_uses_time_and_a_sleeping_one_is_seen_to_sleep() {
        let mut shell = std::process::Command::new("sh");
        let mut child = shell.args(["-c", "read x"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
        let mut patience = Patience::with(child.id());
        let start = Instant::now();
        while !patience.sleeps() && start.elapsed() < Duration::from_secs(60) {
            patience.used();
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(patience.sleeps());
        child.kill().unwrap();
        child.wait().unwrap();
        let mut own = Patience::with(std::process::id());
        let before = own.used();
        while own.used() == before {
            std::hint::black_box(0);
        }
    }
}
