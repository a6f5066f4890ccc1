// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random interrupt programs on QEMU's own GICv2, on KVM's virtual one and on ours: they observe the same, or a rule says why not.

mod minimise;
mod peer;
mod seeded;

use interrupt_programs::explain::{Comparison, Other, RULES, compare};
use interrupt_programs::generate::program;
use interrupt_programs::observation::Observation;
use interrupt_programs::program::KEEP_ALL;
use peer::{Pick, Place};

use crate::Scenario;

pub const SCENARIOS: &[Scenario] = &[("vgic-oracle", oracle), ("vgic-oracle-kvm", oracle_of_kvm)];

/// Programs of one seed; any would do.
const SEED: u64 = 20_261_129;
/// Programs in each run of the tests, and with `--full`.
const SOME: u32 = 2_000;
const MANY: u32 = 100_000;
/// Programs of one boot.
const AT_ONCE: u32 = 10_000;
/// A boot of KVM's host takes longest, so it gets one program in ten.
const OF_KVM: u32 = 10;
/// So few are told in full at once, which saves a boot.
const AS_THEY_ARE: u32 = 300;
/// Programs that are shown and made small when there are many unexplained ones.
const SHOWN: usize = 3;
/// Programs of which the first difference is told.
const LISTED: usize = 20;

/// What was found.
#[derive(Default)]
struct Tally {
    programs: u32,
    explained: [u32; RULES.len()],
    unexplained: Vec<u32>,
    /// What both saw of some programs.
    kept: Vec<(u32, Vec<Observation>)>,
}

/// Programs to show again, instead of all others: numbers with commas between them.
const ONLY: &str = "LAZARET_INTERRUPT_PROGRAMS";

fn oracle() -> anyhow::Result<()> {
    if let Ok(numbers) = std::env::var(ONLY) {
        numbers.split(',').try_for_each(|number| minimise::show(SEED, Place::Lazaret, number.parse()?))?;
        anyhow::bail!("only some programs were looked at ({ONLY})");
    }
    let tally = compare_all(Place::Lazaret, count(), 1)?;
    seeded::expect_reported(SEED, &tally.kept)
}

fn oracle_of_kvm() -> anyhow::Result<()> {
    compare_all(Place::Kvm, count(), OF_KVM).map(|_| ())
}

fn count() -> u32 {
    if std::env::var_os("LAZARET_FULL").is_some() { MANY } else { SOME }
}

/// The first `count / share` programs on QEMU's own and on another one.
fn compare_all(other: Place, count: u32, share: u32) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for first in (0..count / share).step_by(AT_ONCE as usize) {
        tally.add(other, first, AT_ONCE.min(count / share - first))?;
    }
    let explained: u32 = tally.explained.iter().sum();
    for (rule, count) in RULES.iter().zip(tally.explained).filter(|(_, count)| *count > 0) {
        println!("  {count} differences: {} (IHI 0048B {})", rule.name, rule.section);
    }
    let of = if share > 1 { format!(" of the {count}") } else { String::new() };
    println!(
        "  {}: {} programs{of}, {explained} differences explained, {} unexplained",
        other.name(),
        tally.programs,
        tally.unexplained.len()
    );
    tally.unexplained.iter().take(SHOWN).try_for_each(|&index| minimise::show(SEED, other, index))?;
    anyhow::ensure!(tally.unexplained.is_empty(), "{}: programs {:?}", other.name(), tally.unexplained);
    Ok(tally)
}

impl Tally {
    fn add(&mut self, other: Place, first: u32, count: u32) -> anyhow::Result<()> {
        let has_hashes = count > AS_THEY_ARE;
        let differing = if has_hashes { differing(other, first, count)? } else { (first..first + count).collect() };
        let picks: Vec<Pick> = differing.into_iter().map(|index| (index, KEEP_ALL)).collect();
        let (qemu, theirs) = (Place::Qemu.observations(SEED, &picks)?, other.observations(SEED, &picks)?);
        for ((&(index, _), qemu), theirs) in picks.iter().zip(qemu).zip(theirs) {
            // A difference that comes only after other programs is one all the same.
            let is_lost = has_hashes && qemu == theirs;
            if is_lost || !self.explain(other, index, &qemu, &theirs) {
                self.unexplained.push(index);
            }
            self.kept.push((index, theirs));
        }
        self.programs += count;
        Ok(())
    }

    fn explain(&mut self, other: Place, index: u32, qemu: &[Observation], theirs: &[Observation]) -> bool {
        let program = program(SEED, index);
        let Comparison { explained, unexplained } = compare(&program, KEEP_ALL, other.kind(), qemu, theirs);
        self.explained.iter_mut().zip(explained).for_each(|(sum, count)| *sum += count);
        let Some(difference) = unexplained else { return true };
        if self.unexplained.len() < LISTED {
            println!("  program {index}: {difference}");
        }
        false
    }
}

/// Programs of whose observations the hashes differ: only those are looked at in full.
fn differing(other: Place, first: u32, count: u32) -> anyhow::Result<Vec<u32>> {
    let (qemu, theirs) = (Place::Qemu.hashes(SEED, first, count)?, other.hashes(SEED, first, count)?);
    let pairs = (first..).zip(qemu.iter().zip(&theirs));
    Ok(pairs.filter(|(_, (qemu, theirs))| qemu != theirs).map(|(index, _)| index).collect())
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU",
            Self::Kvm => "KVM",
            Self::Lazaret => "Lazaret",
        }
    }

    fn kind(self) -> Other {
        if self == Self::Kvm { Other::Kvm } else { Other::Lazaret }
    }
}
