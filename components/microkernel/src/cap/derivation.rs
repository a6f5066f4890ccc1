// SPDX-License-Identifier: MIT OR Apache-2.0
//! The derivation list: all capabilities in one list per origin, each followed by those derived from it.
//!
//! Who is whose child follows from the order, from what the capabilities speak of, and from two bits of the
//! slot: *revocable* marks originals and first badged copies, *first badged* starts a run of copies of a badge.
//! Corresponds to seL4's mapping database.

use super::{Cap, Slot};
use crate::object::reference::Ref;

/// Puts `cap`, derived from what `source` holds, in the empty slot `destination`.
pub fn insert(cap: Cap, source: Ref<Slot>, destination: Ref<Slot>) {
    let origin = source.cap();
    let revocable = starts_a_run(&cap, &origin);
    if let (Cap::Untyped(old), Cap::Untyped(new)) = (origin, cap)
        && old.paddr == new.paddr
        && old.bits == new.bits
    {
        // Its copy owns the memory now.
        source.update(Cap::Untyped(super::UntypedCap { free: 1 << old.bits, ..old }));
    }
    put(cap, revocable, source, destination);
}

/// Puts the capability of a new object, made from what `parent` holds, in an empty slot.
pub fn insert_new(cap: Cap, parent: Ref<Slot>, destination: Ref<Slot>) {
    put(cap, true, parent, destination);
}

/// Puts a capability without ancestors in an empty slot: boot only.
pub fn insert_root(cap: Cap, destination: Ref<Slot>) {
    destination.update(cap);
    destination.set_derivation(true, true);
}

fn put(cap: Cap, revocable: bool, parent: Ref<Slot>, destination: Ref<Slot>) {
    debug_assert!(destination.is_empty());
    let next = parent.next.replace(Some(destination));
    destination.update(cap);
    destination.set_derivation(revocable, revocable);
    destination.previous.set(Some(parent));
    destination.next.set(next);
    if let Some(next) = next {
        next.previous.set(Some(destination));
    }
}

fn starts_a_run(cap: &Cap, origin: &Cap) -> bool {
    match (cap, origin) {
        (Cap::Endpoint { badge: a, .. }, Cap::Endpoint { badge: b, .. }) => a != b,
        (Cap::Notification { badge: a, .. }, Cap::Notification { badge: b, .. }) => a != b,
        (Cap::IrqHandler(_), Cap::IrqControl) => true,
        (Cap::Untyped(_), _) => true,
        _ => false,
    }
}

/// Moves a capability, as `cap`, with its place in the list to an empty slot.
pub fn relocate(cap: Cap, source: Ref<Slot>, destination: Ref<Slot>) {
    debug_assert!(destination.is_empty());
    destination.update(cap);
    destination.set_derivation(source.revocable(), source.first_badged());
    destination.previous.set(source.previous.take());
    destination.next.set(source.next.take());
    clear(source);
    attach_neighbours(destination);
}

/// Exchanges two slots: `cap_a`, from `a`, goes to `b`, and `cap_b` to `a`.
pub fn swap(cap_a: Cap, a: Ref<Slot>, cap_b: Cap, b: Ref<Slot>) {
    if a == b {
        return;
    }
    let (a_bits, b_bits) = ((a.revocable(), a.first_badged()), (b.revocable(), b.first_badged()));
    let exchanged = |link: Option<Ref<Slot>>| match link {
        Some(slot) if slot == a => Some(b),
        Some(slot) if slot == b => Some(a),
        other => other,
    };
    let (a_previous, a_next) = (exchanged(a.previous.get()), exchanged(a.next.get()));
    let (b_previous, b_next) = (exchanged(b.previous.get()), exchanged(b.next.get()));
    a.update(cap_b);
    b.update(cap_a);
    a.set_derivation(b_bits.0, b_bits.1);
    b.set_derivation(a_bits.0, a_bits.1);
    a.previous.set(b_previous);
    a.next.set(b_next);
    b.previous.set(a_previous);
    b.next.set(a_next);
    attach_neighbours(a);
    attach_neighbours(b);
}

fn attach_neighbours(slot: Ref<Slot>) {
    if let Some(previous) = slot.previous.get() {
        previous.next.set(Some(slot));
    }
    if let Some(next) = slot.next.get() {
        next.previous.set(Some(slot));
    }
}

fn clear(slot: Ref<Slot>) {
    slot.update(Cap::Null);
    slot.set_derivation(false, false);
    slot.previous.set(None);
    slot.next.set(None);
}

/// Takes a capability out of the list and empties its slot. What hung on the object is gone before.
pub fn remove(slot: Ref<Slot>) {
    let (previous, next) = (slot.previous.get(), slot.next.get());
    if let Some(previous) = previous {
        previous.next.set(next);
    }
    if let Some(next) = next {
        next.previous.set(previous);
        if slot.first_badged() {
            next.set_derivation(next.revocable(), true);
        }
    }
    clear(slot);
}

/// `child` was derived from `parent`, given that it follows it in the list with only descendants between.
pub fn is_parent(parent: Ref<Slot>, child: Ref<Slot>) -> bool {
    if !parent.revocable() {
        return false;
    }
    let (own, other) = (parent.cap(), child.cap());
    if !own.covers(&other) {
        return false;
    }
    match (own, other) {
        (Cap::Endpoint { badge: a, .. }, Cap::Endpoint { badge: b, .. })
        | (Cap::Notification { badge: a, .. }, Cap::Notification { badge: b, .. }) => {
            a == 0 || (a == b && !child.first_badged())
        }
        _ => true,
    }
}

/// The next capability derived from this one.
pub fn first_child(slot: Ref<Slot>) -> Option<Ref<Slot>> {
    slot.next.get().filter(|&next| is_parent(slot, next))
}

/// Something was derived from it.
pub fn has_children(slot: Ref<Slot>) -> bool {
    first_child(slot).is_some()
}

/// There is no capability to its object before it in the list.
pub fn is_first(slot: Ref<Slot>) -> bool {
    is_first_of(slot, &slot.cap())
}

/// As [`is_first`], with the slot's capability at hand.
fn is_first_of(slot: Ref<Slot>, cap: &Cap) -> bool {
    !slot.previous.get().is_some_and(|previous| previous.cap().same_object(cap))
}

/// No other slot holds a capability to the object.
pub fn is_last(slot: Ref<Slot>) -> bool {
    let cap = slot.cap();
    is_first_of(slot, &cap) && !slot.next.get().is_some_and(|next| cap.same_object(&next.cap()))
}
