// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one run does: everything follows from the campaign's seed and the run's number.

use serde::{Deserialize, Serialize};

use super::gdb::{PC, SP};

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Bits of a register of the VMM.
    Register,
    /// Bits of its stack.
    Stack,
    /// Bits of its state region.
    State,
    /// Bits of its IPC buffer.
    IpcBuffer,
    /// Syndrome, label, badge or another word of the message that it gets.
    Message,
    /// The label, or a word, of the reply that it gives: the guest goes on, stays stopped or waits, and elsewhere.
    Reply,
    /// A reply is not sent.
    DroppedReply,
    /// A reply is sent again, to the next exit.
    DoubledReply,
    /// A reply comes late.
    DelayedReply,
    /// Interrupts that nobody asked for, one or many.
    Interrupts,
    /// The capability of a system call is gone.
    Revoked,
    /// The VMM jumps to where nothing is.
    Killed,
    /// The VMM loops.
    Loop,
    /// Its stack is used up.
    StackOverflow,
    /// The guest runs random instructions.
    GuestCode,
    /// The guest reads and writes random system registers, makes random calls, loads and stores at random devices.
    GuestAccess,
    /// Bits of the kernel's memory.
    Kernel,
}

/// All kinds, in the order in which runs take turns.
pub const FAULT_KINDS: [FaultKind; 17] = [
    FaultKind::Register,
    FaultKind::Stack,
    FaultKind::State,
    FaultKind::IpcBuffer,
    FaultKind::Message,
    FaultKind::DroppedReply,
    FaultKind::DoubledReply,
    FaultKind::DelayedReply,
    FaultKind::Interrupts,
    FaultKind::Revoked,
    FaultKind::Killed,
    FaultKind::Loop,
    FaultKind::StackOverflow,
    FaultKind::GuestCode,
    FaultKind::GuestAccess,
    FaultKind::Kernel,
    FaultKind::Reply,
];

/// Rounds of the guest in which a fault can come.
const ROUNDS: u64 = 10;
/// Steps of a round in which one can come.
const PLACES: u64 = 14;
/// Exits after the place.
const EXITS: u64 = 3;
/// Instructions of the VMM after the exit.
const INSTRUCTIONS: u64 = 220;

/// One run.
#[derive(Debug, Clone)]
pub struct Case {
    /// Number in the campaign.
    pub number: u64,
    /// What is injected.
    pub kind: FaultKind,
    /// In this round of the victim's guest,
    pub round: u64,
    /// from this step of it on,
    pub step: u64,
    /// at this exit,
    pub exit: u64,
    /// after so many instructions of its VMM.
    pub instructions: u64,
    /// Whatever else is random.
    pub random: Random,
}

impl Case {
    /// The run of a number.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut random = Random(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.word();
        let kind = FAULT_KINDS[(number % FAULT_KINDS.len() as u64) as usize];
        let (round, step) = (1 + random.below(ROUNDS), random.below(PLACES));
        let (exit, instructions) = (random.below(EXITS), random.below(INSTRUCTIONS));
        let at_entry =
            matches!(kind, FaultKind::Message | FaultKind::Reply | FaultKind::DroppedReply | FaultKind::DoubledReply);
        Self { number, kind, round, step, exit, instructions: if at_entry { 0 } else { instructions }, random }
    }
}

/// A general register of the VMM, SP or PC.
pub fn register_name(number: usize) -> String {
    match number {
        SP => "sp".into(),
        PC => "pc".into(),
        n => format!("x{n}"),
    }
}

/// SplitMix64: the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound
    }

    /// A mask to flip 64 bits with: one bit, two, or a burst of up to eight neighbours.
    pub fn flips(&mut self) -> u64 {
        let bit = |random: &mut Self| 1 << random.below(64);
        match self.below(3) {
            0 => bit(self),
            1 => bit(self) | bit(self),
            _ => (0xff >> self.below(7)) << self.below(57),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_run() {
        let words = |seed, number| {
            let mut case = Case::new(seed, number);
            (case.kind, case.round, case.step, case.exit, case.instructions, case.random.word())
        };
        assert_eq!(words(1, 7), words(1, 7));
        assert_ne!(words(1, 7), words(2, 7));
        let kinds: std::collections::BTreeSet<_> =
            (0..FAULT_KINDS.len() as u64).map(|number| Case::new(1, number).kind).collect();
        assert_eq!(kinds.len(), FAULT_KINDS.len());
    }

    #[test]
    fn something_is_always_flipped() {
        let mut random = Random::new(3);
        assert!((0..1000).all(|_| (1..=8).contains(&random.flips().count_ones())));
    }
}
