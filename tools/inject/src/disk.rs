// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux that writes its whole disk and reads it back, while its VMM and the disk's driver are killed in turn at random
//! instructions: what it finds, and what is in the image afterwards.

use super::pair::{Pair, ROUNDS, missing};

use lazaret_machine::Drive;
use lazaret_programs::workspace::Workspace;

/// Bytes that a round writes.
const ROUND: usize = 64 << 10;

/// What was found.
#[derive(Debug, Default)]
pub struct Kills {
    /// Of the VMM and of the driver.
    pub kills: [u64; 2],
    /// Rounds that Linux did not find on its disk.
    pub missed: Vec<usize>,
    /// Rounds of which the image has something else.
    pub differ: Vec<usize>,
    /// All rounds.
    pub rounds: usize,
}

/// One run with so many kills, or as many as there is time for before Linux is done.
pub fn run(workspace: &Workspace, kills: u64, seed: u64) -> anyhow::Result<Kills> {
    let image = workspace.target().join("disk-images");
    std::fs::create_dir_all(&image)?;
    let image = image.join("kills.img");
    std::fs::write(&image, vec![0xff; ROUND * ROUNDS])?;
    let pair = Pair::new(workspace, "crash_disk", "block")?;
    let pair = pair.on(|vmm| vmm.with_drive(&Drive::open(&image, false)?))?;
    let (done, output) = pair.run(kills, seed, there)?;
    let found = judge(&output, &std::fs::read(&image)?);
    Ok(Kills { kills: done, ..found })
}

/// What Linux said of each round, and what is in the image.
fn judge(output: &str, image: &[u8]) -> Kills {
    let missed = missing(output, there);
    let is_right = |n: &usize| image.get(n * ROUND..(n + 1) * ROUND).is_some_and(|is| is == written(*n));
    Kills { kills: [0, 0], missed, differ: (0..ROUNDS).filter(|n| !is_right(n)).collect(), rounds: ROUNDS }
}

/// What Linux says of a round that it finds on its disk.
fn there(n: usize) -> String {
    format!("disk: round {n} is there")
}

/// What a round writes.
fn written(n: usize) -> Vec<u8> {
    format!("round {n}\n").bytes().cycle().take(ROUND).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_is_lost_or_torn_is_found() {
        let mut image: Vec<u8> = (0..ROUNDS).flat_map(written).collect();
        let lines: String = (0..ROUNDS).map(|n| format!("disk: round {n} is there\n")).collect();
        let good = judge(&lines, &image);
        assert!(good.missed.is_empty() && good.differ.is_empty());
        image[5 * ROUND + 7] ^= 1;
        let bad = judge(&lines.replace("round 9 is there", "- differs"), &image);
        assert_eq!((bad.missed, bad.differ), (vec![9], vec![5]));
    }
}
