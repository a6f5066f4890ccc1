// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of single pages.

use super::*;

#[test]
fn rights_of_single_pages() {
    let (space, _) = Space::split();
    let before = space.invalidations();
    assert_eq!(space.set(BLOCK + PAGE, 1, READ), done(1));
    assert_eq!(space.forgotten_since(before), (1, Some(Forgotten { vmid: 1, address: Some(BLOCK + PAGE) })));
    assert_eq!(space.set(BLOCK + 2 * PAGE, 2, READ | NEVER), done(2));
    assert_eq!(space.forgotten_since(before), (2, Some(Forgotten { vmid: 1, address: None })));
    assert_eq!(space.set(BLOCK + 2 * PAGE, 2, READ | NEVER), done(2));
    assert_eq!(space.forgotten_since(before).0, 2, "nothing has changed");
    let stores: Vec<_> = (0..5).map(|n| space.store(BLOCK + n * PAGE)).collect();
    assert_eq!(stores, [true, false, false, false, true]);
    let execute: Vec<_> = (0..5).map(|n| space.leaf(BLOCK + n * PAGE).allowed.execute).collect();
    assert_eq!(execute, [true, true, false, false, true]);
    assert_eq!(space.set(BLOCK + PAGE, 1, NEVER), done(1));
    assert_eq!(space.leaf(BLOCK + PAGE).allowed.access, FrameRights::KernelOnly);
    space.set_all(READ_WRITE);
    assert!((0..PAGES).all(|n| space.store(BLOCK + n * PAGE)));
    check(&space.w);
}

#[test]
fn never_more_than_was_granted() {
    let (space, _) = Space::split();
    space.table_at(BEHIND);
    space.page_at(BEHIND, READ);
    let never = space.w.make(ObjectType::SmallPage, 0);
    space.map(never, BEHIND + PAGE, READ_WRITE, DEFAULT | NEVER);
    let nothing = space.page_at(BEHIND + 2 * PAGE, 0);
    let unchanged = space.descriptors();
    // The last page of the block, and the first behind it.
    assert_eq!(space.set(BEHIND - PAGE, 2, READ_WRITE), error(1, &[2]));
    assert_eq!(space.descriptors(), unchanged, "none of them, if not all");
    assert_eq!(space.set(BEHIND - PAGE, 2, READ), done(2));
    assert_eq!(space.set(BEHIND + PAGE, 1, READ), error(1, &[2]), "no execution");
    assert_eq!(space.set(BEHIND + PAGE, 1, READ_WRITE | NEVER), done(1));
    assert_eq!(space.set(BEHIND + 2 * PAGE, 1, READ | NEVER), error(1, &[2]));
    assert_eq!(space.set(BEHIND + 2 * PAGE, 1, NEVER), done(1));
    // Mapped again, it is granted what that says.
    space.map(nothing, BEHIND + 2 * PAGE, READ_WRITE, DEFAULT);
    assert_eq!(space.set(BEHIND + 2 * PAGE, 1, READ_WRITE), done(1));
    check(&space.w);
}

#[test]
fn which_pages_there_are() {
    let space = Space::new();
    assert_eq!(space.set(BLOCK, 1, READ), missing(21), "part of a block");
    assert_eq!(space.set(BEHIND, 1, READ), missing(21));
    assert_eq!(space.set(0x70_0000_0000, 1, READ), missing(30));
    assert_eq!(space.set(1 << 40, 1, READ), missing(39));
    assert_eq!(space.set(BLOCK + 8, 1, READ), error(5, &[]));
    assert_eq!(space.set(sel4_abi::USER_TOP, 1, READ), error(1, &[0]));
    assert_eq!(space.set(!0xfff, 1, READ), error(1, &[0]));
    assert_eq!(space.set(BLOCK, 0, READ), error(1, &[1]));
    assert_eq!(space.set(BLOCK, u64::MAX, READ), error(1, &[1]));
    let left = (sel4_abi::USER_TOP - BLOCK) / PAGE;
    assert_eq!(space.set(BLOCK, left + 1, READ), error(1, &[1]));
    assert_eq!(space.set(BLOCK, left, READ), missing(21));
    for rights in [1, 5, 8, 16, u64::MAX] {
        assert_eq!(space.set(BLOCK, 1, rights), error(1, &[2]));
    }
    assert_eq!(space.w.call_label(slot::VSPACE, VSPACE_SET_RIGHTS, &[BLOCK, 1], &[]), error(7, &[]));
    let unassigned = space.w.make(ObjectType::VSpace, 0);
    assert_eq!(space.w.call_label(unassigned, VSPACE_SET_RIGHTS, &[BLOCK, 1, READ], &[]), error(2, &[0]));
    assert_eq!(space.w.call_label(space.block, VSPACE_SET_RIGHTS, &[BLOCK, 1, READ], &[]), error(3, &[]));
    let table = space.table();
    assert_eq!(space.split_with(table, BLOCK), ok());
    // The block ends, a table is missing; then there is one, but not every page.
    assert_eq!(space.set(BEHIND - PAGE, 2, READ), missing(21));
    space.table_at(BEHIND);
    assert_eq!(space.set(BEHIND - PAGE, 2, READ), missing(12));
    space.page_at(BEHIND, READ_WRITE);
    assert_eq!(space.set(BEHIND - PAGE, 2, READ), done(2));
    assert_eq!(space.set(BLOCK, 513, READ), done(256), "so many at most");
    assert_eq!(space.leaf(BEHIND).allowed.access, FrameRights::ReadOnly);
}
