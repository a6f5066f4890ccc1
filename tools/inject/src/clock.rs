// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine's own time, read from outside: what takes long by the wall clock may have taken the machine a moment, on
//! a loaded host or where QEMU is slow.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lazaret_machine::{Qemu, Session};

/// RTCDR of board `virt`'s PL031: seconds since 1970.
const RTCDR: u64 = 0x0901_0000;
/// Between two looks at the clock, by the wall's.
const PERIOD: Duration = Duration::from_secs(2);
/// So many looks have to find that the time is over: what was said before the first one may still be under way.
const LOOKS: u32 = 2;

/// Has QEMU count the machine's seconds from 0, and listen at this path.
pub fn options(command: &mut Command, path: &Path) {
    command.args(["-rtc", "base=1970-01-01,clock=vm", "-chardev"]);
    command.arg(format!("socket,path={},server=on,wait=off,id=qmp", Qemu::in_option(path)));
    command.args(["-mon", "chardev=qmp,mode=control"]);
}

/// So many seconds of the machine's time, from now on.
pub struct Limit {
    session: Session,
    start: u32,
    passed: u32,
    seconds: u32,
    looked: Instant,
    over: u32,
}

impl Limit {
    /// Of the machine that listens here.
    pub fn new(control: &Path, seconds: u32) -> anyhow::Result<Self> {
        let mut session = Session::open(control)?;
        let start = session.word(RTCDR)?;
        Ok(Self { session, start, passed: 0, seconds, looked: Instant::now(), over: 0 })
    }

    /// Have they passed?
    pub fn is_over(&mut self) -> anyhow::Result<bool> {
        if self.looked.elapsed() >= PERIOD {
            self.passed = self.seconds_passed()?;
            self.over += u32::from(self.passed > self.seconds);
            self.looked = Instant::now();
        }
        Ok(self.over >= LOOKS)
    }

    /// How many have passed, now.
    pub fn seconds_passed(&mut self) -> anyhow::Result<u32> {
        Ok(self.session.word(RTCDR)?.saturating_sub(self.start))
    }

    /// In words.
    pub fn state(&self) -> String {
        format!("{} of {} seconds of the machine's time have passed", self.passed, self.seconds)
    }
}
