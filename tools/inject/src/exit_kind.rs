// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kinds of exits, and how far the killing of a VMM in each has come.

use sel4_abi::fault::FaultLabel;

use super::gdb::{Gdb, PC};
use super::path::{Place, go_to, path};
use super::testbed::Testbed;

/// Where a killed VMM goes on: nothing is there.
pub const NOWHERE: u64 = 0xdead_0000;
/// Exits that may take another path than their kind's earlier one before the path is taken anew, or the point given up.
const TRIES: u32 = 4;
const ALL_TRIES: u32 = 4 * TRIES - 1;
/// Rounds without an exit of a kind, until no other is expected.
const ABSENT: u32 = 20;

/// A kind of exit.
#[derive(Debug)]
pub struct ExitKind {
    /// The step of the guest's round where it was last seen.
    pub step: u64,
    /// Where the VMM was at each instruction of one to which nothing was done.
    path: Vec<Place>,
    /// The instruction to kill at next time.
    next: usize,
    tries: u32,
    /// Rounds in which none came there.
    pub absent: u32,
    /// Kills done.
    pub kills: u64,
    /// Points that no exit came to.
    pub missed: u64,
}

impl ExitKind {
    /// First seen in this step, on this path.
    pub fn new(step: u64, path: Vec<Place>, first: usize) -> Self {
        Self { step, path, next: first, tries: 0, absent: 0, kills: 0, missed: 0 }
    }

    /// Is every point in reach of the stride done, or given up?
    pub fn is_complete(&self) -> bool {
        self.next >= self.path.len()
    }

    /// Is it worth to wait for another one?
    pub fn is_open(&self) -> bool {
        !self.is_complete() && self.absent < ABSENT
    }

    /// Of them, those that were done or passed over.
    pub fn passed(&self) -> usize {
        self.next.min(self.path.len())
    }

    /// Instructions of its handling.
    pub fn instructions(&self) -> usize {
        self.path.len()
    }

    /// An exit of the kind: the VMM is killed in it, if it comes to the next point.
    pub fn kill(&mut self, testbed: &Testbed, gdb: &mut Gdb, stride: usize) -> anyhow::Result<()> {
        (self.tries, self.absent) = (self.tries + 1, 0);
        if self.tries.is_multiple_of(TRIES) {
            return self.look_again(testbed, gdb);
        }
        if go_to(testbed, gdb, &self.path, self.next)? {
            gdb.set_register(PC, NOWHERE)?;
            self.kills += 1;
        } else if self.tries < ALL_TRIES {
            return Ok(());
        } else {
            self.missed += 1;
        }
        (self.next, self.tries) = (self.after(stride), 0);
        Ok(())
    }

    /// The next point; the last one, where all is done and only the reply is left, is always one.
    fn after(&self, stride: usize) -> usize {
        let last = self.path.len() - 1;
        if self.next < last { last.min(self.next + stride) } else { self.path.len() }
    }

    /// The path may be another one by now: with what its guest did before, or without the line in the log.
    fn look_again(&mut self, testbed: &Testbed, gdb: &mut Gdb) -> anyhow::Result<()> {
        let path = path(testbed, gdb)?;
        if path.len() > self.next {
            self.path = path;
        }
        Ok(())
    }
}

/// The end of the guest.
pub const OFF: &str = "HVC SYSTEM_OFF";

/// What a message is about.
pub fn name(registers: &[u64]) -> String {
    let (badge, label) = (registers[0], registers[1] >> 12 & 0xffff);
    if badge & 1 << 62 == 0 {
        return "signal".into();
    }
    // An HVC's x0 is the message's last word.
    let (esr, address) = (registers[2] & 0xffff_ffff, registers[4]);
    match FaultLabel::from_label(label) {
        Some(FaultLabel::VcpuFault) => lazaret_trace::kind(esr, registers[5]),
        Some(event) => format!("{event:?}"),
        // An access to a device, as the kernel's extension tells it.
        None => lazaret_trace::kind(esr, address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_point_is_never_left_out() {
        let places = |length| vec![Place { pc: 0, passes: 0 }; length];
        let points = |length, stride, first| {
            let mut kind = ExitKind::new(0, places(length), first);
            let mut points = Vec::new();
            while !kind.is_complete() {
                points.push(kind.next);
                kind.next = kind.after(stride);
            }
            points
        };
        assert_eq!(points(8, 3, 1), [1, 4, 7]);
        assert_eq!(points(8, 3, 0), [0, 3, 6, 7]);
        assert_eq!(points(3, 1, 0), [0, 1, 2]);
        assert_eq!(points(3, 300, 1), [1, 2]);
    }
}
