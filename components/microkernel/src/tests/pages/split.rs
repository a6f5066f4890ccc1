// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks that are split into pages, and joined again; and mappings that replace others.

use super::*;

#[test]
fn a_split_block_is_the_same_memory() {
    let space = Space::new();
    let table = space.table();
    let before: Vec<_> = [0, 0x1234, 0x1f_fff8].map(|offset| space.physical(BLOCK + offset)).into();
    let block = space.leaf(BLOCK);
    space.watch(BLOCK, 21);
    assert_eq!(space.split_with(table, BLOCK + 0x5000), ok());
    assert_eq!(space.broken(), Some(0), "broken, then made");
    assert_eq!(space.forgotten_since(0).1, Some(Forgotten { vmid: 1, address: Some(BLOCK) }));
    assert_eq!([0, 0x1234, 0x1f_fff8].map(|offset| space.physical(BLOCK + offset)).to_vec(), before);
    assert_eq!(space.place(BLOCK).bits_left, 12);
    assert!((0..PAGES).all(|n| space.leaf(BLOCK + n * PAGE) == block));
    check(&space.w);
    let before = space.invalidations();
    space.watch(BLOCK, 21);
    assert_eq!(space.join(table), ok());
    assert_eq!(space.broken(), Some(0));
    assert_eq!(space.forgotten_since(before), (1, Some(Forgotten { vmid: 1, address: None })));
    assert_eq!((space.place(BLOCK).bits_left, space.leaf(BLOCK)), (21, block));
    check(&space.w);
    // The table is empty, and can be used for anything.
    assert_eq!(space.split_with(table, BLOCK), ok());
    assert_eq!(space.join(table), ok());
    space.w.expect(table, PageTableMap, &[BEHIND, 0], &[slot::VSPACE]);
    assert_eq!(space.set(BEHIND, 1, 0), missing(12));
}

#[test]
fn what_cannot_be_split() {
    let space = Space::new();
    let table = space.table();
    assert_eq!(space.split_with(table, BEHIND), missing(21), "nothing is there");
    assert_eq!(space.split_with(table, 0x70_0000_0000), missing(30));
    assert_eq!(space.split_with(table, sel4_abi::USER_TOP), error(1, &[0]));
    assert_eq!(space.w.call_label(table, PAGE_TABLE_SPLIT, &[], &[slot::VSPACE]), error(7, &[]));
    assert_eq!(space.w.call_label(table, PAGE_TABLE_SPLIT, &[BLOCK], &[]), error(7, &[]));
    assert_eq!(space.w.call_label(table, PAGE_TABLE_SPLIT, &[BLOCK], &[space.block]), error(2, &[1]));
    let unassigned = space.w.make(ObjectType::VSpace, 0);
    assert_eq!(space.w.call_label(table, PAGE_TABLE_SPLIT, &[BLOCK], &[unassigned]), error(2, &[1]));
    assert_eq!(space.split_with(space.table_at(BEHIND), BLOCK), error(2, &[0]), "the table is mapped");
    space.page_at(BEHIND, READ);
    assert_eq!(space.split_with(table, BEHIND), error(8, &[]), "there are pages");
    // A block of 1 GiB, as if it had been mapped.
    let place = walk(space.root, 1 << 39);
    assert_eq!(place.bits_left, 39);
    space.table_at(1 << 39);
    walk(space.root, 1 << 39).set(space.place(BLOCK).get() & !0x3fff_f000);
    assert_eq!(space.split_with(table, 1 << 39), error(3, &[]));
    walk(space.root, 1 << 39).set(0);
    assert_eq!(space.place(BLOCK).bits_left, 21, "nothing was done");
    assert_eq!(space.invalidations(), 0);
    check(&space.w);
}

#[test]
fn what_cannot_be_joined() {
    let (space, table) = Space::split();
    assert_eq!(space.join(space.table()), error(3, &[]), "not mapped");
    assert_eq!(space.join(space.table_at(BEHIND)), error(3, &[]), "mapped by itself");
    let bitmap = space.w.make(ObjectType::SmallPage, 0);
    assert_eq!(space.take(BLOCK + 7 * PAGE, 1, bitmap, 0, 1), done(1));
    assert_eq!(space.join(table), error(8, &[]), "a page is logged");
    assert_eq!(space.take(BLOCK + 7 * PAGE, 1, bitmap, 0, 3), done(1));
    let copy = space.w.fresh();
    assert_eq!(space.w.copy(copy, table, 15), ok());
    assert_eq!(space.join(table), error(9, &[]));
    space.w.delete(copy);
    // Rights that were taken away come back.
    assert_eq!(space.set(BLOCK, 3, READ | NEVER), done(3));
    assert_eq!(space.join(table), ok());
    assert_eq!(space.leaf(BLOCK).allowed, space.leaf(BLOCK).granted);
    assert_eq!(space.split_with(table, BLOCK), ok());
    space.page_at(BLOCK + 9 * PAGE, READ_WRITE);
    assert_eq!(space.join(table), error(3, &[]), "a page is another frame's");
    check(&space.w);
}

#[test]
fn pages_of_many_frames_are_no_block() {
    let (space, table) = Space::split();
    space.w.delete(space.block);
    assert!((0..PAGES).all(|n| space.physical(BLOCK + n * PAGE).is_none()));
    space.w.revoke(space.memory);
    let first = 500;
    for n in 0..4 {
        assert_eq!(space.w.retype_at(space.memory, ObjectType::SmallPage, 0, first + n * 128, 128), ok());
    }
    (0..PAGES).for_each(|n| space.map(first + n, BLOCK + n * PAGE, READ_WRITE, DEFAULT));
    assert_eq!(space.physical(BLOCK + 511 * PAGE), space.physical(BLOCK).map(|start| start + 511 * PAGE));
    assert_eq!(space.join(table), error(3, &[]));
    space.w.delete(first + 5);
    assert_eq!(space.physical(BLOCK + 5 * PAGE), None);
    check(&space.w);
}

#[test]
fn a_frame_takes_all_its_pages_with_it() {
    let unmap = |space: &Space| space.w.expect(space.block, PageUnmap, &[], &[]);
    let delete = |space: &Space| space.w.delete(space.block);
    let revoke = |space: &Space| space.w.revoke(space.memory);
    for take_away in [&unmap as &dyn Fn(&Space), &delete, &revoke] {
        let (space, table) = Space::split();
        let other = space.page_at(BLOCK + 9 * PAGE, READ_WRITE);
        let before = space.invalidations();
        take_away(&space);
        for n in 0..PAGES {
            let wanted = (n == 9).then(|| space.paddr(other));
            assert_eq!(space.physical(BLOCK + n * PAGE), wanted, "page {n}");
        }
        assert_eq!(space.forgotten_since(before), (1, Some(Forgotten { vmid: 1, address: None })));
        check(&space.w);
        // The table is one like any other.
        space.page_at(BLOCK, READ);
        assert_eq!(space.join(table), error(3, &[]));
        space.w.expect(table, PageTableUnmap, &[], &[]);
        check(&space.w);
    }
}

#[test]
fn a_table_takes_all_its_pages_with_it() {
    let unmap = |space: &Space, table| space.w.expect(table, PageTableUnmap, &[], &[]);
    let delete = |space: &Space, table| space.w.delete(table);
    for take_away in [&unmap as &dyn Fn(&Space, u64), &delete] {
        let (space, table) = Space::split();
        take_away(&space, table);
        assert_eq!(space.place(BLOCK).bits_left, 21);
        assert_eq!(space.physical(BLOCK), None);
        check(&space.w);
        // The frame's capability is as it was, and the place is free.
        space.map(space.block, BLOCK, READ, DEFAULT);
        assert_eq!(space.leaf(BLOCK).granted.access, FrameRights::ReadOnly);
        space.w.expect(space.block, PageUnmap, &[], &[]);
        check(&space.w);
    }
}

#[test]
fn a_split_block_can_be_mapped_again_where_it_is() {
    let (space, table) = Space::split();
    let before = space.invalidations();
    space.watch(BLOCK, 21);
    space.map(space.block, BLOCK, READ, DEFAULT | NEVER);
    assert_eq!(space.broken(), Some(0));
    assert_eq!(space.forgotten_since(before), (1, Some(Forgotten { vmid: 1, address: None })));
    assert_eq!((space.place(BLOCK).bits_left, space.leaf(BLOCK).granted.access), (21, FrameRights::ReadOnly));
    assert_eq!(space.join(table), error(3, &[]), "the table is out of it");
    assert_eq!(space.split_with(table, BLOCK), error(2, &[0]), "and to be unmapped first");
    check(&space.w);
    space.w.expect(table, PageTableUnmap, &[], &[]);
    assert_eq!(space.split_with(table, BLOCK), ok());
    // With another frame's page in it, the table is in the way, and so it is for other frames.
    let copy = space.w.fresh();
    assert_eq!(space.w.copy(copy, space.block, 15), ok());
    assert_eq!(space.w.call(copy, PageMap, &[BLOCK, READ, DEFAULT], &[slot::VSPACE]), missing(12));
    space.page_at(BLOCK, READ);
    assert_eq!(space.w.call(space.block, PageMap, &[BLOCK, READ, DEFAULT], &[slot::VSPACE]), missing(12));
    check(&space.w);
}

#[test]
fn a_mapping_is_broken_before_another_is_made() {
    let space = Space::new();
    space.table_at(BEHIND);
    let page = space.page_at(BEHIND, READ_WRITE);
    assert_eq!(space.invalidations(), 0, "nothing was there");
    space.watch(BEHIND, 12);
    let other = space.page_at(BEHIND, READ_WRITE);
    assert_eq!(space.broken(), Some(0));
    assert_eq!(space.forgotten_since(0), (1, Some(Forgotten { vmid: 1, address: Some(BEHIND) })));
    space.watch(BEHIND, 12);
    space.map(other, BEHIND, READ, 0);
    assert_eq!((space.broken(), space.forgotten_since(1).0), (Some(0), 1), "another kind of memory");
    // The first page's capability has nothing there any more.
    space.w.expect(page, PageUnmap, &[], &[]);
    assert_eq!(space.physical(BEHIND), Some(space.paddr(other)));
    space.watch(BLOCK, 21);
    space.map(space.block, BLOCK, READ_WRITE, 0);
    assert_eq!(space.broken(), Some(0));
    check(&space.w);
}

#[test]
fn a_split_table_is_told_by_its_entry() {
    let (space, _) = Space::split();
    let place = walk_to(space.root, BLOCK, 21);
    assert!(is_split_table(place.get()) && frame_address(place.get(), 21).is_none());
    space.page_at(BLOCK, READ);
    assert!(!is_split_table(walk_to(space.root, BLOCK, 21).get()));
}
