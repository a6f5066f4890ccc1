// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the extension's invocations cost at their worst, held to the bound that their table promises. The counter has to
//! run at the speed of instructions: QEMU with `-icount` and a frequency of 1 GHz. Calls that are refused do not count: a
//! kernel that prints says why, which is dear.
//!
//! | line | says |
//! |---|---|
//! | `COST NAME most=N bound=N` | instructions of the dearest call, the caller's own for the call among them |

use lazaret_abi::{
    FEATURE_WORDS, Group, Object, PAGE_TABLE_JOIN, PAGE_TABLE_SPLIT, ROWS, Row, VCPU_BIND_NOTIFICATION,
    VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH, VCPU_READ_FEATURES, VCPU_READ_GROUP, VCPU_UNBIND_NOTIFICATION,
    VCPU_WRITE_GROUP, VSPACE_SET_RIGHTS, VSPACE_TAKE_DIRTY,
};
use sel4::{CapRights, Error, VmAttributes, cap, cap_type, debug_println, with_ipc_buffer};

use crate::cases::{Guest, HVC_66};
use crate::env::{Env, SCRATCH};
use crate::memory::{ticks, ticks_per_second};

/// Ticks a second when a tick is an instruction.
const BY_INSTRUCTION: u64 = 1_000_000_000;
/// Where a frame of 2 MiB is mapped.
const BLOCK: usize = 0x6000_0000;
/// Interrupt 40 in list register 1, as VCPU_InjectIRQ has it.
const INJECTION: u64 = 40 | 1 << 32;
/// More pages than one call gets to.
const PAGES: u64 = 512;
const LONGEST: usize = 120;
/// How often each call is made: with the guest's registers on the hardware and without.
const ROUNDS: usize = 4;

struct Objects {
    guest: Guest,
    vspace: u64,
    table: u64,
    frame: u64,
    notification: u64,
}

/// Every row of the parts that this kernel has. `TEST-SUITE PASS` if none costs more than it may.
pub fn run(env: &mut Env) {
    assert_eq!(ticks_per_second(), BY_INSTRUCTION, "a tick is an instruction");
    let parts = env.parts();
    let (mut measured, mut dear) = (0, 0);
    for row in ROWS.iter().filter(|row| parts.has(row.switch)) {
        let most = objects(env).map(|objects| dearest(&objects, row));
        match most {
            Ok(Some(most)) => {
                debug_println!("COST {} most={most} bound={}", row.name, row.cost);
                measured += 1;
                dear += u64::from(most > u64::from(row.cost));
            }
            other => {
                debug_println!("COST {} FAIL: never done: {other:?}", row.name);
                dear += 1;
            }
        }
        env.clean_up();
    }
    match dear {
        0 => debug_println!("TEST-SUITE PASS: {measured}"),
        _ => debug_println!("TEST-SUITE FAIL: {dear} of {measured} cost more than they may"),
    }
}

/// A stopped guest that has run, with a block mapped in its VSpace.
fn objects(env: &mut Env) -> sel4::Result<Objects> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let (guest, vspace) = Guest::prepare_in(env, &[HVC_66, HVC_66], context, SCRATCH)?;
    let large: cap::LargePage = env.object();
    while let Err(error) = large.frame_map(vspace, BLOCK, CapRights::read_write(), VmAttributes::DEFAULT) {
        if error != Error::FailedLookup {
            return Err(error);
        }
        env.object::<cap_type::PT>().pt_map(vspace, BLOCK, VmAttributes::DEFAULT)?;
    }
    let (table, frame) = (env.table(), env.page());
    Ok(Objects { guest, vspace: vspace.bits(), table, frame, notification: env.notification() })
}

/// The most that any of its calls costs; `None` if all were refused.
fn dearest(objects: &Objects, row: &Row) -> Option<u64> {
    let mut most = None;
    for _ in 0..ROUNDS {
        let _ = objects.guest.run_to_its_hypercall();
        for group in groups(row) {
            most = most.max(once(objects, row, group));
            // A second time: what the first one put in memory is there.
            most = most.max(once(objects, row, group));
        }
    }
    most
}

/// The first words to try: all groups, or the one good word.
fn groups(row: &Row) -> impl Iterator<Item = u64> {
    let by_group = matches!(row.label, VCPU_READ_GROUP | VCPU_WRITE_GROUP);
    let one = row.words.first().map_or(0, |word| word.good[0]);
    let all = if by_group { Group::ALL.len() as u64 } else { 1 };
    (0..all).map(move |n| if by_group { n } else { one })
}

/// What it costs, if it is not refused.
fn once(objects: &Objects, row: &Row, first: u64) -> Option<u64> {
    let mut words = [0; LONGEST];
    let mut length = row.words.len();
    row.words.iter().zip(&mut words).for_each(|(word, to)| *to = word.good[0]);
    if length > 0 {
        words[0] = first;
    }
    match (row.label, row.object) {
        (VCPU_WRITE_GROUP, _) => {
            let vcpu = objects.guest.vcpu;
            if vcpu.invoke_raw(VCPU_READ_GROUP, &[first], &[]).is_ok() {
                with_ipc_buffer(|buffer| words[1..].copy_from_slice(&buffer.msg_regs()[..LONGEST - 1]));
            }
            length = LONGEST;
        }
        (VSPACE_SET_RIGHTS | VSPACE_TAKE_DIRTY, _) => {
            // In pages: the table's second half of the round has split the block.
            let table = cap::VCpu::from_bits(objects.table);
            let _ = table.invoke_raw(PAGE_TABLE_SPLIT, &[BLOCK as u64], &[objects.vspace]);
            words[0] = BLOCK as u64;
            words[1] = PAGES;
        }
        (PAGE_TABLE_JOIN, _) => {
            let table = cap::VCpu::from_bits(objects.table);
            let _ = table.invoke_raw(PAGE_TABLE_SPLIT, &[BLOCK as u64], &[objects.vspace]);
        }
        (_, Object::PageTable) => words[0] = BLOCK as u64,
        (VCPU_UNBIND_NOTIFICATION, _) => {
            _ = objects.guest.vcpu.invoke_raw(VCPU_BIND_NOTIFICATION, &[INJECTION], &[objects.notification]);
        }
        (VCPU_READ_FEATURES, _) => words[0] = FEATURE_WORDS.start,
        (VCPU_DEBUG_DETACH, _) => _ = objects.guest.vcpu.invoke_raw(VCPU_DEBUG_ATTACH, &[], &[]),
        _ => {}
    }
    let object = objects.of(row.object);
    let caps = [row.caps.first().map_or(0, |&kind| objects.of(kind))];
    let call = cap::VCpu::from_bits(object);
    let before = ticks();
    let result = call.invoke_raw(row.label, &words[..length], &caps[..row.caps.len()]);
    let spent = ticks() - before;
    result.ok().map(|_| spent)
}

impl Objects {
    fn of(&self, object: Object) -> u64 {
        match object {
            Object::Vcpu => self.guest.vcpu.bits(),
            Object::VSpace => self.vspace,
            Object::PageTable => self.table,
            Object::Frame => self.frame,
            Object::Notification => self.notification,
        }
    }
}
