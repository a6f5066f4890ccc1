// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds between any two system calls.

use super::pages::{self, Space};
use super::world::{UNTYPED, UNTYPED_BITS, World, at};
use crate::arch::arm::stage2::Leaf;
use crate::cap::{Cap, FrameCap, Mapping, Slot, UntypedCap, derivation};
use crate::invariants::{self, Path};
use crate::object::asid;
use crate::object::page_table::{PageTable, frame_address, table_address};
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};

/// Looks that all tests have asked Miri for.
static LOOKS: AtomicU32 = AtomicU32::new(0);

/// All slots that hold something, found from the root CNode and the interrupt table.
fn all_slots(w: &World) -> Vec<Ref<Slot>> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let root = (0..1u64 << super::world::RADIX).map(|n| w.slot(n));
    let mut todo: Vec<Ref<Slot>> = root.chain(w.kernel.shared.irq_slots.iter().map(Ref::to_part)).collect();
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
            Cap::Thread(thread) => todo.extend(invariants::thread_slots(&thread).map(Ref::to_part)),
            Cap::Vcpu(vcpu) => todo.extend(vcpu.doorbells.slots().map(Ref::to_part)),
            _ => {}
        }
    }
    found
}

/// Checks everything: with sets, what is alive and apart from everything else; and what the machine's kernel can check.
///
/// A look takes Miri seconds, and what Miri is asked is how the kernel uses its memory: there, one in 64 counts.
pub fn check(w: &World) {
    w.kernel.settle_resident();
    if cfg!(miri) && !LOOKS.fetch_add(1, Ordering::Relaxed).is_multiple_of(64) {
        return;
    }
    let slots = all_slots(w);
    check_links(&slots);
    check_memory(w, &slots);
    check_mappings(w, &slots);
    let alive: HashSet<u64> = slots.iter().filter_map(|slot| Some(slot.cap().region()?.base)).collect();
    invariants::check(&w.kernel, Path::Slow, &|addr| alive.contains(&addr));
    assert_eq!(w.kernel.cpu.arch.loaded.get(), w.kernel.current());
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

/// Whatever a VSpace translates to is the memory of a frame whose capability mapped it there, with no more than its
/// rights.
fn check_mappings(w: &World, slots: &[Ref<Slot>]) {
    let frames: Vec<_> = slots
        .iter()
        .filter_map(|slot| match slot.cap() {
            Cap::Frame(frame) => Some((frame, frame.mapping?)),
            _ => None,
        })
        .collect();
    let roots: HashSet<(u64, u16)> = slots
        .iter()
        .filter_map(|slot| match slot.cap() {
            Cap::VSpace { object, asid } if asid::find(&w.kernel, asid) == Some(object) => Some((object.addr(), asid)),
            _ => None,
        })
        .collect();
    for (root, space) in roots {
        each_leaf(at(root), 39, 0, &mut |bits, address, descriptor| {
            let start = frame_address(descriptor, bits).unwrap();
            let granted = Leaf::of(descriptor).granted.access;
            let is_mapped_by = |(frame, mapping): &(FrameCap, Mapping)| {
                let offset = address.wrapping_sub(mapping.vaddr);
                mapping.asid == space
                    && frame.size.bits() >= bits
                    && offset < 1 << frame.size.bits()
                    && frame.paddr + offset == start
                    && granted as u8 <= frame.rights as u8
            };
            assert!(frames.iter().any(is_mapped_by), "nobody mapped {start:x} at {address:x} with {granted:?}");
        });
    }
}

/// Visits pages and blocks with the bits of their size, their address and their descriptor.
fn each_leaf(table: Ref<PageTable>, bits: u8, base: u64, visit: &mut dyn FnMut(u8, u64, u64)) {
    for (index, entry) in table.entries.iter().enumerate().filter(|(_, entry)| entry.get() != 0) {
        let address = base + ((index as u64) << bits);
        match table_address(entry.get()).filter(|_| bits > 12) {
            Some(below) => each_leaf(at(below), bits - 9, address, visit),
            None => visit(bits, address, entry.get()),
        }
    }
}

/// The slot's children, for tests.
pub fn has_children(w: &World, slot: u64) -> bool {
    derivation::has_children(w.slot(slot))
}

/// Whether damage to a world with a thread that is ready is seen.
fn is_seen(damage: impl FnOnce(&World, Ref<Tcb>)) -> bool {
    let w = World::new();
    let (_, thread) = w.running(100);
    check(&w);
    damage(&w, thread);
    std::panic::catch_unwind(AssertUnwindSafe(|| invariants::check(&w.kernel, Path::Slow, &|_| true))).is_err()
}

#[test]
fn damage_is_seen_without_sets_too() {
    assert!(!is_seen(|_, _| ()));
    assert!(is_seen(|_, thread| thread.queued.set(false)), "lost from its queue");
    assert!(is_seen(|_, thread| thread.priority.set(101)), "in another's queue");
    assert!(is_seen(|_, thread| thread.state.set(ThreadState::Inactive)), "ready, but inactive");
    assert!(is_seen(|_, thread| thread.context.spsr.set(0x3c9)), "returns to EL2");
    assert!(is_seen(|_, thread| thread.sched_context.get().unwrap().tcb.set(None)), "paid for by nobody");
    assert!(is_seen(|w, thread| w.kernel.cpu.current.set(Some(thread))), "the wrong one runs");
    assert!(is_seen(|w, _| w.kernel.cpu.current_sc.set(None)), "nobody pays");
    assert!(
        is_seen(|w, _| w.kernel.shared.asid_pools[0].get().unwrap().set(9, at(0x5_0000_0000_5000))),
        "a wrong VMID"
    );
    let free_again = |w: &World, _| match w.slot(UNTYPED).cap() {
        Cap::Untyped(untyped) => w.slot(UNTYPED).update(Cap::Untyped(UntypedCap { free: 0, ..untyped })),
        other => panic!("{other:?}"),
    };
    assert!(is_seen(free_again), "used memory is free");
}

#[test]
fn damage_to_translation_is_seen() {
    let is_seen = |damage: &dyn Fn(&Space)| {
        let (space, _) = Space::split();
        check(&space.w);
        damage(&space);
        std::panic::catch_unwind(AssertUnwindSafe(|| invariants::check(&space.w.kernel, Path::Slow, &|_| true)))
            .is_err()
    };
    assert!(!is_seen(&|_| ()));
    let change = |space: &Space, page: u64, change: &dyn Fn(u64) -> u64| {
        let place = space.place(pages::BLOCK + page * 0x1000);
        place.set(change(place.get()));
    };
    assert!(is_seen(&|space| change(space, 7, &|_| 0)), "a page is missing");
    assert!(is_seen(&|space| change(space, 7, &|entry| entry + 0x1000)), "a page is there twice");
    assert!(is_seen(&|space| change(space, 7, &|entry| entry & !(7 << 56))), "nothing was granted");
    assert!(is_seen(&|space| change(space, 7, &|entry| entry | 6 << 56)), "a note that is none");
    assert!(is_seen(&|space| change(space, 7, &|entry| entry & !(1 << 55))), "execution was not granted");
    assert!(is_seen(&|space| change(space, 7, &|entry| entry ^ 1 << 2)), "another kind of memory");
}
