// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux that writes its whole disk and reads it back, while its VMM and the disk's driver are killed in turn at random
//! instructions: what it finds, and what is in the image afterwards.

use std::collections::HashSet;
use std::time::Duration;

use super::case::Random;
use super::emulator::Look;
use super::exit_kind::NOWHERE;
use super::gdb::{Gdb, PC};
use super::linux::PAUSE_MS;
use super::outcome::apart;
use super::path::walk;
use super::testbed::Testbed;

use lazaret_machine::Drive;
use lazaret_machine::interrupt::interrupted;
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// The VMM's last line.
const OFF: &str = "linux: powered off";
/// Bytes that a round writes, and rounds.
const ROUND: usize = 64 << 10;
const ROUNDS: usize = 96;
/// Instructions of a VMM after an exit, and of the driver after a system call.
const STEPS: u64 = 300;

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
    let request = Testbed::request(workspace, "crash_disk", Config::Release);
    let vmm = Testbed::of(workspace, &request, "vmm_linux")?.in_real_time();
    let vmm = vmm.with_drive(&Drive::open(&image, false)?)?;
    let driver = Testbed::of_program(workspace, &request, "block", "block")?;
    let (machine, mut gdb) = vmm.start()?;
    let (mut random, mut done) = (Random::new(seed), [0, 0]);
    let victims = [(&vmm, vec![vmm.reply + 4]), (&driver, driver.svcs.clone())];
    // A victim that is waited for is sure to come while there are rounds to go. Of the last few lines the monitor may cut
    // one, and not all.
    let nears_its_end = || (ROUNDS - 8..ROUNDS).any(|n| machine.has_said(&there(n)));
    gdb.run()?;
    machine.wait_for("Run /init")?;
    gdb.interrupt()?;
    while done[0] + done[1] < kills && !nears_its_end() && !interrupted() {
        let which = random.below(2) as usize;
        let (testbed, places) = &victims[which];
        done[which] += u64::from(kill(testbed, &mut gdb, places, random.below(STEPS))?);
        gdb.run()?;
        std::thread::sleep(Duration::from_millis(PAUSE_MS.start + random.below(PAUSE_MS.end - PAUSE_MS.start)));
        gdb.interrupt()?;
    }
    gdb.detach()?;
    let output = machine.output(until_off)?;
    let found = judge(&output, &std::fs::read(&image)?);
    Ok(Kills { kills: done, ..found })
}

/// At one of these places of the victim, so many instructions later; `false` if its work is over before.
fn kill(testbed: &Testbed, gdb: &mut Gdb, places: &[u64], steps: u64) -> anyhow::Result<bool> {
    testbed.to(gdb, places, 0)?;
    let reached = walk(testbed, gdb, steps)?;
    if reached {
        gdb.set_register(PC, NOWHERE)?;
    }
    Ok(reached)
}

fn until_off(output: &str) -> Look {
    if output.contains(OFF) || output.contains("KRN|PANIC") { Look::Over } else { Look::Unfinished }
}

/// What Linux said of each round, and what is in the image.
fn judge(output: &str, image: &[u8]) -> Kills {
    let [consoles, ..] = apart(output);
    // It is the only client of the console, so nothing stands before its lines.
    let lines: HashSet<_> = consoles.lines().map(str::trim_end).collect();
    let is_there = |n: &usize| lines.contains(&*there(*n));
    let missed = (0..ROUNDS).filter(|n| !is_there(n)).collect();
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
