// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compares what two machines observed. A difference has a rule that explains it, or is an error.

mod rules;

pub use rules::{RULES, is_free};

use core::fmt;

use crate::observation::Observation;
use crate::program::{Keep, Operation, Program};

/// Whose observations are held against those of QEMU's own interrupt controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A hypervisor that is not ours.
    Kvm,
    /// Ours.
    Lazaret,
}

/// Why two machines may differ.
pub struct Rule {
    /// In a few words.
    pub name: &'static str,
    /// Where IHI 0048B leaves it open, or says what the peer does not do.
    pub section: &'static str,
    /// Whether it explains this difference.
    pub explains: fn(&Difference<'_>) -> bool,
    /// What comes after it in the program depends on it, and is not compared.
    pub ends: bool,
}

/// The first observation, or the next one, in which two machines differ.
#[derive(Debug, Clone, Copy)]
pub struct Difference<'a> {
    /// What was run.
    pub program: &'a Program,
    /// The part that was run.
    pub keep: Keep,
    /// Which of the observations.
    pub position: usize,
    /// What QEMU's own saw before.
    pub before: &'a [Observation],
    /// By QEMU's own.
    pub qemu: Option<Observation>,
    /// By the other one.
    pub other: Option<Observation>,
    /// Who that is.
    pub by: Other,
}

impl Difference<'_> {
    /// The operation of QEMU's observation, or of the other one where QEMU has none.
    pub fn operation(&self) -> Option<Operation> {
        let observation = self.qemu.or(self.other)?;
        self.program.operations.get(usize::from(observation.operation)).copied()
    }

    /// What the two saw, if the same operation saw it.
    pub fn values(&self) -> Option<(u64, u64)> {
        let (qemu, other) = (self.qemu?, self.other?);
        (qemu.operation == other.operation).then_some((qemu.value, other.value))
    }

    /// The operations that were run.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> + Clone {
        let kept = |&(index, _): &(usize, _)| Program::keeps(self.keep, index);
        self.program.operations.iter().enumerate().filter(kept).map(|(_, operation)| operation)
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        let show = |f: &mut fmt::Formatter<'_>, seen: Option<Observation>| match seen {
            Some(observation) => write!(f, "{observation}"),
            None => write!(f, "nothing"),
        };
        show(f, self.qemu)?;
        write!(f, " on QEMU, ")?;
        show(f, self.other)?;
        write!(f, " on {:?}", self.by)
    }
}

/// What became of the comparison of a program.
#[derive(Debug, Clone, Default)]
pub struct Comparison<'a> {
    /// How many differences each rule explains.
    pub explained: [u32; RULES.len()],
    /// The first one that none explains.
    pub unexplained: Option<Difference<'a>>,
}

/// Compares all that was observed of a program, as far as its rules allow.
pub fn compare<'a>(
    program: &'a Program,
    keep: Keep,
    by: Other,
    qemu: &'a [Observation],
    other: &[Observation],
) -> Comparison<'a> {
    let mut comparison = Comparison::default();
    for position in 0..qemu.len().max(other.len()) {
        let before = &qemu[..position.min(qemu.len())];
        let (qemu, other) = (qemu.get(position).copied(), other.get(position).copied());
        if qemu == other {
            continue;
        }
        let difference = Difference { program, keep, position, before, qemu, other, by };
        let Some(rule) = RULES.iter().position(|rule| (rule.explains)(&difference)) else {
            comparison.unexplained = Some(difference);
            return comparison;
        };
        comparison.explained[rule] += 1;
        if RULES[rule].ends || difference.values().is_none() {
            return comparison;
        }
    }
    comparison
}

#[cfg(test)]
mod tests;
