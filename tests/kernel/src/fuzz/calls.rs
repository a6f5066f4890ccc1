// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random system calls that mean something often enough.

use core::ops::RangeInclusive;
use lazaret_abi::{AARCH64, END, Group, Object, ROWS, Row, VCPU_STATE_WRITE, VCPU_WRITE_GROUP, VcpuState};

use sel4::{
    MessageInfo,
    raw::{Registers, enter_number},
    sys::invocation::Invocation,
    sys::vcpu_reg::VcpuReg,
};

use crate::random::Random;

/// A capability pointer, mostly into the CSpace.
fn pointer(random: &mut Random) -> u64 {
    match random.below(20) {
        0 => random.next(),
        1 => random.below(1 << 12),
        _ => random.below(48),
    }
}

/// A word that means something to some invocation.
fn word(random: &mut Random) -> u64 {
    match random.below(10) {
        0 => random.next(),
        1 => u64::MAX - random.below(4),
        2 => 1 << random.below(64),
        3 => 0x1000 * random.below(16),
        4 => 0x4000_0000 + 0x20_0000 * random.below(4),
        5 => [6, 12, 20, 32, 58, 64, 1000, 36][random.below(8) as usize],
        _ => random.below(48),
    }
}

/// Labels of invocations by the slot that `endow` put the object in.
const LABELS: [(RangeInclusive<u64>, RangeInclusive<u64>); 17] = [
    (1..=2, 1..=1),
    (5..=6, 18..=25),
    (7..=8, 2..=17),
    (9..=10, 34..=38),
    (13..=15, 46..=52),
    (16..=18, 44..=45),
    (19..=19, 55..=59),
    (20..=22, 39..=42),
    (23..=23, 27..=29),
    (28..=29, 2..=17),
    (30..=30, 55..=59),
    (31..=31, 34..=38),
    (32..=32, 18..=25),
    (33..=33, 33..=33),
    (34..=34, 54..=54),
    (35..=35, 53..=53),
    (36..=36, 30..=32),
];

/// Objects that rows of the extension take, by slot.
const OBJECTS: [(RangeInclusive<u64>, Object); 6] = [
    (4..=4, Object::Notification),
    (13..=15, Object::Frame),
    (16..=18, Object::PageTable),
    (19..=19, Object::Vcpu),
    (20..=22, Object::VSpace),
    (30..=30, Object::Vcpu),
];

/// A slot with an object of that kind.
fn slot_with(object: Object, random: &mut Random) -> u64 {
    let slots = || OBJECTS.iter().filter(|(_, kind)| *kind == object).flat_map(|(slots, _)| slots.clone());
    let nth = random.below(slots().count() as u64) as usize;
    slots().nth(nth).unwrap_or(0)
}

/// A row of the extension, and words worth trying, with some that are not.
fn extension(random: &mut Random, mr: &mut [u64; 4]) -> &'static Row {
    let row = &ROWS[random.below(ROWS.len() as u64) as usize];
    for (to, word) in mr.iter_mut().zip(row.words) {
        match random.below(8) {
            0 => {}
            1 if !word.bad.is_empty() => *to = word.bad[random.below(word.bad.len() as u64) as usize],
            _ => *to = word.good[random.below(word.good.len() as u64) as usize],
        }
    }
    row
}

/// A label that the capability understands, mostly.
fn label(service: u64, random: &mut Random) -> u64 {
    let known = LABELS.iter().find(|(slots, _)| slots.contains(&service)).map(|(_, labels)| labels);
    match (random.below(20), known) {
        (0, _) => random.next(),
        (1..=15, Some(labels)) => labels.start() + random.below(labels.end() - labels.start() + 1),
        _ => random.below(END + 2),
    }
}

/// The thread may make itself the guest of a vCPU that it has set up. It then runs this very code, which counts in the
/// root task's memory: not as A32, not with its data in the other byte order, and not through translation tables of
/// its own: it would fault at its EL1 for ever, and the keeper would not get the core.
fn tame(label: u64, mr: &mut [u64; 4]) {
    const E0E_M: u64 = 1 << 24 | 1;
    const WRITE_REG: u64 = Invocation::VcpuWriteReg as u64;
    match (label, mr[0]) {
        (WRITE_REG, field) if field == VcpuReg::Sctlr as u64 => mr[1] &= !E0E_M,
        (VCPU_WRITE_GROUP, group) if group == Group::El1 as u64 => mr[1] &= !E0E_M,
        (VCPU_WRITE_GROUP, group) if group == Group::Aarch32 as u64 => mr[1] = AARCH64,
        (VCPU_STATE_WRITE, field) if field == VcpuState::Width as u64 => mr[1] = AARCH64,
        _ => {}
    }
}

/// One system call.
pub fn call(buffer: u64, random: &mut Random) {
    // Not the debug calls: they stop the machine, or print.
    let number = match random.below(24) {
        0 => random.next() as i64,
        1..=14 => -1,
        other => -(1 + (other as i64 + random.below(11) as i64) % 11),
    };
    if (-29..=-12).contains(&number) {
        return;
    }
    let mut mr = core::array::from_fn(|_| word(random));
    let row = if random.below(4) == 0 { Some(extension(random, &mut mr)) } else { None };
    let (service, label) = match row {
        Some(row) => (slot_with(row.object, random), row.label),
        None => {
            let service = pointer(random);
            (service, label(service, random))
        }
    };
    let length = if random.below(4) == 0 { 120 } else { random.below(12) as usize };
    let info = MessageInfo::new(label, 0, random.below(4) as usize, length);
    crate::memory::with_buffer(buffer, |buffer| {
        buffer.msg_regs_mut()[4..12].iter_mut().for_each(|register| *register = word(random));
        buffer.caps_or_badges_mut().iter_mut().for_each(|cap| *cap = pointer(random));
        if let Some(&kind) = row.and_then(|row| row.caps.first()) {
            buffer.caps_or_badges_mut()[0] = slot_with(kind, random);
        }
        let inner = buffer.inner_mut();
        (inner.receive_cnode, inner.receive_index, inner.receive_depth) = (pointer(random), word(random), word(random));
    });
    tame(label, &mut mr);
    let registers = Registers { x0: service, x1: info.into_word(), mr, x6: pointer(random), x8: pointer(random) };
    enter_number(number, registers);
}
