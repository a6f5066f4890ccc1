// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random calls on frames, tables, rights and the log, with a model that says what comes of each.

use super::model::{Frame, Label, Mapped, Model, PAGES, PLACES, Page};
use super::*;
use crate::arch::arm::stage2::Rights;
use proptest::prelude::*;

/// A large frame and a read-only copy of it; three small ones, and a read-only copy of the last.
const FRAMES: usize = 6;
const TABLES: usize = 3;

#[derive(Clone, Debug)]
enum Operation {
    Map {
        frame: usize,
        page: Page,
        rights: u64,
        attributes: u64,
    },
    Unmap(usize),
    /// The capability goes; a new copy comes in its place.
    CopyAgain(usize),
    MapTable {
        table: usize,
        page: Page,
    },
    UnmapTable(usize),
    DeleteTable(usize),
    Split {
        table: usize,
        page: Page,
    },
    Join(usize),
    SetRights {
        page: Page,
        count: usize,
        rights: u64,
    },
    TakeDirty {
        page: Page,
        count: usize,
        flags: u64,
    },
    Store(Page),
}

fn a_page() -> impl Strategy<Value = Page> {
    (0..PLACES, prop::sample::select(vec![0, 1, 2, 9, 510, 511])).prop_map(|(place, index)| place * PAGES + index)
}

fn an_operation() -> impl Strategy<Value = Operation> {
    let rights = || prop::sample::select(vec![0u64, 2, 3, 3, 3]);
    let never = || prop::sample::select(vec![0u64, 0, 4]);
    let a_table = || 0..TABLES;
    prop_oneof![
        5 => (0..FRAMES, a_page(), rights(), never())
            .prop_map(|(frame, page, rights, never)| Operation::Map { frame, page, rights, attributes: 3 | never }),
        2 => (0..FRAMES).prop_map(Operation::Unmap),
        1 => prop::sample::select(vec![1usize, 5]).prop_map(Operation::CopyAgain),
        1 => (a_table(), a_page()).prop_map(|(table, page)| Operation::MapTable { table, page }),
        1 => a_table().prop_map(Operation::UnmapTable),
        1 => a_table().prop_map(Operation::DeleteTable),
        5 => (a_table(), a_page()).prop_map(|(table, page)| Operation::Split { table, page }),
        2 => a_table().prop_map(Operation::Join),
        5 => (a_page(), 1usize..5, rights(), never())
            .prop_map(|(page, count, rights, never)| Operation::SetRights { page, count, rights: rights | never }),
        5 => (a_page(), 1usize..5, 0u64..4)
            .prop_map(|(page, count, flags)| Operation::TakeDirty { page, count, flags }),
        5 => a_page().prop_map(Operation::Store),
    ]
}

struct Run {
    space: Space,
    model: Model,
    frames: Vec<u64>,
    tables: Vec<u64>,
    bitmap: u64,
}

fn address(page: Page) -> u64 {
    BLOCK + 0x1000 * page as u64
}

fn granted(rights: u64, attributes: u64) -> Rights {
    let access = [FrameRights::KernelOnly, FrameRights::KernelOnly, FrameRights::ReadOnly, FrameRights::ReadWrite];
    Rights { access: access[rights as usize & 3], execute: attributes & 4 == 0 }
}

impl Run {
    fn new() -> Self {
        let space = Space::new();
        let w = &space.w;
        w.expect(space.block, PageUnmap, &[], &[]);
        let mut frames = vec![space.block, w.fresh()];
        frames.extend((0..3).map(|_| w.make(ObjectType::SmallPage, 0)));
        frames.push(w.fresh());
        let copy = |to: usize, from: usize| assert_eq!(w.copy(frames[to], frames[from], READ), ok());
        copy(1, 0);
        copy(5, 4);
        let describe = |(number, &slot): (usize, &u64)| {
            let rights = if [1, 5].contains(&number) { FrameRights::ReadOnly } else { FrameRights::ReadWrite };
            Frame { start: space.paddr(slot), large: number < 2, rights, mapped_at: None }
        };
        let model = Model::new(frames.iter().enumerate().map(describe).collect(), TABLES);
        let tables = (0..TABLES).map(|_| space.table()).collect();
        let bitmap = w.make(ObjectType::SmallPage, 0);
        Self { model, tables, bitmap, frames, space }
    }

    /// What the kernel answered and what the model wants.
    fn apply(&mut self, operation: &Operation) -> (Label, Label) {
        let w = &self.space.w;
        let model = &mut self.model;
        match *operation {
            Operation::Map { frame, page, rights, attributes } => {
                let page = if model.frames[frame].large { page / PAGES * PAGES } else { page };
                let words = [address(page), rights, attributes];
                let answer = w.call(self.frames[frame], PageMap, &words, &[slot::VSPACE]);
                (answer.label, model.map(frame, page, granted(rights, attributes)))
            }
            Operation::Unmap(frame) => {
                model.unmap(frame);
                (w.call(self.frames[frame], PageUnmap, &[], &[]).label, 0)
            }
            Operation::CopyAgain(frame) => {
                model.unmap(frame);
                w.delete(self.frames[frame]);
                (w.copy(self.frames[frame], self.frames[frame - 1], READ).label, 0)
            }
            Operation::MapTable { table, page } => {
                let answer = w.call(self.tables[table], PageTableMap, &[address(page), 0], &[slot::VSPACE]);
                (answer.label, model.map_table(table, page / PAGES))
            }
            Operation::UnmapTable(table) => {
                model.unmap_table(table);
                (w.call(self.tables[table], PageTableUnmap, &[], &[]).label, 0)
            }
            Operation::DeleteTable(table) => {
                model.unmap_table(table);
                w.delete(self.tables[table]);
                self.tables[table] = self.space.table();
                (0, 0)
            }
            Operation::Split { table, page } => {
                let answer = self.space.split_with(self.tables[table], address(page));
                (answer.label, model.split(table, page))
            }
            Operation::Join(table) => (self.space.join(self.tables[table]).label, model.join(table)),
            Operation::SetRights { page, count, rights } => {
                let answer = self.space.set(address(page), count as u64, rights);
                (answer.label, model.set_rights(page, count, granted(rights, rights)))
            }
            Operation::TakeDirty { page, count, flags } => {
                let word: Ref<Cell<u64>> = at(self.space.paddr(self.bitmap));
                word.set(0xaaaa);
                let answer = self.space.take(address(page), count as u64, self.bitmap, 0, flags);
                let wanted = model.take_dirty(page, count, flags & 2 != 0);
                let bits = wanted.ok().filter(|_| flags & 1 == 0).unwrap_or(0xaaaa);
                assert_eq!(word.get(), bits, "the bitmap");
                (answer.label, wanted.err().unwrap_or(0))
            }
            Operation::Store(page) => (self.space.store(address(page)).into(), model.store(page).into()),
        }
    }

    /// What the hardware finds at some addresses.
    fn seen(&self) -> Vec<Option<Mapped>> {
        (0..PLACES)
            .flat_map(|place| [0, 1, 2, 3, 9, 12, 510, 511].map(|index| place * PAGES + index))
            .map(|page| {
                let start = self.space.physical(address(page))?;
                Some(Mapped { start, leaf: self.space.leaf(address(page)) })
            })
            .collect()
    }

    fn wanted(&self) -> Vec<Option<Mapped>> {
        (0..PLACES)
            .flat_map(|place| [0, 1, 2, 3, 9, 12, 510, 511].map(|index| place * PAGES + index))
            .map(|page| self.model.translation(page))
            .collect()
    }
}

/// What a TLB may still have of what was there before is something else now.
fn is_stale(before: &Option<Mapped>, after: &Option<Mapped>) -> bool {
    before.is_some() && before != after
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 1 } else { 150 }, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_does_what_the_model_does(operations in prop::collection::vec(an_operation(), 1..80)) {
        let mut run = Run::new();
        for operation in &operations {
            let (before, invalidations) = (run.seen(), run.space.invalidations());
            let (is, wanted) = run.apply(operation);
            prop_assert_eq!(is, wanted, "{:?}", operation);
            let after = run.seen();
            prop_assert_eq!(&after, &run.wanted(), "{:?}", operation);
            let stale = before.iter().zip(&after).any(|(before, after)| is_stale(before, after));
            prop_assert!(!stale || run.space.invalidations() > invalidations, "{:?}: the TLB has the old", operation);
            check(&run.space.w);
        }
        // Whatever is mapped and split, the frame's end is the end of all of it.
        run.space.w.revoke(run.space.memory);
        let left = run.seen().into_iter().flatten().filter(|page| {
            (page.start ^ run.model.frames[0].start) >> 21 == 0
        });
        prop_assert_eq!(left.count(), 0);
        check(&run.space.w);
    }
}
