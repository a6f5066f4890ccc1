// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux that uses a device in rounds, while its VMM and the device's driver are killed in turn at random instructions.

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

use lazaret_machine::interrupt::interrupted;
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// The VMM's last line.
const OFF: &str = "linux: powered off";
/// Rounds of each Linux here.
pub const ROUNDS: usize = 96;
/// Instructions of a VMM after an exit, and of the driver after a system call.
const STEPS: u64 = 300;
/// Of which the first are the most interesting: a driver has not acknowledged its interrupt yet, a VMM has changed nothing.
const FIRST_STEPS: u64 = 6;

/// The two victims.
pub struct Pair {
    vmm: Testbed,
    driver: Testbed,
    /// Between two kills the victim may come by so many times, at most.
    spared: u64,
}

impl Pair {
    /// In this system the VMM `vmm_linux`, and the driver, whose program has its name.
    pub fn new(workspace: &Workspace, system: &str, driver: &'static str) -> anyhow::Result<Self> {
        let request = Testbed::request(workspace, system, Config::Release);
        let vmm = Testbed::of(workspace, &request, "vmm_linux")?.with_pauses();
        Ok(Self { vmm, driver: Testbed::of_program(workspace, &request, driver, driver)?, spared: 1 })
    }

    /// On a machine with the device.
    pub fn on(self, with: impl FnOnce(Testbed) -> anyhow::Result<Testbed>) -> anyhow::Result<Self> {
        Ok(Self { vmm: with(self.vmm)?, ..self })
    }

    /// Lets the victim come by at random, up to so many times between two kills: a peer that hears nothing waits longer and
    /// longer before it tries again.
    pub fn sparing(self, spared: u64) -> Self {
        Self { spared, ..self }
    }

    /// One run with so many kills, or as many as there is time for before Linux is done: how often each was killed, and
    /// what the machine has said. `there`: what Linux says of a round that went well.
    pub fn run(&self, kills: u64, seed: u64, there: impl Fn(usize) -> String) -> anyhow::Result<([u64; 2], String)> {
        let (machine, mut gdb) = self.vmm.start()?;
        let (mut random, mut done) = (Random::new(seed), [0, 0]);
        let victims = [(&self.vmm, vec![self.vmm.reply + 4]), (&self.driver, self.driver.svcs.clone())];
        // A victim that is waited for is sure to come while there are rounds to go. Of the last few lines the monitor may
        // cut one, and not all.
        let nears_its_end = || (ROUNDS - 8..ROUNDS).any(|n| machine.has_said(&there(n)));
        gdb.run()?;
        machine.wait_for("Run /init")?;
        gdb.interrupt()?;
        while done[0] + done[1] < kills && !nears_its_end() && !interrupted() {
            let which = random.below(2) as usize;
            let (testbed, places) = &victims[which];
            let passes = random.below(self.spared);
            let steps = [random.below(STEPS), random.below(FIRST_STEPS)][random.below(2) as usize];
            testbed.to(&mut gdb, places, passes)?;
            done[which] += u64::from(kill(testbed, &mut gdb, steps)?);
            gdb.run()?;
            std::thread::sleep(Duration::from_millis(PAUSE_MS.start + random.below(PAUSE_MS.end - PAUSE_MS.start)));
            gdb.interrupt()?;
        }
        gdb.detach()?;
        Ok((done, machine.output(until_off)?))
    }
}

/// So many instructions from here on; `false` if the victim's work is over before.
fn kill(testbed: &Testbed, gdb: &mut Gdb, steps: u64) -> anyhow::Result<bool> {
    let reached = walk(testbed, gdb, steps)?;
    if reached {
        gdb.set_register(PC, NOWHERE)?;
    }
    Ok(reached)
}

fn until_off(output: &str) -> Look {
    if output.contains(OFF) || output.contains("KRN|PANIC") { Look::Over } else { Look::Unfinished }
}

/// The rounds of which Linux has not said that they went well.
pub fn missing(output: &str, there: impl Fn(usize) -> String) -> Vec<usize> {
    let [consoles, ..] = apart(output);
    // It is the only client of the console, so nothing stands before its lines.
    let lines: HashSet<_> = consoles.lines().map(str::trim_end).collect();
    (0..ROUNDS).filter(|n| !lines.contains(&*there(*n))).collect()
}
