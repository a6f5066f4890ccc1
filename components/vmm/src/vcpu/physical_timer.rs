// SPDX-License-Identifier: MIT OR Apache-2.0
//! EL1's physical timer (CNTP_*): its registers, and when its line is up.
//!
//! These cores have one for whoever runs, and no offset for its counter, so a guest's is emulated. The virtual timer is the
//! hardware's, which is why guests that have a choice take that.

use crate::state::Content;
use arm_trap_table::TimerRegister;
use arm_trap_table::masks::TIMER_CONTROL;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// CTL: the timer is on; its interrupt is masked; the count has come.
const ENABLE: u64 = 1;
const MASKED: u64 = 2;
const STATUS: u64 = 4;

/// The registers, as they are kept. Counts are the guest's: what its own counter shows.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PhysicalTimer {
    control: u64,
    compare: u64,
}

impl Content for PhysicalTimer {
    const NAME: &'static str = "physical timer";

    fn new() -> Self {
        Self { control: 0, compare: 0 }
    }
}

impl PhysicalTimer {
    /// What a register reads at this count.
    pub fn read(&self, register: TimerRegister, count: u64) -> u64 {
        match register {
            TimerRegister::Count => count,
            // While it is off, STATUS is UNKNOWN: here 0, as on QEMU's cores.
            TimerRegister::Control if self.is_on() && self.has_come(count) => self.control | STATUS,
            TimerRegister::Control => self.control,
            TimerRegister::Compare => self.compare,
            TimerRegister::Value => u64::from(self.compare.wrapping_sub(count) as u32),
        }
    }

    /// Writes a register at this count.
    pub fn write(&mut self, register: TimerRegister, value: u64, count: u64) {
        match register {
            TimerRegister::Count => {}
            TimerRegister::Control => self.control = value & TIMER_CONTROL,
            TimerRegister::Compare => self.compare = value,
            TimerRegister::Value => self.compare = count.wrapping_add_signed((value as u32 as i32).into()),
        }
    }

    /// Whether its line is up at this count.
    pub const fn line(&self, count: u64) -> bool {
        self.can_interrupt() && self.has_come(count)
    }

    /// The count at which its line goes up or went up, if it can.
    pub const fn due(&self) -> Option<u64> {
        if self.can_interrupt() { Some(self.compare) } else { None }
    }

    const fn is_on(&self) -> bool {
        self.control & ENABLE != 0
    }

    const fn can_interrupt(&self) -> bool {
        self.control & (ENABLE | MASKED) == ENABLE
    }

    const fn has_come(&self, count: u64) -> bool {
        count >= self.compare
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimerRegister::{Compare, Control, Count, Value};

    fn timer(control: u64, compare: u64) -> PhysicalTimer {
        PhysicalTimer { control, compare }
    }

    #[test]
    fn compare_and_value_are_views_of_one_register() {
        let mut timer = timer(0, 0);
        for (value, at) in [
            (0, 1000),
            (5, 1005),
            (0x7fff_ffff, 0x8000_03e7),
            (u64::MAX, 999),
            (0xffff_0000_8000_0000, u64::MAX - (0x8000_0000 - 1001)),
        ] {
            timer.write(Value, value, 1000);
            assert_eq!(timer.read(Compare, 7), at, "{value:#x}");
            assert_eq!(timer.read(Value, 1000), value & 0xffff_ffff);
        }
        timer.write(Compare, 1 << 40, 0);
        assert_eq!((timer.read(Compare, 0), timer.read(Value, 1)), (1 << 40, 0xffff_ffff));
    }

    #[test]
    fn the_line_is_up_from_its_count_on() {
        for (control, count, line, read) in [
            (0, 100, false, 0),
            (1, 99, false, 1),
            (1, 100, true, 5),
            (1, u64::MAX, true, 5),
            (3, 100, false, 7),
            (2, 100, false, 2),
        ] {
            let timer = timer(control, 100);
            assert_eq!((timer.line(count), timer.read(Control, count)), (line, read), "{control} at {count}");
            assert_eq!(timer.due(), (control == 1).then_some(100));
        }
    }

    #[test]
    fn nothing_but_enable_and_mask_is_kept_and_the_counter_cannot_be_set() {
        let mut timer = timer(0, 9);
        timer.write(Control, u64::MAX, 0);
        timer.write(Count, 77, 0);
        assert_eq!((timer.control, timer.compare, timer.read(Count, 5)), (3, 9, 5));
    }
}
