// SPDX-License-Identifier: MIT OR Apache-2.0
//! Crash points on the machine: in one run, at each exit of a kind the VMM is killed some instructions later than at the
//! one before, until the kind's handling is covered; and its guest must say what it says without that.

use std::collections::BTreeMap;

use super::gdb::{Gdb, PC};
use super::machine::{Bench, VICTIM};
use super::outcome::Transcript;
use crate::programs::Config;
use crate::workspace::Workspace;

/// Where a killed VMM goes on: nothing is there.
pub(super) const NOWHERE: u64 = 0xdead_0000;
/// A VMM's code is below.
const CODE_END: u64 = 0x0100_0000;
/// The call that ends a guest.
const SYSTEM_OFF: u64 = 0x8400_0008;

/// What was found.
#[derive(Debug)]
pub struct Points {
    /// Kills of each kind of exit, by a short name.
    pub kinds: BTreeMap<String, u64>,
    /// Kinds of which every point in reach of the stride was tried.
    pub complete: u64,
    /// The kernel's own lines.
    pub kernel: String,
    /// Guests whose output differs, with both.
    pub differ: Vec<(String, String)>,
}

impl Points {
    /// All kills.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }
}

#[derive(Default)]
struct Kind {
    /// The instruction to kill at next time.
    next: u64,
    kills: u64,
    complete: bool,
}

/// Kills at every `stride`-th instruction, from the `first`.
pub fn run(workspace: &Workspace, stride: u64, first: u64) -> anyhow::Result<Points> {
    let bench = Bench::of(workspace, "crash_points", Config::Debug, VICTIM)?;
    let good = super::reference(&bench)?;
    let (machine, mut gdb) = bench.start()?;
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let entry = bench.reply + 4;
    gdb.breakpoint(entry, true)?;
    loop {
        gdb.go_on()?;
        if !bench.is_victim(&mut gdb)? {
            continue;
        }
        let Some(name) = name(&gdb.registers()?) else { break };
        let kind = kinds.entry(name).or_insert(Kind { next: first, ..Kind::default() });
        if kind.complete {
            continue;
        }
        gdb.breakpoint(entry, false)?;
        let reached = walk(&bench, &mut gdb, kind.next)?;
        gdb.breakpoint(entry, true)?;
        if reached {
            gdb.set_register(PC, NOWHERE)?;
            (kind.next, kind.kills) = (kind.next + stride, kind.kills + 1);
        } else {
            kind.complete = true;
        }
    }
    gdb.breakpoint(entry, false)?;
    gdb.detach()?;
    let output = Transcript::new(&machine.output(super::until_over)?);
    let kernel = output.kernel.clone();
    let differ = output.guests.into_iter().zip(good.guests).filter(|(is, should)| is != should).collect();
    let complete = kinds.values().filter(|kind| kind.complete).count() as u64;
    Ok(Points { kinds: kinds.into_iter().map(|(name, kind)| (name, kind.kills)).collect(), complete, kernel, differ })
}

/// So many instructions of the VMM, system calls as one; `false`: the handling ends before.
pub(super) fn walk(bench: &Bench, gdb: &mut Gdb, steps: u64) -> anyhow::Result<bool> {
    let mut reached = true;
    for _ in 0..steps {
        let pc = gdb.registers()?[PC];
        if pc == bench.reply {
            reached = false;
            break;
        }
        if bench.svcs.binary_search(&pc).is_ok() || pc >= CODE_END {
            bench.to(gdb, &[pc + 4], 0)?;
        } else {
            gdb.step()?;
        }
    }
    let pc = gdb.registers()?[PC];
    anyhow::ensure!(pc < CODE_END && bench.is_victim(gdb)?, "after {steps} steps the VMM is at {pc:#x}");
    Ok(reached && pc != bench.reply)
}

/// What a message is about; `None`: the guest ends.
fn name(registers: &[u64]) -> Option<String> {
    let (badge, label) = (registers[0], registers[1] >> 12);
    if badge & 1 << 62 == 0 {
        return Some("signal".into());
    }
    let (esr, address) = (registers[2] & 0xffff_ffff, registers[4]);
    Some(match label & 0xffff {
        // EC 0x16: an HVC, whose x0 is the last word.
        8 if esr >> 26 == 0x16 && registers[5] == SYSTEM_OFF => return None,
        8 if esr >> 26 == 0x16 => format!("call {:#x}", registers[5]),
        8 if esr >> 26 == 0x18 => format!("register {:#07x}", esr & 0x3f_fc1f),
        8 => format!("trap of class {:#x}", esr >> 26),
        32 => format!("{} {:#x}", if esr & 1 << 6 != 0 { "store" } else { "load" }, address & !0x7f),
        other => format!("event {other}"),
    })
}
