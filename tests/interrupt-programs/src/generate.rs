// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes a program of a seed and a number.
//!
//! What the architecture calls UNPREDICTABLE is left out. Which of two interrupts of equal priority comes first is IMPLEMENTATION DEFINED (3.3), so most
//! programs have different ones.

mod access;
mod body;
mod setup;

use heapless::Vec;

use crate::program::{INTERRUPTS, Operation, Program};
use crate::random::Random;

/// Programs of one seed, by number.
pub fn program(seed: u64, index: u32) -> Program {
    let mut random = Random::new(seed, index);
    let style = Style::new(&mut random);
    let mut generator = Generator { random, style, program: Program::default() };
    generator.setup();
    generator.body();
    generator.look();
    generator.program.handler = generator.program.operations.len();
    generator.handler();
    generator.program
}

/// Priorities there are.
const LEVELS: usize = 32;
/// The virtual timer's interrupt.
const TIMER: u16 = 27;
/// The UART's.
const UART: u16 = 33;

/// What is the same for a whole program.
struct Style {
    interrupts: Vec<u16, INTERRUPTS>,
    /// Each interrupt has its own share of them, unless they are to be equal.
    levels: [u8; LEVELS],
    equal: bool,
    /// Two groups of interrupts.
    grouped: bool,
    /// GICC_CTLR.
    control: u32,
}

impl Style {
    fn new(random: &mut Random) -> Self {
        let grouped = random.once_in(8);
        let group_bits = if grouped { 0b110 } else { 0 };
        let fiq = if random.once_in(8) { 1 << 3 } else { 0 };
        let common_point = if random.once_in(8) { 1 << 4 } else { 0 };
        let split = if random.once_in(3) { 1 << 9 } else { 0 };
        let mut levels = core::array::from_fn(|level| 8 * level as u8);
        for last in (1..LEVELS).rev() {
            levels.swap(last, random.below(last as u32 + 1) as usize);
        }
        let control = 1 | group_bits | fiq | common_point | split;
        Self { interrupts: interrupts(random), levels, equal: random.once_in(16), grouped, control }
    }

    /// A priority that only this one of the interrupts may have, or one of two for all of them.
    fn priority(&self, random: &mut Random, which: usize) -> u8 {
        if self.equal {
            return self.levels[random.below(2) as usize];
        }
        let share = LEVELS / self.interrupts.len();
        self.levels[which * share + random.below(share as u32) as usize]
    }
}

/// Different ones of all kinds.
fn interrupts(random: &mut Random) -> Vec<u16, INTERRUPTS> {
    let count = 2 + random.below(INTERRUPTS as u32 - 1) as usize;
    let mut chosen = Vec::<u16, INTERRUPTS>::new();
    while chosen.len() < count {
        let intid = match random.below(10) {
            0..4 => random.below(16) as u16,
            4 => TIMER,
            5 => UART,
            6 => random.pick(&[20, 21, 22]),
            7.. if count > 6 || !random.once_in(3) => 34 + random.below(30) as u16,
            _ => 64 + random.below(96) as u16,
        };
        if !chosen.contains(&intid) {
            let _ = chosen.push(intid);
        }
    }
    chosen
}

struct Generator {
    random: Random,
    style: Style,
    program: Program,
}

impl Generator {
    /// A full program takes no more.
    fn push(&mut self, operation: Operation) {
        let _ = self.program.operations.push(operation);
    }

    fn interrupt(&mut self) -> u16 {
        let interrupts = self.style.interrupts.clone();
        self.random.pick(&interrupts)
    }

    /// Some of the program's interrupts in the same word of a bitmap as one of them.
    fn some_in_word(&mut self, intid: u16) -> u32 {
        let all = self.all_in_word(intid);
        let some = all & self.random.bits() | 1 << (intid % 32);
        if self.random.once_in(3) { some } else { 1 << (intid % 32) }
    }

    /// All of the program's interrupts in that word.
    fn all_in_word(&self, intid: u16) -> u32 {
        let same = self.style.interrupts.iter().filter(|other| *other / 32 == intid / 32);
        same.fold(0, |bits, other| bits | 1 << (other % 32))
    }

    /// One of each word of a bitmap.
    fn words(&self) -> Vec<u16, INTERRUPTS> {
        let mut words = Vec::<u16, INTERRUPTS>::new();
        for &intid in &self.style.interrupts {
            if !words.iter().any(|other| other / 32 == intid / 32) {
                let _ = words.push(intid);
            }
        }
        words
    }

    fn has(&self, intid: u16) -> bool {
        self.style.interrupts.contains(&intid)
    }
}
