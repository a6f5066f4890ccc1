// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds between any two system calls.

use super::world::{UNTYPED_BITS, World};
use crate::arch::modes;
use crate::cap::{Cap, Slot, derivation};
use crate::fault::Fault;
use crate::kernel::{Choice, Kernel};
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};
use std::collections::{HashMap, HashSet};

/// All slots that hold something, found from the root CNode and the interrupt table.
fn all_slots(w: &World) -> Vec<Ref<Slot>> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let root = (0..1u64 << super::world::RADIX).map(|n| w.slot(n));
    let mut todo: Vec<Ref<Slot>> = root.chain(w.kernel.irq_slots.iter().map(Ref::to_part)).collect();
    while let Some(slot) = todo.pop() {
        if slot.is_empty() || !seen.insert(slot.addr()) {
            continue;
        }
        found.push(slot);
        // What hangs in the derivation list belongs to it too, wherever it is.
        todo.extend(slot.neighbours().into_iter().flatten());
        match slot.cap() {
            Cap::CNode(node) => todo.extend((0..1usize << node.radix).map(|n| node.slots.offset(n))),
            Cap::Zombie(zombie) => todo.extend((0..zombie.count as usize).map(|n| zombie.slots.offset(n))),
            Cap::Thread(thread) => todo.extend(thread_slots(&thread).map(Ref::to_part)),
            _ => {}
        }
    }
    found
}

fn thread_slots(thread: &Tcb) -> [&Slot; 5] {
    [&thread.cspace, &thread.vspace, &thread.buffer_frame, &thread.fault_endpoint, &thread.timeout_endpoint]
}

/// Checks everything.
pub fn check(w: &World) {
    crate::syscall::settle(&w.kernel);
    let slots = all_slots(w);
    check_links(&slots);
    check_memory(w, &slots);
    let mut threads: HashMap<u64, Ref<Tcb>> = HashMap::new();
    let mut contexts: HashMap<u64, Ref<SchedContext>> = HashMap::new();
    let mut alive = HashSet::new();
    for slot in &slots {
        match slot.cap() {
            Cap::Thread(thread) => {
                threads.insert(thread.addr(), thread);
            }
            Cap::SchedContext { object, .. } => {
                contexts.insert(object.addr(), object);
            }
            _ => {}
        }
        alive.extend(slot.cap().region().map(|region| region.base));
    }
    for thread in threads.values() {
        check_thread(&w.kernel, *thread, &alive);
    }
    for sc in contexts.values() {
        check_sched_context(*sc, &alive);
    }
    check_queues(&w.kernel, &threads);
}

/// Neighbours agree.
fn check_links(slots: &[Ref<Slot>]) {
    for slot in slots {
        let [previous, next] = slot.neighbours();
        if let Some(previous) = previous {
            assert_eq!(previous.neighbours()[1], Some(*slot));
            assert!(!previous.is_empty());
        }
        if let Some(next) = next {
            assert_eq!(next.neighbours()[0], Some(*slot));
            assert!(!next.is_empty());
        }
    }
}

/// Every object is in an Untyped that is its ancestor in the list, below the free mark; objects do not overlap.
fn check_memory(w: &World, slots: &[Ref<Slot>]) {
    let ram = w.base + (1 << UNTYPED_BITS);
    let mut objects: Vec<(u64, u64)> = Vec::new();
    for slot in slots {
        let cap = slot.cap();
        let Some(region) = cap.region() else { continue };
        let is_ours = region.base >= ram && region.base < ram + (1 << UNTYPED_BITS);
        if !is_ours {
            continue;
        }
        let mut ancestor = slot.neighbours()[0];
        let parent = loop {
            match ancestor {
                Some(candidate) => match candidate.cap() {
                    Cap::Untyped(untyped)
                        if cap.region() != candidate.cap().region() && candidate.cap().covers(&cap) =>
                    {
                        break Some((candidate, untyped));
                    }
                    _ => ancestor = candidate.neighbours()[0],
                },
                None => break None,
            }
        };
        let is_root = matches!(cap, Cap::Untyped(_)) && region.base == ram && region.bits as u32 == UNTYPED_BITS;
        let (_, untyped) = match parent {
            Some(parent) => parent,
            None if is_root => continue,
            None => {
                // Its Untyped was deleted: nobody can ever reuse the memory.
                let covered = |other: &&Ref<Slot>| other.cap().region() != cap.region() && other.cap().covers(&cap);
                let owner = slots.iter().find(|other| matches!(other.cap(), Cap::Untyped(_)) && covered(other));
                assert_eq!(owner, None, "{cap:x?} is not its child");
                continue;
            }
        };
        assert!(region.base + (1 << region.bits) <= untyped.paddr + untyped.free, "{cap:x?} in {untyped:x?}");
        if !matches!(cap, Cap::Untyped(_)) {
            objects.push((region.base, region.base + (1 << region.bits)));
        }
    }
    objects.sort();
    objects.dedup();
    for pair in objects.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{pair:x?} overlap");
    }
}

fn check_thread(kernel: &Kernel, thread: Ref<Tcb>, alive: &HashSet<u64>) {
    let is_alive = |addr: u64| assert!(alive.contains(&addr), "{addr:x} is gone, {thread:?} still has it");
    if let Some(sc) = thread.sched_context.get() {
        is_alive(sc.addr());
        assert_eq!(sc.tcb.get(), Some(thread));
    }
    if let Some(notification) = thread.bound_notification.get() {
        is_alive(notification.addr());
        assert_eq!(notification.bound_tcb.get(), Some(thread));
    }
    if let Some(vcpu) = thread.vcpu.get() {
        is_alive(vcpu.addr());
        assert_eq!(vcpu.tcb.get(), Some(thread));
    }
    // A return to a mode that the width does not have would stay at EL2.
    let mode = thread.context.spsr.get() & 0x1f;
    let legal = match thread.vcpu.get() {
        Some(vcpu) if vcpu.is_aarch32() => modes::AARCH32,
        Some(_) => modes::of_aarch64(kernel.arch.aarch32_levels()),
        None => 1,
    };
    assert!(legal >> mode & 1 != 0, "{thread:?} returns to mode {mode:#x}");
    if let Some(reply) = thread.reply.get() {
        is_alive(reply.addr());
        assert_eq!(reply.tcb.get(), Some(thread), "{:?}", thread.state.get());
    }
    match thread.state.get() {
        ThreadState::BlockedOnReply => assert!(thread.reply.get().is_some()),
        ThreadState::BlockedOnSend | ThreadState::BlockedOnReceive => {
            let endpoint = thread.blocking_endpoint.get().unwrap();
            is_alive(endpoint.addr());
            assert_eq!(queue(endpoint.head.get(), thread.state.get()).iter().filter(|t| **t == thread).count(), 1);
        }
        ThreadState::BlockedOnNotification => {
            let notification = thread.blocking_notification.get().unwrap();
            is_alive(notification.addr());
            let waiting = queue(notification.head.get(), thread.state.get());
            assert_eq!(waiting.iter().filter(|t| **t == thread).count(), 1);
        }
        ThreadState::Running | ThreadState::Restart => {
            assert_eq!(thread.fault.get(), Fault::None);
            let waits = thread.queued.get() || thread.in_release_queue.get() || kernel.current() == Some(thread);
            assert_eq!(waits, thread.sched_context.get().is_some_and(|sc| sc.is_active()), "{thread:?} got lost");
        }
        ThreadState::Inactive => {
            assert!(!thread.queued.get() && !thread.in_release_queue.get());
            assert!(thread.reply.get().is_none());
        }
    }
}

/// The threads of a queue, all in one state, in order of priority.
fn queue(head: Option<Ref<Tcb>>, state: ThreadState) -> Vec<Ref<Tcb>> {
    let mut threads = Vec::new();
    let mut next = head;
    while let Some(thread) = next {
        assert_eq!(thread.state.get(), state);
        assert_eq!(thread.queue_previous.get(), threads.last().copied());
        threads.push(thread);
        next = thread.queue_next.get();
    }
    assert!(threads.is_sorted_by_key(|thread| core::cmp::Reverse(thread.priority.get())));
    threads
}

fn check_sched_context(sc: Ref<SchedContext>, alive: &HashSet<u64>) {
    let is_alive = |addr: u64| assert!(alive.contains(&addr), "{addr:x} is gone, {sc:?} still has it");
    if let Some(thread) = sc.tcb.get() {
        is_alive(thread.addr());
        assert_eq!(thread.sched_context.get(), Some(sc));
    }
    if let Some(notification) = sc.notification.get() {
        is_alive(notification.addr());
        assert_eq!(notification.sched_context.get(), Some(sc));
    }
    if let Some(reply) = sc.reply.get() {
        assert_eq!(reply.head_of.get(), Some(sc));
        let (mut next, mut after) = (Some(reply), None);
        while let Some(reply) = next {
            is_alive(reply.addr());
            assert_eq!(reply.next.get(), after);
            assert_eq!(reply.tcb.get().map(|tcb| tcb.state.get()), Some(ThreadState::BlockedOnReply));
            (after, next) = (Some(reply), reply.previous.get());
        }
    }
    if sc.is_active() {
        sc.check_refills();
    }
}

/// Ready and release queues hold exactly those that say so, and the current thread is the right one.
fn check_queues(kernel: &Kernel, threads: &HashMap<u64, Ref<Tcb>>) {
    assert_eq!(kernel.choice.get(), Choice::Resume);
    let mut ready = 0;
    for thread in kernel.ready.threads() {
        assert!(threads.contains_key(&thread.addr()) && thread.queued.get() && kernel.is_schedulable(thread));
        assert!(kernel.has_budget(thread.sched_context.get().unwrap()));
        ready += 1;
    }
    assert_eq!(ready, threads.values().filter(|thread| thread.queued.get()).count());
    let (mut next, mut before, mut waiting) = (kernel.release_head.get(), None, 0);
    while let Some(thread) = next {
        assert!(threads.contains_key(&thread.addr()) && thread.in_release_queue.get() && !thread.queued.get());
        assert_eq!(thread.sched_previous.get(), before);
        let time = |thread: Ref<Tcb>| thread.sched_context.get().unwrap().head().time.get();
        assert!(before.is_none_or(|before| time(before) <= time(thread)));
        assert!(time(thread) > kernel.now.get());
        (before, next, waiting) = (Some(thread), thread.sched_next.get(), waiting + 1);
    }
    assert_eq!(waiting, threads.values().filter(|thread| thread.in_release_queue.get()).count());
    let (mut next, mut before) = (kernel.waiting.get(), None);
    while let Some(vcpu) = next {
        let thread = vcpu.tcb.get().expect("a waiting vCPU has a thread");
        assert!(threads.contains_key(&thread.addr()) && thread.state.get() == ThreadState::Inactive);
        assert!(vcpu.timer_wait.waits.get() && vcpu.timer_wait.previous.get() == before);
        assert!(before.is_none_or(|before| before.timer_wait.due.get() <= vcpu.timer_wait.due.get()));
        (before, next) = (Some(vcpu), vcpu.timer_wait.next.get());
    }
    match kernel.current() {
        Some(current) => {
            assert!(threads.contains_key(&current.addr()));
            assert!(kernel.is_schedulable(current) && !current.queued.get());
            assert_eq!(current.state.get(), ThreadState::Running);
            assert!(kernel.ready.is_highest(current.priority.get()));
            let payer = match kernel.on_guest_time.get() {
                // The guest whose trap it handles.
                true => current_guest(threads, current).sched_context.get(),
                false => current.sched_context.get(),
            };
            assert_eq!(kernel.current_sc.get(), payer);
        }
        None => assert!(kernel.ready.highest().is_none()),
    }
    assert_eq!(kernel.arch.loaded.get(), kernel.current());
}

/// The guest whose scheduling context is the current one.
fn current_guest(threads: &HashMap<u64, Ref<Tcb>>, handler: Ref<Tcb>) -> Ref<Tcb> {
    let waits = |thread: &&Ref<Tcb>| {
        thread.state.get() == ThreadState::BlockedOnReply && thread.vcpu.get().is_some() && **thread != handler
    };
    let mut guests = threads.values().filter(waits).filter(|thread| {
        let head = thread.sched_context.get();
        head.is_some_and(|sc| sc.tcb.get() == Some(**thread))
    });
    *guests.next().expect("somebody's guest")
}

/// The slot's children, for tests.
pub fn has_children(w: &World, slot: u64) -> bool {
    derivation::has_children(w.slot(slot))
}
