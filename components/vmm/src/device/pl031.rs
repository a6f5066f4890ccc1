// SPDX-License-Identifier: MIT OR Apache-2.0
//! A PL031 real-time clock (Arm DDI 0224): it counts seconds, and has an alarm.
//!
//! It runs as the board's clock does, from which it may differ by as much as the guest has set it: what the guest writes
//! concerns nobody else. As one with a battery it keeps that over a reset of the guest.

use super::Outside;
use crate::bus::{self, MmioDevice, Node};
use crate::console::Serial;
use crate::device::gic::Inject;
use crate::state::{Content, Journal, Section, Stored};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The seconds.
const DR: u16 = 0x00;
/// Of the alarm.
const MR: u16 = 0x04;
/// Sets the clock.
const LR: u16 = 0x08;
const CR: u16 = 0x0c;
const IMSC: u16 = 0x10;
const RIS: u16 = 0x14;
const MIS: u16 = 0x18;
const ICR: u16 = 0x1c;
const ID: u16 = 0xfe0;
/// Where the identification registers begin, a byte every four.
pub const IDENTIFICATION: usize = ID as usize;

/// The only bit of the interrupt registers.
const ALARM: u32 = 1;
/// CR: the clock runs, and nothing can stop it.
const RUNS: u32 = 1;
/// Revision r1.
const ID_VALUES: [u8; 8] = [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];
/// Of two times that are further apart than this the first is the later one: the board's clock was set back.
const HALF: u32 = 1 << 31;

/// Whether these are the identification registers of a PL031 of any revision.
pub fn is_pl031(id: [u8; 8]) -> bool {
    const REVISION: u8 = 0xf0;
    id.into_iter().zip(ID_VALUES).enumerate().all(|(n, (one, other))| match n {
        2 => one & !REVISION == other & !REVISION,
        _ => one == other,
    })
}

/// The registers, as they are kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Registers {
    /// Seconds that the guest's clock is ahead of the board's.
    ahead: u32,
    /// LR.
    loaded: u32,
    /// MR.
    alarm: u32,
    imsc: u32,
    ris: u32,
    /// 1: the alarm was set, and has not come.
    is_set: u32,
    /// The board's time when it was set, and the seconds from then on.
    since: u32,
    wait: u32,
}

impl Content for Registers {
    const NAME: &'static str = "clock";

    fn new() -> Self {
        Self { ahead: 0, loaded: 0, alarm: 0, imsc: 0, ris: 0, is_set: 0, since: 0, wait: 0 }
    }
}

impl Registers {
    /// The alarm is as far away as it is by the guest's clock; if that shows its time now, it comes at once.
    fn set_alarm(&mut self, now: u32) {
        (self.is_set, self.since) = (1, now);
        self.wait = self.alarm.wrapping_sub(now.wrapping_add(self.ahead));
    }

    /// Seconds until the alarm comes, if it is set.
    fn left(&self, now: u32) -> Option<u32> {
        let passed = now.wrapping_sub(self.since);
        let passed = if passed < HALF { passed } else { 0 };
        (self.is_set != 0).then(|| self.wait.saturating_sub(passed))
    }
}

/// The clock.
pub struct Pl031<'a> {
    registers: Section<'a, Registers>,
    /// When its alarm comes may have changed.
    pub(crate) is_touched: bool,
}

impl<'a> MmioDevice<'a> for Pl031<'a> {
    type Memory = Stored<Registers>;
    const NODE: Option<Node> = Some(Node {
        name: "pl031",
        compatible: &["arm,pl031", "arm,primecell"],
        clocks: &["apb_pclk"],
        is_coherent: false,
    });

    fn new(memory: &'a mut Stored<Registers>, journal: &'a Journal) -> Self {
        Self { registers: Section::new(memory, journal), is_touched: true }
    }

    fn reset(&mut self, _port: &mut impl Inject) {
        self.is_touched = true;
        let Registers { ahead, loaded, .. } = *self.registers;
        *self.registers.change() = Registers { ahead, loaded, ..Registers::new() };
    }

    #[inline]
    fn update_checksum(&mut self) {
        self.registers.update_checksum();
    }

    /// Looking for the alarm may be what finds that it has come.
    #[inline(always)]
    fn read_has_effect(offset: u16) -> bool {
        matches!(offset & !3, RIS | MIS)
    }

    #[inline(never)]
    fn read<S: Serial>(&mut self, offset: u16, size: u8, outside: &mut Outside<'_, 'a, S>) -> u64 {
        let now = (outside.seconds)();
        if Self::read_has_effect(offset) {
            self.look(now);
        }
        bus::part_of_word(self.read_register(offset & !3, now), offset, size)
    }

    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        self.is_touched = true;
        let now = (outside.seconds)();
        self.look(now);
        self.write_register(offset, bus::word_of_store(value, size), now);
        self.look(now);
    }

    fn poll<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) {
        self.look((outside.seconds)());
    }

    fn line(&self) -> bool {
        self.registers.ris & self.registers.imsc != 0
    }
}

impl Pl031<'_> {
    /// Seconds until the alarm interrupts, if it will.
    pub(crate) fn due(&self, now: u32) -> Option<u32> {
        self.registers.left(now).filter(|_| self.registers.imsc != 0)
    }

    /// Has the alarm come?
    fn look(&mut self, now: u32) {
        if self.registers.left(now) == Some(0) {
            let registers = self.registers.change();
            (registers.is_set, registers.ris) = (0, ALARM);
        }
    }

    fn read_register(&self, offset: u16, now: u32) -> u32 {
        match offset {
            DR => now.wrapping_add(self.registers.ahead),
            MR => self.registers.alarm,
            LR => self.registers.loaded,
            CR => RUNS,
            IMSC => self.registers.imsc,
            RIS => self.registers.ris,
            MIS => self.registers.ris & self.registers.imsc,
            ID..=0xfff => u32::from(ID_VALUES[usize::from(offset - ID) / 4]),
            _ => 0,
        }
    }

    fn write_register(&mut self, offset: u16, value: u32, now: u32) {
        match offset {
            MR => {
                let registers = self.registers.change();
                registers.alarm = value;
                registers.set_alarm(now);
            }
            LR => {
                let registers = self.registers.change();
                (registers.loaded, registers.ahead) = (value, value.wrapping_sub(now));
                registers.set_alarm(now);
            }
            IMSC => self.registers.change().imsc = value & ALARM,
            ICR if value & ALARM != 0 => self.registers.change().ris = 0,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
