// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random system calls, faults and interrupts by a handful of threads: nothing panics, the invariants hold.

use super::invariants::check;
use super::world::*;
use crate::cap::Cap;
use crate::entry::slow_path::{handle_fault, handle_interrupt, handle_syscall};
use crate::fault::Fault;
use crate::invocation::args::object_of;
use crate::object::reference::Ref;
use crate::object::tcb::ThreadState;
use crate::object::vcpu::Vcpu;
use lazaret_abi::fault_context::{REPLY_LABEL, STOP_LABEL, WAIT_LABEL, with_injection};
use lazaret_abi::{END, Object, ROWS, Row, injection_word};
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall;
use sel4_abi::vcpu_reg::VcpuReg;

/// A repeatable source of numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// The endpoint of all faults, and a reply object for it.
const HANDLER: u64 = FREE;
const HANDLER_REPLY: u64 = FREE + 1;

/// A word that a doorbell may be for, and the syndrome of a store there.
const DOORBELL: u64 = 0x0a00_0050;
const STORE: u64 = 0x9380_0047 | 3 << 16;

/// Slots that random calls use.
const SLOTS: u64 = 96;

/// A frame of 2 MiB.
const BLOCK: u64 = SLOTS - 1;
/// Where something is mapped at first: pages, a block, and inside it.
const PAGES: [u64; 4] = [0, 0x1000, 0x20_0000, 0x20_5000];

/// A world with threads that have everything to do damage with.
pub fn busy_world() -> World {
    let w = World::new();
    assert_eq!(w.retype_at(UNTYPED, ObjectType::LargePage, 0, BLOCK, 1), ok());
    let handler = w.endpoint();
    let reply = w.make(ObjectType::Reply, 0);
    w.make(ObjectType::Notification, 0);
    w.make(ObjectType::CNode, 3);
    for (priority, budget) in [(255, 900), (255, 1000), (200, 100), (100, 1000), (50, 0)] {
        let sc = if budget == 0 { 0 } else { w.sched_context(budget, 1000) };
        let thread = w.thread(priority, sc, handler);
        w.resume(thread);
        let _ = w.call(thread, Invocation::TcbSetTimeoutEndpoint, &[], &[handler]);
    }
    // Two guests, and a handler that waits for them.
    let vmm = w.thread(254, w.sched_context(300, 1000), 0);
    w.resume(vmm);
    for (priority, budget) in [(90, 1000), (80, 200)] {
        let guest = w.thread(priority, w.sched_context(budget, 1000), handler);
        let vcpu = w.make(ObjectType::Vcpu, 0);
        w.expect(vcpu, Invocation::VcpuSetTcb, &[], &[guest]);
        w.resume(guest);
    }
    // Two pages at the bottom of the VSpace, a block behind them, and a table to split it with.
    for _ in 0..3 {
        w.expect(w.make(ObjectType::PageTable, 0), Invocation::PageTableMap, &[0, 0], &[slot::VSPACE]);
    }
    let pages = [0, 1].map(|_| w.make(ObjectType::SmallPage, 0));
    for (frame, address) in [(pages[0], PAGES[0]), (pages[1], PAGES[1]), (BLOCK, PAGES[2])] {
        w.expect(frame, Invocation::PageMap, &[address, 3, 3], &[slot::VSPACE]);
    }
    w.make(ObjectType::PageTable, 0);
    w.root_waits();
    for _ in 0..4 {
        if w.kernel.current() == Some(w.thread_of(vmm)) {
            w.receive(Syscall::Recv, handler, reply);
        } else if w.kernel.current().is_some() {
            w.send(Syscall::Yield, 0, 0, &[]);
        }
    }
    assert_eq!((handler, reply), (HANDLER, HANDLER_REPLY));
    w
}

/// A capability pointer: mostly to something.
fn cptr(w: &World, random: &mut Random) -> u64 {
    match random.below(60) {
        0 => random.next(),
        1 => random.below(1 << 13),
        2..8 => random.below(SLOTS),
        _ => full_slot(w, random, |_| true),
    }
}

fn full_slot(w: &World, random: &mut Random, suits: impl Fn(&Cap) -> bool) -> u64 {
    let start = random.below(SLOTS);
    let mut slots = (0..SLOTS).map(|n| (start + n) % SLOTS);
    slots.find(|&n| !w.slot(n).is_empty() && suits(&w.slot(n).cap())).unwrap_or(start)
}

fn is_reply(cap: &Cap) -> bool {
    matches!(cap, Cap::Reply { .. })
}

fn can_receive(cap: &Cap) -> bool {
    matches!(cap, Cap::Endpoint { .. } | Cap::Notification { .. })
}

fn word(random: &mut Random) -> u64 {
    match random.below(10) {
        0 => random.next(),
        1 => 1 << random.below(64),
        2 => u64::MAX - random.below(4),
        3 => 64,
        4 => random.below(SLOTS),
        5 => random.below(0x40) << 12,
        6 => random.below(2000),
        _ => random.below(16),
    }
}

/// Words that get past the first checks of the invocations that do most.
fn likely_words(random: &mut Random, label: u64, words: &mut [u64]) {
    // Losing the roots ends a world early: rare.
    let target = if random.below(30) == 0 { random.below(SLOTS) } else { 19 + random.below(SLOTS - 19) };
    match Invocation::from_label(label) {
        Some(Invocation::UntypedRetype) => {
            words[..6].copy_from_slice(&[random.below(13), random.below(12), 0, 0, target, 1 + random.below(3)]);
        }
        Some(Invocation::CNodeCopy | Invocation::CNodeMint | Invocation::CNodeMove | Invocation::CNodeMutate) => {
            words[..6].copy_from_slice(&[target, 64, random.below(SLOTS), 64, random.below(16), random.below(3)]);
        }
        Some(Invocation::CNodeDelete | Invocation::CNodeRevoke | Invocation::CNodeCancelBadgedSends) => {
            words[..2].copy_from_slice(&[target, 64]);
        }
        Some(Invocation::PageTableMap | Invocation::PageMap) => {
            words[..3].copy_from_slice(&[random.pick(&PAGES), random.below(4), random.below(8)]);
        }
        Some(Invocation::SchedControlConfigureFlags) => {
            let period = 20 + random.below(3000);
            words[..5].copy_from_slice(&[20 + random.below(period), period, 0, 7, random.below(2)]);
        }
        _ => {}
    }
}

/// Interrupts and doorbells that guests here may have.
fn likely_interrupts(random: &mut Random, label: u64, words: &mut [u64]) {
    let list_register = random.below(3) as u8;
    let injection = injection_word(24 + random.below(8) as u16, random.below(32) as u8, 1, list_register);
    match label {
        lazaret_abi::VCPU_PREPARE_VPPI => words[0] = random.pick(&[u64::MAX, injection & 0xffff_ffff]),
        lazaret_abi::VCPU_BIND_NOTIFICATION => words[0] = injection,
        lazaret_abi::VCPU_SET_DOORBELL => {
            let width = random.pick(&[0, 1, 2, 4, 4, 4, 8]);
            words[..5].copy_from_slice(&[random.below(8), DOORBELL + 8 * random.below(2), width, 0, random.below(2)]);
        }
        _ => {}
    }
}

/// A capability to an object of this kind, if there is one.
fn object(w: &World, random: &mut Random, kind: Object) -> u64 {
    full_slot(w, random, |cap| object_of(cap) == Some(kind))
}

/// Words worth trying, with some that are not.
fn likely_extension_words(random: &mut Random, row: &Row, words: &mut [u64]) {
    for (to, word) in words.iter_mut().zip(row.words) {
        match random.below(8) {
            0 => {}
            1 if !word.bad.is_empty() => *to = random.pick(word.bad),
            _ => *to = random.pick(word.good),
        }
    }
}

fn random_syscall(w: &World, random: &mut Random, successes: &mut [u32]) {
    let thread = w.current();
    let x = &thread.context.x;
    let mut words: [u64; 12] = core::array::from_fn(|_| word(random));
    let label = match random.below(20) {
        0 => random.next() >> 12,
        1..4 => random.pick(&[1, 1, 21, 22, 23, 19, 19, 20]),
        4..7 => random.pick(ROWS).label,
        _ => random.below(END + 2),
    };
    if random.below(12) != 0 {
        likely_words(random, label, &mut words);
    }
    let mut target = cptr(w, random);
    if (18..26).contains(&label) && random.below(4) != 0 {
        target = slot::CNODE;
    }
    if label == 1 && random.below(4) != 0 {
        target = UNTYPED;
    }
    let row = lazaret_abi::row(label).filter(|_| random.below(4) != 0);
    if let Some(row) = row {
        target = object(w, random, row.object);
        likely_extension_words(random, row, &mut words);
        if matches!(row.object, Object::VSpace | Object::PageTable) && random.below(4) != 0 {
            words[..2].copy_from_slice(&[random.pick(&PAGES), 1 + random.below(3)]);
        }
        if random.below(4) != 0 {
            likely_interrupts(random, label, &mut words);
        }
    }
    let buffer = thread.buffer(true);
    for (index, value) in words.iter().enumerate() {
        crate::invocation::args::set_message_register(thread, buffer, index, *value);
    }
    let likely_cap = random.pick(&[slot::CNODE, slot::CNODE, slot::TCB, slot::VSPACE]);
    if let Some(buffer) = buffer {
        buffer.caps_or_badges.iter().for_each(|place| place.set(cptr(w, random)));
        if random.below(2) == 0 {
            buffer.caps_or_badges[0].set(likely_cap);
        }
        if let Some(kind) = row.and_then(|row| row.caps.first()) {
            buffer.caps_or_badges[0].set(object(w, random, *kind));
        }
        buffer.receive_cnode.set(slot::CNODE);
        buffer.receive_index.set(random.below(SLOTS));
        buffer.receive_depth.set(64);
    }
    let length = if random.below(4) == 0 { random.below(128) } else { random.pick(&[8, 8, 8, 120]) };
    x[0].set(target);
    x[1].set(MessageInfo::new(label, 0, random.below(4), length).0);
    let number = match random.below(50) {
        0 => word(random),
        1 => Syscall::Yield.number() as u64,
        2..33 => Syscall::Call.number() as u64,
        33..40 => Syscall::ReplyRecv.number() as u64,
        _ => -(1 + random.below(11) as i64) as u64,
    };
    let receives = !matches!(number as i64, -1 | -5 | -6 | -11);
    if receives && random.below(20) != 0 {
        x[0].set(full_slot(w, random, can_receive));
    }
    let reply = if random.below(20) == 0 { cptr(w, random) } else { full_slot(w, random, is_reply) };
    x[6].set(reply);
    x[8].set(cptr(w, random));
    if number == Syscall::ReplyRecv.number() as u64 && random.below(3) != 0 {
        // As a VMM does it.
        x[0].set(HANDLER);
        x[6].set(HANDLER_REPLY);
        let label = random.pick(&[0, REPLY_LABEL, REPLY_LABEL, STOP_LABEL, WAIT_LABEL]);
        let word = injection_word(40 + random.below(2) as u16, 0, 0, random.below(5) as u8);
        let label = if random.below(4) == 0 { with_injection(label, word) } else { label };
        x[1].set(MessageInfo::new(label, 0, 0, random.below(6)).0);
    }
    x[7].set(number);
    thread.context.elr.set(thread.context.elr.get().wrapping_add(4));
    if fast_syscall_paths(&w.kernel, &thread.context).is_none() {
        handle_syscall(&w.kernel);
    }
    let answered = number == Syscall::Call.number() as u64 && thread.state.get() == ThreadState::Running;
    if answered && MessageInfo(x[1].get()).label() == 0 {
        *successes.get_mut(label as usize).unwrap_or(&mut 0) += 1;
    }
}

fn random_fault(random: &mut Random) -> Fault {
    let word = random.next();
    match random.below(8) {
        0..2 => Fault::VmFault { addr: word, prefetch: false, esr: 0x9200_0007 },
        // Stores that stage 2 does not let through.
        2 if random.below(2) == 0 => Fault::VmFault { addr: random.pick(&PAGES), prefetch: false, esr: 0x9200_004f },
        2 => Fault::VmFault { addr: DOORBELL + (word & 8), prefetch: false, esr: STORE },
        3..6 => Fault::VcpuFault { hsr: word },
        6 => Fault::UserException { number: word, code: 0 },
        _ if word.is_multiple_of(2) => Fault::VppiEvent(27),
        _ => Fault::VgicMaintenance(0),
    }
}

/// A guest takes interrupts and ends them, and sets its timer.
fn use_list_registers(random: &mut Random, vcpu: Ref<Vcpu>) {
    const PENDING: u32 = 1 << 28;
    const STATE: u32 = 0b11 << 28;
    let lr = &vcpu.vgic.lr[random.below(4) as usize];
    match random.below(6) {
        0 if lr.get() & STATE == PENDING => lr.set(lr.get() ^ STATE),
        1 if lr.get() & STATE & !PENDING != 0 => lr.set(lr.get() & (!STATE | PENDING)),
        2 => vcpu.regs[VcpuReg::CntvCtl as usize].set(random.below(4)),
        _ => {}
    }
}

/// One step; false when nobody will ever run again.
pub fn step(w: &World, random: &mut Random, successes: &mut [u32]) -> bool {
    w.pass_us(random.pick(&[0, 0, 0, 1, 1, 5, 30, 400]));
    if w.kernel.cpu.arch.deadline.get() <= w.kernel.cpu.arch.time.get() {
        handle_interrupt(&w.kernel, 26);
    }
    w.kernel.cpu.arch.pending.set(random.below(8) == 0);
    if w.kernel.current().is_none() {
        w.pass_us(10_000);
        handle_interrupt(&w.kernel, 26);
        return w.kernel.current().is_some();
    }
    if let Some(vcpu) = w.current().vcpu.get() {
        use_list_registers(random, vcpu);
    }
    if w.current().vcpu.get().is_some() && random.below(4) != 0 {
        // A guest traps.
        w.fault(random_fault(random));
        return true;
    }
    match random.below(60) {
        0 => handle_fault(&w.kernel, random_fault(random)),
        1 => handle_interrupt(&w.kernel, random.below(170) as u16),
        2 => handle_interrupt(&w.kernel, 25 + 2 * random.below(2) as u16),
        _ => random_syscall(w, random, successes),
    }
    true
}

/// Steps in total, over many worlds.
fn run(seed: u64, steps: u64, check_every: u64) {
    let mut random = Random::new(seed);
    let mut done = 0;
    let (mut worlds, mut fast_paths) = (0, 0);
    let mut successes = [0u32; END as usize];
    while done < steps {
        let w = busy_world();
        worlds += 1;
        for _ in 0..1000.min(steps - done) {
            done += 1;
            if !step(&w, &mut random, &mut successes) {
                revive(&w);
            }
            fast_paths += w.kernel.cpu.on_guest_time.get() as u64;
            if done.is_multiple_of(check_every) {
                check(&w);
            }
        }
        check(&w);
    }
    println!("{done} steps in {worlds} worlds, {fast_paths} fast paths; successes by label: {successes:?}");
}

/// Nobody runs: all threads that there are start over, the first with time to run on.
fn revive(w: &World) {
    w.kernel.settle_resident();
    let mut time = None;
    for number in 0..SLOTS {
        match w.slot(number).cap() {
            Cap::Thread(thread) => w.kernel.restart(thread),
            Cap::SchedContext { object, .. } if object.is_active() && object.tcb.get().is_none() => time = Some(object),
            _ => {}
        }
    }
    if let (Cap::Thread(root), Some(sc)) = (w.slot(slot::TCB).cap(), time)
        && root.sched_context.get().is_none()
    {
        w.kernel.bind_thread(sc, root);
    }
    w.kernel.leave();
}

/// Under Miri, which is a thousand times slower, a few.
const CALLS: u64 = if cfg!(miri) { 20 } else { 100_000 };

#[test]
fn a_hundred_thousand_random_calls() {
    run(1, CALLS, 97);
}

#[test]
#[ignore = "takes a minute"]
fn a_million_random_calls() {
    for seed in 2..12 {
        run(seed, 100_000, 9973);
    }
}
