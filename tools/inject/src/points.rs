// SPDX-License-Identifier: MIT OR Apache-2.0
//! Crash points on the machine: in one run, at each exit of a kind the VMM is killed some instructions later than at the
//! one before, until the kind's handling is covered; and its guest must say what it says without that.
//!
//! A stop costs QEMU milliseconds. So the machine runs on to a step of the guest's round in which something is left to
//! do, and stops at exits from there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;

use super::exit_kind::{ExitKind, OFF, name};
use super::gdb::{Gdb, PC};
use super::outcome::Transcript;
use super::path::path;
use super::testbed::{Testbed, VICTIM};
use lazaret_build::Request;
use lazaret_machine::interrupt::interrupted;
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// The system of `tests/systems` that it runs.
const SYSTEM: &str = "crash_points";
/// Instructions of more than the longest handling: of an unknown register, with a line in the log.
const LONG: usize = 7_500;
/// Rounds beyond those that it takes to come to each point once.
const MORE_ROUNDS: usize = 100;
/// Rounds in which each exit is looked at: it may be of a kind that was not there yet.
const FIRST_ROUNDS: usize = 4;

/// What was found.
#[derive(Debug)]
pub struct Points {
    /// Each kind of exit, by a short name.
    pub kinds: BTreeMap<String, ExitKind>,
    /// The kernel's own lines.
    pub kernel: String,
    /// Guests whose output differs, with both.
    pub differ: Vec<(String, String)>,
}

impl Points {
    /// All kills.
    pub fn total(&self) -> u64 {
        self.kinds.values().map(|kind| kind.kills).sum()
    }
}

/// Kills at every `stride`-th instruction, from the `first`.
pub fn run(workspace: &Workspace, stride: usize, first: usize) -> anyhow::Result<Points> {
    let rounds = MORE_ROUNDS + LONG / stride;
    let request = Request {
        search_path: vec![configured(workspace, rounds)?],
        ..Testbed::request(workspace, SYSTEM, Config::Debug)
    };
    let testbed = Testbed::of(workspace, &request, VICTIM)?;
    let good = super::reference(&testbed)?;
    let (machine, mut gdb) = testbed.start()?;
    let mut campaign = Campaign { testbed: &testbed, stride, first, kinds: BTreeMap::new() };
    campaign.first_rounds(&mut gdb)?;
    campaign.other_rounds(&mut gdb, rounds)?;
    let kinds = campaign.kinds;
    gdb.detach()?;
    let output = Transcript::new(&machine.output(super::until_over)?);
    let kernel = output.kernel.clone();
    let differ = output.guests.into_iter().zip(good.guests).filter(|(is, should)| is != should).collect();
    Ok(Points { kinds, kernel, differ })
}

/// A folder with the VMs' files for so many rounds.
fn configured(workspace: &Workspace, rounds: usize) -> anyhow::Result<std::path::PathBuf> {
    let folder = workspace.target().join(format!("crash-points/{rounds}"));
    for name in ["crash_a.vmmcfg", "crash_b.vmmcfg"] {
        let text = std::fs::read_to_string(workspace.test_system(SYSTEM).with_file_name(name))?;
        let text = text.replace("rounds=40", &format!("rounds={rounds}"));
        lazaret_programs::write_if_changed(&folder.join(name), text.as_bytes())?;
    }
    Ok(folder)
}

struct Campaign<'a> {
    testbed: &'a Testbed,
    stride: usize,
    first: usize,
    kinds: BTreeMap<String, ExitKind>,
}

impl Campaign<'_> {
    /// With a stop at every exit: the kinds are found.
    fn first_rounds(&mut self, gdb: &mut Gdb) -> anyhow::Result<()> {
        let (mut step, mut left) = (0, FIRST_ROUNDS);
        let marks = self.testbed.marks_of(0..Testbed::STEPS);
        marks.iter().chain([&self.entry()]).try_for_each(|&place| gdb.breakpoint(place, true))?;
        while left > 0 && !interrupted() {
            gdb.go_on()?;
            match self.testbed.step_at(gdb.registers()?[PC]) {
                Some(next) => {
                    left -= usize::from(next < step);
                    step = next;
                }
                None => _ = self.exit(gdb, step)?,
            }
        }
        marks.iter().chain([&self.entry()]).try_for_each(|&place| gdb.breakpoint(place, false))
    }

    /// With stops at exits only in steps where something is left to do.
    fn other_rounds(&mut self, gdb: &mut Gdb, rounds: usize) -> anyhow::Result<()> {
        let (mut stops, mut at) = (BTreeSet::new(), None);
        let mut left = rounds.saturating_sub(FIRST_ROUNDS + 2);
        while left > 0 && !interrupted() {
            let open = self.open_kinds().map(|(_, kind)| kind.step).collect();
            self.stop_at(gdb, &stops, &open)?;
            stops = open;
            let Some(&last) = stops.last() else { break };
            at = match at {
                Some(step) => {
                    self.show();
                    left -= usize::from(step == last);
                    self.visit(gdb, step)?
                }
                None => {
                    gdb.go_on()?;
                    self.testbed.step_at(gdb.registers()?[PC])
                }
            };
        }
        self.stop_at(gdb, &stops, &BTreeSet::new())
    }

    /// Stops at the beginning of these steps instead of those.
    fn stop_at(&self, gdb: &mut Gdb, old: &BTreeSet<u64>, new: &BTreeSet<u64>) -> anyhow::Result<()> {
        for (steps, on) in [(old - new, false), (new - old, true)] {
            let mut places = steps.iter().flat_map(|&step| self.testbed.marks_of(step..step + 1));
            places.try_for_each(|place| gdb.breakpoint(place, on))?;
        }
        Ok(())
    }

    /// One step of a round: until each of its kinds was seen once, or the next step begins, which is returned.
    fn visit(&mut self, gdb: &mut Gdb, step: u64) -> anyhow::Result<Option<u64>> {
        let mut due: BTreeSet<String> =
            self.open_kinds().filter(|(_, kind)| kind.step == step).map(|(name, _)| name.clone()).collect();
        let kills = self.kills();
        gdb.breakpoint(self.entry(), true)?;
        let mut next = None;
        while !due.is_empty() && next.is_none() {
            gdb.go_on()?;
            next = self.testbed.step_at(gdb.registers()?[PC]);
            if next.is_none() {
                let Some(name) = self.exit(gdb, step)? else { continue };
                due.remove(&name);
            }
        }
        gdb.breakpoint(self.entry(), false)?;
        // A VMM that was just started takes its first message elsewhere: the exit after a kill is not seen.
        if self.kills() == kills {
            self.kinds.iter_mut().filter(|(name, _)| due.contains(*name)).for_each(|(_, kind)| kind.absent += 1);
        }
        Ok(next)
    }

    /// An exit, of the victim's guest or of the other: the kind, if it is the victim's.
    fn exit(&mut self, gdb: &mut Gdb, step: u64) -> anyhow::Result<Option<String>> {
        if !self.testbed.is_victim(gdb)? {
            return Ok(None);
        }
        let name = name(&gdb.registers()?);
        anyhow::ensure!(name != OFF, "the guest ended before its last rounds");
        if self.kinds.get(&name).is_some_and(ExitKind::is_complete) {
            return Ok(Some(name));
        }
        gdb.breakpoint(self.entry(), false)?;
        match self.kinds.get_mut(&name) {
            Some(kind) => {
                kind.step = step;
                kind.kill(self.testbed, gdb, self.stride)?;
            }
            None => {
                let path = path(self.testbed, gdb)?;
                self.kinds.insert(name.clone(), ExitKind::new(step, path, self.first));
            }
        }
        gdb.breakpoint(self.entry(), true)?;
        Ok(Some(name))
    }

    fn kills(&self) -> u64 {
        self.kinds.values().map(|kind| kind.kills).sum()
    }

    /// How far it is, on a terminal only.
    fn show(&self) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let sum = |part: fn(&ExitKind) -> usize| self.kinds.values().map(part).sum::<usize>();
        let (done, all) = (sum(ExitKind::passed), sum(ExitKind::instructions));
        let open = self.open_kinds().count();
        eprint!("\r{done} of {all} instructions, {open} of {} kinds of exit are open ", self.kinds.len());
    }

    fn open_kinds(&self) -> impl Iterator<Item = (&String, &ExitKind)> {
        self.kinds.iter().filter(|(_, kind)| kind.is_open())
    }

    /// The VMM's first instruction with a message.
    fn entry(&self) -> u64 {
        self.testbed.reply + 4
    }
}
