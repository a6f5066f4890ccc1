// SPDX-License-Identifier: MIT OR Apache-2.0
//! The derivation list: neighbours agree, and an object's memory is part of the Untyped that it was made from.

use crate::cap::relation::Region;
use crate::cap::{Cap, Slot};
use crate::object::reference::Ref;
use heapless::Vec;

/// Untypeds within Untypeds: each is smaller than the one around it.
const NESTED: usize = 48;

/// An Untyped, and what was made from it last.
struct Parent {
    slot: Ref<Slot>,
    child: Option<Region>,
}

/// A list from its beginning.
pub fn check_list(head: Ref<Slot>) {
    let mut parents: Vec<Parent, NESTED> = Vec::new();
    let (mut before, mut next) = (None, Some(head));
    while let Some(slot) = next {
        let [previous, following] = slot.neighbours();
        assert!(!slot.is_empty() && previous == before, "the derivation list is broken at {slot:?}");
        check_memory(&mut parents, slot);
        (before, next) = (Some(slot), following);
    }
}

/// Below its parent's free mark, and apart from the object before it. What has no parent is as old as the kernel, or its
/// Untyped was deleted: nobody can use that memory again.
fn check_memory(parents: &mut Vec<Parent, NESTED>, slot: Ref<Slot>) {
    let cap = slot.cap();
    let Some(region) = cap.region() else { return };
    while parents.last().is_some_and(|parent| !is_around(parent.slot, &cap)) {
        parents.pop();
    }
    if let Some(parent) = parents.last_mut()
        && let Cap::Untyped(untyped) = parent.slot.cap()
    {
        let end = region.base + (1 << region.bits);
        assert!(end <= untyped.paddr + untyped.free, "{cap:x?} is in the free part of {untyped:x?}");
        if let Some(child) = parent.child.replace(region) {
            let apart = child.base + (1 << child.bits) <= region.base || end <= child.base;
            assert!(child == region || apart, "{cap:x?} overlaps {child:x?}");
        }
    }
    if matches!(cap, Cap::Untyped(_)) {
        assert!(parents.push(Parent { slot, child: None }).is_ok(), "Untypeds are nested too deep");
    }
}

fn is_around(parent: Ref<Slot>, cap: &Cap) -> bool {
    let around = parent.cap();
    around.region() != cap.region() && around.covers(cap)
}
