// SPDX-License-Identifier: MIT OR Apache-2.0
//! Crash points on the machine: in one run, at each exit of a kind the VMM is killed some instructions later than at the
//! one before, until the kind's handling is covered; and its guest must say what it says without that.
//!
//! A stop costs QEMU milliseconds. So the machine runs on to a step of the guest's round in which something is left to
//! do, and stops at exits from there.

use std::collections::{BTreeMap, BTreeSet};

use sel4_sys::fault::FaultLabel;

use super::gdb::{Gdb, PC};
use super::machine::{Bench, VICTIM};
use super::outcome::Transcript;
use super::path::{Place, go_to, path};
use crate::programs::Config;
use crate::system::Request;
use crate::trace::kind;
use crate::workspace::Workspace;

/// Where a killed VMM goes on: nothing is there.
pub(super) const NOWHERE: u64 = 0xdead_0000;
/// Instructions of more than the longest handling: of an unknown register, with a line in the log.
const LONG: usize = 10_000;
/// Rounds beyond those that it takes to come to each point once.
const MORE_ROUNDS: usize = 100;
/// Rounds in which each exit is looked at: it may be of a kind that was not there yet.
const FIRST_ROUNDS: usize = 4;
/// Exits that may go another way than their kind's earlier one before the way is looked at again, or the point given up.
const TRIES: u32 = 4;
const ALL_TRIES: u32 = 4 * TRIES - 1;
/// Rounds without an exit of a kind, until no other is expected.
const ABSENT: u32 = 20;

/// What was found.
#[derive(Debug)]
pub struct Points {
    /// Each kind of exit, by a short name.
    pub kinds: BTreeMap<String, Kind>,
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

/// A kind of exit.
#[derive(Debug)]
pub struct Kind {
    /// The step of the guest's round where it was last seen.
    step: u64,
    /// Where the VMM was at each instruction of one to which nothing was done.
    path: Vec<Place>,
    /// The instruction to kill at next time.
    next: usize,
    tries: u32,
    /// Rounds in which none came there.
    absent: u32,
    /// Kills done.
    pub kills: u64,
    /// Points that no exit came to.
    pub missed: u64,
}

impl Kind {
    /// Is every point in reach of the stride done, or given up?
    pub fn is_complete(&self) -> bool {
        self.next >= self.path.len()
    }

    /// Is it worth to wait for another one?
    fn is_open(&self) -> bool {
        !self.is_complete() && self.absent < ABSENT
    }

    /// Instructions of its handling.
    pub fn instructions(&self) -> usize {
        self.path.len()
    }

    /// An exit of the kind: the VMM is killed in it, if it comes to the next point.
    fn kill(&mut self, bench: &Bench, gdb: &mut Gdb, stride: usize) -> anyhow::Result<()> {
        (self.tries, self.absent) = (self.tries + 1, 0);
        if self.tries.is_multiple_of(TRIES) {
            return self.look_again(bench, gdb);
        }
        if go_to(bench, gdb, &self.path, self.next)? {
            gdb.set_register(PC, NOWHERE)?;
            self.kills += 1;
        } else if self.tries < ALL_TRIES {
            return Ok(());
        } else {
            self.missed += 1;
        }
        (self.next, self.tries) = (self.next + stride, 0);
        Ok(())
    }

    /// The way may be another one by now: with what its guest did before, or without the line in the log.
    fn look_again(&mut self, bench: &Bench, gdb: &mut Gdb) -> anyhow::Result<()> {
        let path = path(bench, gdb)?;
        if path.len() > self.next {
            self.path = path;
        }
        Ok(())
    }
}

/// Kills at every `stride`-th instruction, from the `first`.
pub fn run(workspace: &Workspace, stride: usize, first: usize) -> anyhow::Result<Points> {
    let rounds = MORE_ROUNDS + LONG / stride;
    let request = Request {
        search_path: vec![configured(workspace, rounds)?],
        ..Bench::request(workspace, "crash_points", Config::Debug)
    };
    let bench = Bench::of(workspace, &request, VICTIM)?;
    let good = super::reference(&bench)?;
    let (machine, mut gdb) = bench.start()?;
    let mut campaign = Campaign { bench: &bench, stride, first, kinds: BTreeMap::new() };
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
    let folder = workspace.target().join("crash-points");
    std::fs::create_dir_all(&folder)?;
    for name in ["crash_a.vmmcfg", "crash_b.vmmcfg"] {
        let text = std::fs::read_to_string(workspace.root().join("components/vmm/config").join(name))?;
        std::fs::write(folder.join(name), text.replace("rounds=40", &format!("rounds={rounds}")))?;
    }
    Ok(folder)
}

struct Campaign<'a> {
    bench: &'a Bench,
    stride: usize,
    first: usize,
    kinds: BTreeMap<String, Kind>,
}

impl Campaign<'_> {
    /// With a stop at every exit: the kinds are found.
    fn first_rounds(&mut self, gdb: &mut Gdb) -> anyhow::Result<()> {
        let (mut step, mut left) = (0, FIRST_ROUNDS);
        let marks = self.bench.marks_of(0..Bench::STEPS);
        marks.iter().chain([&self.entry()]).try_for_each(|&place| gdb.breakpoint(place, true))?;
        while left > 0 {
            gdb.go_on()?;
            match self.bench.step_at(gdb.registers()?[PC]) {
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
        while left > 0 {
            let open = self.open_kinds().map(|(_, kind)| kind.step).collect();
            self.stop_at(gdb, &stops, &open)?;
            stops = open;
            let Some(&last) = stops.last() else { break };
            at = match at {
                Some(step) => {
                    left -= usize::from(step == last);
                    self.visit(gdb, step)?
                }
                None => {
                    gdb.go_on()?;
                    self.bench.step_at(gdb.registers()?[PC])
                }
            };
        }
        self.stop_at(gdb, &stops, &BTreeSet::new())
    }

    /// Stops at the beginning of these steps instead of those.
    fn stop_at(&self, gdb: &mut Gdb, old: &BTreeSet<u64>, new: &BTreeSet<u64>) -> anyhow::Result<()> {
        for (steps, on) in [(old - new, false), (new - old, true)] {
            let mut places = steps.iter().flat_map(|&step| self.bench.marks_of(step..step + 1));
            places.try_for_each(|place| gdb.breakpoint(place, on))?;
        }
        Ok(())
    }

    /// One step of a round: until each of its kinds was seen once, or the next step begins, which is returned.
    fn visit(&mut self, gdb: &mut Gdb, step: u64) -> anyhow::Result<Option<u64>> {
        let mut due: BTreeSet<String> =
            self.open_kinds().filter(|(_, kind)| kind.step == step).map(|(name, _)| name.clone()).collect();
        gdb.breakpoint(self.entry(), true)?;
        let mut next = None;
        while !due.is_empty() && next.is_none() {
            gdb.go_on()?;
            next = self.bench.step_at(gdb.registers()?[PC]);
            if next.is_none() {
                let Some(name) = self.exit(gdb, step)? else { continue };
                due.remove(&name);
            }
        }
        gdb.breakpoint(self.entry(), false)?;
        self.kinds.iter_mut().filter(|(name, _)| due.contains(*name)).for_each(|(_, kind)| kind.absent += 1);
        Ok(next)
    }

    /// An exit, of the victim's guest or of the other: the kind, if it is the victim's.
    fn exit(&mut self, gdb: &mut Gdb, step: u64) -> anyhow::Result<Option<String>> {
        if !self.bench.is_victim(gdb)? {
            return Ok(None);
        }
        let name = name(&gdb.registers()?);
        anyhow::ensure!(name != OFF, "the guest ended before its last rounds");
        if self.kinds.get(&name).is_some_and(Kind::is_complete) {
            return Ok(Some(name));
        }
        gdb.breakpoint(self.entry(), false)?;
        match self.kinds.get_mut(&name) {
            Some(kind) => {
                kind.step = step;
                kind.kill(self.bench, gdb, self.stride)?;
            }
            None => {
                let path = path(self.bench, gdb)?;
                self.kinds.insert(
                    name.clone(),
                    Kind { step, path, next: self.first, tries: 0, absent: 0, kills: 0, missed: 0 },
                );
            }
        }
        gdb.breakpoint(self.entry(), true)?;
        Ok(Some(name))
    }

    fn open_kinds(&self) -> impl Iterator<Item = (&String, &Kind)> {
        self.kinds.iter().filter(|(_, kind)| kind.is_open())
    }

    /// The VMM's first instruction with a message.
    fn entry(&self) -> u64 {
        self.bench.reply + 4
    }
}

/// The end of the guest.
const OFF: &str = "HVC SYSTEM_OFF";

/// What a message is about.
fn name(registers: &[u64]) -> String {
    let (badge, label) = (registers[0], registers[1] >> 12 & 0xffff);
    if badge & 1 << 62 == 0 {
        return "signal".into();
    }
    // An HVC's x0 is the message's last word.
    let (esr, address) = (registers[2] & 0xffff_ffff, registers[4]);
    match FaultLabel::from_label(label) {
        Some(FaultLabel::VcpuFault) => kind(esr, registers[5]),
        Some(event) => format!("{event:?}"),
        // An access to a device, as the kernel's extension tells it.
        None => kind(esr, address),
    }
}
