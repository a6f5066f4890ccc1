// SPDX-License-Identifier: MIT OR Apache-2.0
//! A core's debug registers as the architecture describes them, with a record of what the shim did to them.

use std::cell::Cell;

use debug_shim::{Counts, DebugHardware, Register};

use crate::arm;
use crate::layout::{Bank, Layout};

/// `PMCR_EL0.N` of the core. Any number would do that is not 0.
pub const EVENT_COUNTERS: u8 = 6;
/// More accesses than any call needs, so that one that does not end is noticed.
const ENDLESS: u64 = 1_000;

/// What the registers hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers<const N: usize> {
    /// The bank.
    pub bank: Bank<N>,
    /// `MDSCR_EL1`.
    pub mdscr: u64,
    /// `MDCR_EL2`.
    pub mdcr: u64,
    /// `OSLSR_EL1.OSLK`.
    pub os_lock: bool,
    /// `OSDLR_EL1.DLK`.
    pub double_lock: bool,
    /// The two data words of the debug communications channel.
    pub channel: [u64; 2],
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Accesses to any register.
    pub total: u64,
    /// Accesses to the bank.
    pub bank: u64,
    /// Writes of `MDSCR_EL1`.
    pub mdscr_writes: u64,
    /// The bank was touched while `MDSCR_EL1` was not 0.
    pub while_armed: bool,
    /// `DBGVCR32_EL2` was touched.
    pub vcr32: bool,
    /// Something that is undefined at EL2 or reads as nothing: an index that the core does not have, a register that is
    /// only written, `MDCR_EL2` read back.
    pub undefined: Option<Register>,
}

/// One core.
pub struct Hardware<'a, const N: usize> {
    layout: &'a Layout,
    bank: [Cell<u64>; N],
    rest: Cell<Registers<0>>,
    record: Cell<Record>,
    trail: Cell<u64>,
}

impl<'a, const N: usize> Hardware<'a, N> {
    /// With these values.
    pub fn new(layout: &'a Layout, registers: &Registers<N>) -> Self {
        let Registers { mdscr, mdcr, os_lock, double_lock, channel, .. } = *registers;
        Self {
            layout,
            bank: registers.bank.map(Cell::new),
            rest: Cell::new(Registers { bank: [], mdscr, mdcr, os_lock, double_lock, channel }),
            record: Cell::default(),
            trail: Cell::new(0),
        }
    }

    /// What the registers hold now.
    pub fn registers(&self) -> Registers<N> {
        let Registers { mdscr, mdcr, os_lock, double_lock, channel, .. } = self.rest.get();
        Registers {
            bank: std::array::from_fn(|place| self.bank[place].get()),
            mdscr,
            mdcr,
            os_lock,
            double_lock,
            channel,
        }
    }

    /// What has been done so far.
    pub fn record(&self) -> Record {
        self.record.get()
    }

    /// A number for which registers were accessed in which order, whatever the values were.
    pub fn trail(&self) -> u64 {
        self.trail.get()
    }

    fn note(&self, register: Register, is_write: bool) -> Option<usize> {
        let (mut record, place) = (self.record.get(), self.layout.place(register));
        record.total += 1;
        assert!(record.total < ENDLESS, "a call that does not end");
        if place.is_some() {
            record.bank += 1;
            record.while_armed |= self.rest.get().mdscr != 0;
            record.vcr32 |= register == Register::Vcr32;
        }
        record.mdscr_writes += u64::from(register == Register::Mdscr && is_write);
        self.record.set(record);
        let name = place.map_or(number(register), |place| place as u64);
        let step = name << 1 | u64::from(is_write);
        self.trail.set(self.trail.get().rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step);
        place
    }

    fn refuse(&self, register: Register) {
        self.record.set(Record { undefined: Some(register), ..self.record.get() });
    }

    fn change(&self, change: impl FnOnce(&mut Registers<0>)) {
        let mut rest = self.rest.get();
        change(&mut rest);
        self.rest.set(rest);
    }
}

/// Numbers for the registers that have no place.
fn number(register: Register) -> u64 {
    1_000
        + match register {
            Register::Mdscr => 1,
            Register::Mdcr => 2,
            Register::Oslar => 3,
            Register::Osdlr => 4,
            Register::Osdtrrx => 5,
            Register::Osdtrtx => 6,
            _ => 0,
        }
}

impl<const N: usize> DebugHardware for Hardware<'_, N> {
    fn counts(&self) -> Counts {
        self.layout.counts()
    }

    fn event_counters(&self) -> u8 {
        EVENT_COUNTERS
    }

    fn read(&self, register: Register) -> u64 {
        let (place, rest) = (self.note(register, false), self.rest.get());
        match (register, place) {
            // D24.3: SET reads as the tags that are implemented, CLR as those that are set.
            (Register::ClaimSet, _) => arm::CLAIM,
            (_, Some(place)) => self.bank[place].get(),
            (Register::Mdscr, _) => rest.mdscr,
            (Register::Osdlr, _) => rest.double_lock.into(),
            (Register::Osdtrrx, _) => rest.channel[0],
            (Register::Osdtrtx, _) => rest.channel[1],
            _ => {
                self.refuse(register);
                0
            }
        }
    }

    fn write(&self, register: Register, value: u64) {
        let place = self.note(register, true);
        match (register, place) {
            (Register::ClaimSet, Some(place)) => self.bank[place].set(self.bank[place].get() | value & arm::CLAIM),
            (Register::ClaimClr, Some(place)) => self.bank[place].set(self.bank[place].get() & !value),
            (_, Some(place)) => self.bank[place].set(self.layout.kept(place, value)),
            (Register::Mdscr, _) => self.change(|rest| rest.mdscr = value),
            (Register::Mdcr, _) => self.change(|rest| rest.mdcr = value),
            (Register::Oslar, _) => self.change(|rest| rest.os_lock = value & 1 != 0),
            (Register::Osdlr, _) => self.change(|rest| rest.double_lock = value & 1 != 0),
            // D24.3: OSDTRRX and OSDTRTX restore the data words only while the OS lock is taken.
            (Register::Osdtrrx, _) => {
                self.change(|rest| rest.channel[0] = if rest.os_lock { value } else { rest.channel[0] })
            }
            (Register::Osdtrtx, _) => {
                self.change(|rest| rest.channel[1] = if rest.os_lock { value } else { rest.channel[1] })
            }
            _ => self.refuse(register),
        }
    }

    fn synchronize(&self) {}
}
