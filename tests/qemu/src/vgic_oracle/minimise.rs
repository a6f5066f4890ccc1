// SPDX-License-Identifier: MIT OR Apache-2.0
//! The smallest part of a program in which two machines still differ without a reason.

use interrupt_programs::explain::compare;
use interrupt_programs::generate::program;
use interrupt_programs::observation::Observation;
use interrupt_programs::program::{KEEP_ALL, Keep, Program};

use super::peer::{Pick, Place};

/// Parts of this many operations are left out, then smaller ones.
const CHUNKS: [usize; 5] = [16, 8, 4, 2, 1];

/// Prints it, with what both observed.
pub fn show(seed: u64, other: Place, index: u32) -> anyhow::Result<()> {
    let program = program(seed, index);
    let mut keep = KEEP_ALL >> (Keep::BITS as usize - program.operations.len());
    let Some(mut pair) = failing(seed, other, &program, &[(index, keep)])?.pop() else {
        println!("  program {index} of seed {seed} differs only after those before it");
        return Ok(());
    };
    loop {
        let picks: Vec<Pick> = smaller(keep, program.operations.len()).map(|keep| (index, keep)).collect();
        let failing = failing(seed, other, &program, &picks)?;
        let Some(best) = failing.into_iter().min_by_key(|found| found.keep.count_ones()) else { break };
        keep = best.keep;
        pair = best;
    }
    println!("  program {index} of seed {seed}, the part {keep:x}:\n{}", program.show(keep));
    println!("  QEMU observes {}\n  {} observes {}", line(&pair.qemu), other.name(), line(&pair.other));
    Ok(())
}

/// A part of the program that is not explained.
struct Failing {
    keep: Keep,
    qemu: Vec<Observation>,
    other: Vec<Observation>,
}

fn failing(seed: u64, other: Place, program: &Program, picks: &[Pick]) -> anyhow::Result<Vec<Failing>> {
    let (qemu, theirs) = (Place::Qemu.observations(seed, picks)?, other.observations(seed, picks)?);
    let all = picks.iter().zip(qemu).zip(theirs).map(|((&(_, keep), qemu), other)| Failing { keep, qemu, other });
    let is_unexplained =
        |found: &Failing| compare(program, found.keep, other.kind(), &found.qemu, &found.other).unexplained.is_some();
    Ok(all.filter(is_unexplained).collect())
}

/// What is kept, without one part of it.
fn smaller(keep: Keep, operations: usize) -> impl Iterator<Item = Keep> {
    let kept: Vec<usize> = (0..operations).filter(|&index| Program::keeps(keep, index)).collect();
    let without = move |part: &[usize]| part.iter().fold(keep, |keep, &index| keep & !(1 << index));
    let parts = CHUNKS.into_iter().flat_map(move |size| kept.chunks(size).map(&without).collect::<Vec<_>>());
    parts.filter(move |&part| part != keep && part != 0)
}

fn line(observations: &[Observation]) -> String {
    observations.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
