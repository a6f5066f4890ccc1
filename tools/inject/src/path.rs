// SPDX-License-Identifier: MIT OR Apache-2.0
//! The path of a VMM from an exit of its guest to its reply, instruction by instruction.

use std::collections::BTreeMap;

use super::gdb::{Gdb, PC};
use super::testbed::Testbed;

/// A VMM's code is below.
const CODE_END: u64 = 0x0100_0000;

/// An instruction of a path.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Its address.
    pub pc: u64,
    /// How often the path was there before.
    pub passes: usize,
}

/// Where the VMM is at each instruction until it replies, which is the last one.
pub fn path(testbed: &Testbed, gdb: &mut Gdb) -> anyhow::Result<Vec<Place>> {
    let (mut path, mut passes) = (Vec::new(), BTreeMap::new());
    loop {
        let pc = gdb.registers()?[PC];
        let passes: &mut usize = passes.entry(pc).or_default();
        path.push(Place { pc, passes: *passes });
        *passes += 1;
        if !walk(testbed, gdb, 1)? {
            path.push(Place { pc: testbed.reply, passes: 0 });
            return Ok(path);
        }
    }
}

/// From the beginning of a path to an instruction of it; `false` if the VMM takes another path.
pub fn go_to(testbed: &Testbed, gdb: &mut Gdb, path: &[Place], to: usize) -> anyhow::Result<bool> {
    // To where the path is for the first time, in the loops behind that with a stop at each turn, the rest in steps.
    let first = (0..=to).rev().find(|&at| path[at].passes == 0).unwrap_or(0);
    if first > 0 && !testbed.reaches(gdb, path[first].pc, 0)? {
        return Ok(false);
    }
    let turns = |at: usize| path[first + 1..at].iter().filter(|place| place.pc == path[at].pc).count();
    let cost = |at: &usize| if *at == first { to - at } else { turns(*at) + 1 + to - at };
    let stop = (first..=to).rev().min_by_key(cost).unwrap_or(first);
    if stop > first && !testbed.reaches(gdb, path[stop].pc, turns(stop))? {
        return Ok(false);
    }
    let is_reply = path[to].pc == testbed.reply;
    Ok((walk(testbed, gdb, (to - stop) as u64)? || is_reply) && gdb.registers()?[PC] == path[to].pc)
}

/// So many instructions of the VMM, system calls as one; `false`: the handling ends before.
pub fn walk(testbed: &Testbed, gdb: &mut Gdb, steps: u64) -> anyhow::Result<bool> {
    let mut reached = true;
    for _ in 0..steps {
        let pc = gdb.registers()?[PC];
        if pc == testbed.reply {
            reached = false;
            break;
        }
        if testbed.svcs.binary_search(&pc).is_ok() || pc >= CODE_END {
            testbed.to(gdb, &[pc + 4], 0)?;
        } else {
            gdb.step()?;
        }
    }
    let pc = gdb.registers()?[PC];
    anyhow::ensure!(pc < CODE_END && testbed.is_victim(gdb)?, "after {steps} steps the VMM is at {pc:#x}");
    Ok(reached && pc != testbed.reply)
}
