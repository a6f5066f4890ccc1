// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a program does.

use super::{Generator, TIMER, UART};
use crate::program::{Operation, Timer};
use crate::register::Size;
use crate::register::names::{
    self, CLEAR_ACTIVE, CLEAR_ENABLE, CLEAR_PENDING, SET_ACTIVE, SET_ENABLE, SET_PENDING, bitmap,
};

/// Operations of a program's middle.
const SHORTEST: u32 = 6;
const LONGEST: u32 = 18;
/// Operations of a handler.
const IN_HANDLER: u32 = 4;
/// Ticks that a timer is waited for: more than any machine needs for the operations around it, and not long.
const SHORT_WAIT: u32 = 20_000;

impl Generator {
    pub(super) fn body(&mut self) {
        let count = SHORTEST + self.random.below(LONGEST - SHORTEST);
        for _ in 0..count {
            self.one(false);
        }
        if self.random.once_in(2) {
            self.take(6);
        }
    }

    /// Done in each interrupt's handler, between its acknowledge and its end.
    pub(super) fn handler(&mut self) {
        let count = self.random.below(IN_HANDLER);
        for _ in 0..count {
            self.one(true);
        }
        if self.random.once_in(3) {
            self.take(1);
        }
    }

    fn one(&mut self, in_handler: bool) {
        match self.random.below(20) {
            0..4 => self.make_pending(),
            4 => self.unmake_pending(),
            5 => self.enable(),
            6 => self.activate(),
            7 => self.change_priority(),
            8 => self.change_control(),
            9 => self.push(Operation::Signals),
            10 => self.push(Operation::Acknowledge),
            11 => self.push(Operation::End),
            12 => self.push(Operation::Deactivate),
            13..15 => self.take(if in_handler { 1 } else { 4 }),
            15 => self.source(in_handler),
            16 => self.contained(),
            _ => self.read(),
        }
    }

    fn take(&mut self, most: u32) {
        let count = 1 + self.random.below(most) as u8;
        self.push(Operation::Open(count));
    }

    fn make_pending(&mut self) {
        let intid = self.interrupt();
        if intid >= 16 {
            let some = if self.random.once_in(4) { self.all_in_word(intid) } else { self.some_in_word(intid) };
            return self.set(bitmap(SET_PENDING, intid), Size::Word, some);
        }
        match self.random.below(4) {
            0 => self.set(names::set_sgi(intid), Size::Byte, 1),
            1 => {
                let word = intid & 0xc;
                let some = self.some_in_word(intid) >> word & 0xf;
                let bytes = (0..4).fold(0, |bytes, byte| bytes | (some >> byte & 1) << (8 * byte));
                self.set(names::set_sgi(word), Size::Word, bytes);
            }
            _ => {
                // To oneself, to a list with and without oneself, to all others; bit 15 is for security only.
                let target =
                    self.random.pick(&[2 << 24, 2 << 24, 1 << 16, 0xff << 16, 0xfe << 16, 1 << 24, 1 << 24 | 1 << 16]);
                let bit = self.random.pick(&[0, 0, 1 << 15]);
                self.set(names::SGIR, Size::Word, target | bit | u32::from(intid));
            }
        }
    }

    fn unmake_pending(&mut self) {
        let intid = self.interrupt();
        if intid >= 16 {
            let some = self.some_in_word(intid);
            self.set(bitmap(CLEAR_PENDING, intid), Size::Word, some);
        } else if self.random.once_in(2) {
            self.set(names::clear_sgi(intid), Size::Byte, 1);
        } else {
            self.set(names::clear_sgi(intid & 0xc), Size::Word, 1 << (intid % 4 * 8));
        }
    }

    /// Whether SGIs can be disabled is IMPLEMENTATION DEFINED (4.3.6).
    fn enable(&mut self) {
        let intid = self.interrupt();
        let some = self.some_in_word(intid);
        let first = self.random.pick(&[SET_ENABLE, CLEAR_ENABLE, CLEAR_ENABLE]);
        let sgis = if intid < 32 { 0xffff } else { 0 };
        self.set(bitmap(first, intid), Size::Word, if first == CLEAR_ENABLE { some & !sgis } else { some });
    }

    fn activate(&mut self) {
        let intid = self.interrupt();
        let some = self.some_in_word(intid);
        let first = self.random.pick(&[SET_ACTIVE, CLEAR_ACTIVE]);
        self.set(bitmap(first, intid), Size::Word, some);
    }

    fn change_priority(&mut self) {
        let which = self.random.below(self.style.interrupts.len() as u32) as usize;
        let priority = self.style.priority(&mut self.random, which);
        self.set(names::priority(self.style.interrupts[which]), Size::Byte, priority.into());
    }

    fn change_control(&mut self) {
        match self.random.below(6) {
            0 => self.set(names::GICD_CTLR, Size::Word, 0),
            1 => self.set(names::GICD_CTLR, Size::Word, self.forwarding()),
            2 => self.set(names::GICC_CTLR, Size::Word, self.style.control & !3),
            3 => self.set(names::GICC_CTLR, Size::Word, self.style.control),
            _ => {
                let mask = self.random.pick(&[0, 0xf0, 0xff, 0xff, 0x80, 0x40, 0xc8]);
                self.set(names::PMR, Size::Word, mask);
            }
        }
    }

    /// Interrupts that come from outside.
    fn source(&mut self, in_handler: bool) {
        if self.has(UART) && self.random.once_in(2) {
            let high = self.random.below(2) == 0;
            self.push(Operation::SetLine(high));
        } else if self.has(TIMER) {
            let state = self.random.pick(&[Timer::Over, Timer::Over, Timer::Off, Timer::Far, Timer::Masked]);
            let operation = match self.random.below(8) {
                0 => Operation::AwaitTimer(SHORT_WAIT),
                1 if !in_handler && !self.style.grouped => Operation::Sleep(SHORT_WAIT * 5),
                _ => Operation::SetTimer(state),
            };
            self.push(operation);
        } else {
            self.make_pending();
        }
    }
}
