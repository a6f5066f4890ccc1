// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random invocations that often make sense.

use kernel_tests::random::Random;
use sel4::init_thread::slot::{ASID_CONTROL, ASID_POOL, CNODE, DOMAIN_SET, IRQ_CONTROL, TCB};

use crate::pool::SLOTS;

/// Words that a message can have here.
pub const WORDS: usize = 12;

#[derive(Clone, Copy, Debug)]
pub struct Invocation {
    pub service: u64,
    pub label: u64,
    pub words: [u64; WORDS],
    pub length: usize,
    pub caps: [u64; 3],
    pub extra: usize,
}

/// Picks from the words that matter to invocations.
struct Pick<'a> {
    random: &'a mut Random,
    first: u64,
    control: u64,
}

impl Pick<'_> {
    fn of(&mut self, choices: &[u64]) -> u64 {
        choices[self.random.below(choices.len() as u64) as usize]
    }

    /// Any slot of the pool.
    fn slot(&mut self) -> u64 {
        self.first + self.random.below(SLOTS)
    }

    /// One of the slots that held the right object at first, mostly.
    fn object(&mut self, slots: &[u64]) -> u64 {
        if self.random.below(5) == 0 { self.slot() } else { self.first + self.of(slots) }
    }

    /// A CNode's capability, an index and a depth.
    fn place(&mut self) -> (u64, u64, u64) {
        match self.random.below(8) {
            0 => (self.first + 10, self.random.below(18), 4),
            1 => (self.first + 11, self.random.below(9), self.of(&[3, 3, 4, 0, 65])),
            2 => (self.slot(), self.slot(), 64),
            _ => (CNODE.cptr_bits(), self.slot(), self.of(&[64, 64, 64, 64, 64, 64, 0, 65, 3])),
        }
    }

    fn vaddr(&mut self) -> u64 {
        let near = 0x1000 * self.random.below(4);
        self.of(&[0, 0x1000, 0x20_0000, 0x40_0000, 0x4000_0000, 1 << 39, 1 << 43, 1 << 44, 0x123]) + near
    }
}

const UNTYPED: &[u64] = &[0, 1, 2];
const ENDPOINT: &[u64] = &[3];
const NOTIFICATION: &[u64] = &[4];
const THREAD: &[u64] = &[5, 6, 23];
const CONTEXT: &[u64] = &[7, 8];
const TABLES: &[u64] = &[14, 15, 16, 17];
const SPACE: &[u64] = &[12, 13];
const FRAME: &[u64] = &[18, 19, 20];
const VCPU: &[u64] = &[21, 22];
/// Labels that run here: not those that tell time or addresses, that reach the firmware, or the domain schedule.
const LABELS: &[u64] = &[
    1, 1, 1, 1, 2, 3, 5, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 19, 19, 20, 21, 21, 21, 22, 22, 22,
    23, 23, 24, 25, 26, 27, 28, 29, 30, 33, 33, 34, 34, 35, 36, 44, 44, 44, 44, 45, 46, 46, 46, 46, 47, 53, 54, 54, 55,
    55, 56, 57, 58, 59, 60,
];

/// The next one.
pub fn generate(random: &mut Random, first: u64, control: u64) -> Invocation {
    let mut pick = Pick { random, first, control };
    let label = pick.of(LABELS);
    let (service, words, caps) = sensible(&mut pick, label);
    let mut all = [0; WORDS];
    all[..words.0].copy_from_slice(&words.1[..words.0]);
    let mut invocation = Invocation { service, label, words: all, length: words.0, caps: caps.1, extra: caps.0 };
    // Now and then something is missing, or meant for another kind of object.
    match pick.random.below(40) {
        0 => invocation.length = invocation.length.saturating_sub(1),
        1 => invocation.extra = invocation.extra.saturating_sub(1),
        2 => invocation.service = pick.slot(),
        3 => invocation.label = pick.random.below(62),
        _ => {}
    }
    if matches!(invocation.label, 4 | 31 | 32 | 37 | 38 | 39..=43 | 48..=52 | 61) {
        invocation.label = 0;
    }
    invocation
}

type Words = (usize, [u64; WORDS]);
type Caps = (usize, [u64; 3]);

fn words<const N: usize>(list: [u64; N]) -> Words {
    let mut all = [0; WORDS];
    all[..N].copy_from_slice(&list);
    (N, all)
}

fn caps<const N: usize>(list: [u64; N]) -> Caps {
    let mut all = [0; 3];
    all[..N].copy_from_slice(&list);
    (N, all)
}

fn sensible(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    match label {
        1 => retype(pick),
        2..=17 => thread(pick, label),
        18..=25 => cnode(pick, label),
        26..=30 | 60 => interrupt(pick, label),
        33..=36 => context(pick, label),
        44..=47 | 53 | 54 => memory(pick, label),
        _ => vcpu(pick, label),
    }
}

fn retype(pick: &mut Pick<'_>) -> (u64, Words, Caps) {
    let kind = pick.random.below(15);
    let size = pick.of(&[0, 0, 1, 2, 4, 4, 6, 7, 8, 12, 13, 16, 48]);
    let count = pick.of(&[1, 1, 1, 1, 2, 3, 0, 257]);
    let (root, index, depth) = pick.place();
    let list = match pick.random.below(6) {
        // Depth 0 is the root CNode itself, whose low slots are not the pool's.
        0 => [kind, size, index, depth, if depth == 0 { index } else { pick.random.below(18) }, count],
        _ => [kind, size, 0, 0, if root == CNODE.cptr_bits() { index } else { pick.random.below(18) }, count],
    };
    (pick.object(UNTYPED), words(list), caps([root]))
}

fn thread(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    let service = pick.object(THREAD);
    let priority = |pick: &mut Pick<'_>| pick.of(&[0, 1, 100, 254, 256]);
    let authority = if pick.random.below(3) == 0 { pick.object(THREAD) } else { TCB.cptr_bits() };
    let guard = pick.of(&[0, 58, 59, 60, 61, 63, 60 | 1 << 6, 4]);
    let (list, extra) = match label {
        2 => (words([0, pick.of(&[1, 3, 4, 36, 37, 0])]), caps([])),
        3 => {
            let values: [u64; 4] = core::array::from_fn(|_| pick.random.next());
            let count = pick.of(&[1, 2, 3, 4, 37]);
            (words([0, count, values[0] & !3, values[1], values[2], values[3]]), caps([]))
        }
        5 => {
            let buffer = pick.of(&[0, 0x1000, 0x1400, 0x20_0000, 0x1200]);
            (words([guard, 0, buffer]), caps([pick.object(&[10, 11]), pick.object(SPACE), pick.object(FRAME)]))
        }
        6 | 7 => (words([priority(pick)]), caps([authority])),
        8 => {
            let list = words([priority(pick), priority(pick)]);
            (list, caps([authority, pick.object(CONTEXT), pick.object(ENDPOINT)]))
        }
        9 => (words([]), caps([pick.object(ENDPOINT)])),
        10 => (words([pick.of(&[0, 0x1000, 0x1400, 0x1200])]), caps([pick.object(FRAME)])),
        11 => (words([guard, 0]), caps([pick.object(ENDPOINT), pick.object(&[10, 11]), pick.object(SPACE)])),
        14 => (words([]), caps([pick.object(NOTIFICATION)])),
        16 => (words([pick.random.next()]), caps([])),
        17 => (words([pick.random.below(4), pick.random.below(4)]), caps([])),
        _ => (words([]), caps([])),
    };
    (service, list, extra)
}

fn cnode(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    let (service, to, to_depth) = pick.place();
    let (root, from, from_depth) = pick.place();
    let (pivot_root, pivot, pivot_depth) = pick.place();
    let rights = pick.random.below(17);
    let badge = pick.of(&[0, 0, 1, 0x55, 60, 61, 60 | 1 << 6]);
    let (list, extra) = match label {
        18..=20 => (words([to, to_depth]), caps([])),
        21 => (words([to, to_depth, from, from_depth, rights]), caps([root])),
        22 => (words([to, to_depth, from, from_depth, rights, badge]), caps([root])),
        23 => (words([to, to_depth, from, from_depth]), caps([root])),
        24 => (words([to, to_depth, from, from_depth, badge]), caps([root])),
        _ => (words([to, to_depth, badge, pivot, pivot_depth, badge, from, from_depth]), caps([pivot_root, root])),
    };
    (service, list, extra)
}

fn interrupt(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    let irq = pick.of(&[60, 61, 62, 63, 27, 26, 25, 160, 1 << 32]);
    let (root, index, depth) = pick.place();
    match label {
        26 => (IRQ_CONTROL.cptr_bits(), words([irq, index, depth]), caps([root])),
        60 => (IRQ_CONTROL.cptr_bits(), words([irq, pick.random.below(2), index, depth]), caps([root])),
        30 => (DOMAIN_SET.cptr_bits(), words([pick.of(&[0, 0, 1, 200])]), caps([pick.object(THREAD)])),
        28 => (pick.slot(), words([]), caps([pick.object(NOTIFICATION)])),
        _ => (pick.slot(), words([]), caps([])),
    }
}

fn context(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    if label == 33 {
        let time = [0, 19, 20, 1_000, 1_000, 5_000, 10_000, u64::MAX, 36_893_488_147_419, 36_893_488_147_420];
        let list =
            [pick.of(&time), pick.of(&time), pick.of(&[0, 0, 0, 1, 8, 9]), pick.random.next(), pick.of(&[0, 0, 1, 2])];
        return (pick.control, words(list), caps([pick.object(CONTEXT)]));
    }
    let target = if pick.random.below(3) == 0 { pick.object(NOTIFICATION) } else { pick.object(THREAD) };
    let extra = if label == 35 { caps([]) } else { caps([target]) };
    (pick.object(CONTEXT), words([]), extra)
}

fn memory(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    let (root, index, depth) = pick.place();
    let attributes = pick.random.below(8);
    match label {
        44 => (pick.object(TABLES), words([pick.vaddr(), attributes]), caps([pick.object(SPACE)])),
        45 => (pick.object(TABLES), words([]), caps([])),
        46 => {
            (pick.object(FRAME), words([pick.vaddr(), pick.random.below(16), attributes]), caps([pick.object(SPACE)]))
        }
        47 => (pick.object(FRAME), words([]), caps([])),
        53 => (ASID_CONTROL.cptr_bits(), words([index, depth]), caps([pick.object(UNTYPED), root])),
        _ => (ASID_POOL.cptr_bits(), words([]), caps([pick.object(SPACE)])),
    }
}

fn vcpu(pick: &mut Pick<'_>, label: u64) -> (u64, Words, Caps) {
    let service = pick.object(VCPU);
    match label {
        55 => (service, words([]), caps([pick.object(THREAD)])),
        56 => {
            let (irq, priority, group) = (pick.of(&[0, 27, 33, 1023]), pick.of(&[0, 31, 32]), pick.random.below(3));
            let list = pick.of(&[0, 1, 3, 4, 63]);
            (service, words([irq | priority << 16 | group << 24 | list << 32]), caps([]))
        }
        57 => (service, words([pick.random.below(26)]), caps([])),
        58 => (service, words([pick.random.below(26), pick.random.next()]), caps([])),
        _ => (service, words([pick.of(&[27, 26, 0, 1 << 32])]), caps([])),
    }
}
