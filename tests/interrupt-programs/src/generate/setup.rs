// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a program begins, and how it looks at everything when it ends.

use super::Generator;
use crate::program::{INTERRUPTS, Operation};
use crate::register::names::{self, GROUP, SET_ACTIVE, SET_ENABLE, SET_PENDING, bitmap};
use crate::register::{Register, Size};

impl Generator {
    /// Priorities, triggers and groups, then the enables.
    pub(super) fn setup(&mut self) {
        self.program.interrupts = self.style.interrupts.clone();
        for (which, intid) in self.style.interrupts.clone().into_iter().enumerate() {
            let priority = self.style.priority(&mut self.random, which);
            // The bits that 32 priorities do not have are ignored.
            let extra = if self.random.once_in(4) { self.random.below(8) } else { 0 };
            self.set(names::priority(intid), Size::Byte, u32::from(priority) | extra);
        }
        self.triggers();
        for intid in self.words() {
            if self.style.grouped {
                let some = self.all_in_word(intid) & self.random.bits();
                self.set(bitmap(GROUP, intid), Size::Word, some);
            }
            let left_out = if self.random.once_in(3) { self.random.bits() & self.random.bits() } else { 0 };
            let sgis = if intid < 32 { 0xffff } else { 0 };
            let some = self.all_in_word(intid) & !left_out | sgis & self.all_in_word(intid);
            self.set(bitmap(SET_ENABLE, intid), Size::Word, some);
        }
        if self.random.once_in(3) {
            let point = 2 + self.random.below(6);
            self.set(names::BPR, Size::Word, point);
        }
        let mask = if self.random.once_in(4) { self.random.below(256) } else { 0xff };
        self.set(names::PMR, Size::Word, mask);
        self.set(names::GICC_CTLR, Size::Word, self.style.control);
        self.set(names::GICD_CTLR, Size::Word, self.forwarding());
    }

    /// GICD_CTLR with all that the program uses.
    pub(super) fn forwarding(&self) -> u32 {
        if self.style.grouped { 3 } else { 1 }
    }

    fn triggers(&mut self) {
        let mut done: [Option<Register>; INTERRUPTS] = [None; INTERRUPTS];
        for (which, intid) in self.style.interrupts.clone().into_iter().enumerate() {
            let register = names::config(intid);
            if intid >= 32 && !done.contains(&Some(register)) {
                done[which] = Some(register);
                let same = self.style.interrupts.iter().filter(|&&other| names::config(other) == register);
                let edges = same.fold(0, |bits, other| bits | 2 << (other % 16 * 2));
                let some = edges & self.random.bits();
                self.set(register, Size::Word, some);
            }
        }
    }

    /// What state is left.
    pub(super) fn look(&mut self) {
        for intid in self.words() {
            for first in [SET_ENABLE, SET_PENDING, SET_ACTIVE] {
                self.push(Operation::Read(bitmap(first, intid), Size::Word));
            }
        }
        self.push(Operation::Read(names::RPR, Size::Word));
        self.push(Operation::Read(names::HPPIR, Size::Word));
    }

    pub(super) fn set(&mut self, register: Register, size: Size, value: u32) {
        self.push(Operation::Write(register, size, value.into()));
    }
}
