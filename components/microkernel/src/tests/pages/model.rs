// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a VSpace of three places for blocks does, written without tables and descriptors: the judge of random calls.

use crate::arch::arm::stage2::{Leaf, Log, Rights};
use crate::cap::FrameRights;
use std::collections::BTreeMap;

pub const PLACES: usize = 3;
pub const PAGES: usize = 512;

/// Refusals, by seL4's numbers.
pub const INVALID_ARGUMENT: u64 = 1;
pub const INVALID_CAPABILITY: u64 = 2;
pub const ILLEGAL_OPERATION: u64 = 3;
pub const FAILED_LOOKUP: u64 = 6;
pub const DELETE_FIRST: u64 = 8;

/// A page number of the three places together.
pub type Page = usize;

/// A page or block that is mapped: where its memory begins, and what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub start: u64,
    pub leaf: Leaf,
}

/// What is where a block can be.
#[derive(Clone, Debug)]
enum Place {
    Empty,
    Block(Mapped),
    /// `split`: a block's pages and nothing else.
    Table {
        table: usize,
        split: bool,
        pages: BTreeMap<usize, Mapped>,
    },
}

/// A frame's capability.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub start: u64,
    pub large: bool,
    pub rights: FrameRights,
    pub mapped_at: Option<Page>,
}

pub struct Model {
    places: [Place; PLACES],
    pub frames: Vec<Frame>,
    /// Where each table's capability says that it is mapped.
    pub tables: Vec<Option<usize>>,
}

/// 0 or a refusal.
pub type Label = u64;

impl Model {
    pub fn new(frames: Vec<Frame>, tables: usize) -> Self {
        Self { places: [const { Place::Empty }; PLACES], frames, tables: vec![None; tables] }
    }

    /// What the hardware finds.
    pub fn translation(&self, page: Page) -> Option<Mapped> {
        match &self.places[page / PAGES] {
            Place::Empty => None,
            Place::Block(block) => Some(Mapped { start: block.start + 0x1000 * (page % PAGES) as u64, ..*block }),
            Place::Table { pages, .. } => pages.get(&(page % PAGES)).copied(),
        }
    }

    pub fn map(&mut self, frame: usize, page: Page, rights: Rights) -> Label {
        let Frame { start, large, rights: own, mapped_at } = self.frames[frame];
        if mapped_at.is_some_and(|at| at != page) {
            return INVALID_ARGUMENT;
        }
        let access = if (own as u8) < rights.access as u8 { own } else { rights.access };
        let mapped = Mapped { start, leaf: Leaf::fresh(Rights { access, ..rights }) };
        match &mut self.places[page / PAGES] {
            place if large => match place {
                Place::Table { split: true, pages, .. } if mapped_at.is_some() && pages[&0].start == start => {
                    *place = Place::Block(mapped);
                }
                Place::Table { .. } => return FAILED_LOOKUP,
                _ => *place = Place::Block(mapped),
            },
            Place::Table { split, pages, .. } => {
                pages.insert(page % PAGES, mapped);
                *split = false;
            }
            _ => return FAILED_LOOKUP,
        }
        self.frames[frame].mapped_at = Some(page);
        0
    }

    pub fn unmap(&mut self, frame: usize) {
        let Frame { start, large, mapped_at, .. } = self.frames[frame];
        let Some(page) = mapped_at else { return };
        self.frames[frame].mapped_at = None;
        match &mut self.places[page / PAGES] {
            place if large => match place {
                Place::Block(block) if block.start == start => *place = Place::Empty,
                Place::Table { split, pages, .. } => {
                    let before = pages.len();
                    pages.retain(|index, page| page.start != start + 0x1000 * *index as u64);
                    *split &= pages.len() == before;
                }
                _ => {}
            },
            Place::Table { pages, .. } if pages.get(&(page % PAGES)).is_some_and(|page| page.start == start) => {
                pages.remove(&(page % PAGES));
            }
            _ => {}
        }
    }

    pub fn map_table(&mut self, table: usize, place: usize) -> Label {
        if self.tables[table].is_some() {
            return INVALID_CAPABILITY;
        }
        if !matches!(self.places[place], Place::Empty) {
            return DELETE_FIRST;
        }
        self.places[place] = Place::Table { table, split: false, pages: BTreeMap::new() };
        self.tables[table] = Some(place);
        0
    }

    pub fn unmap_table(&mut self, table: usize) {
        if let Some(place) = self.tables[table].take()
            && matches!(self.places[place], Place::Table { table: own, .. } if own == table)
        {
            self.places[place] = Place::Empty;
        }
    }

    pub fn split(&mut self, table: usize, page: Page) -> Label {
        if self.tables[table].is_some() {
            return INVALID_CAPABILITY;
        }
        let block = match &self.places[page / PAGES] {
            Place::Block(block) => *block,
            Place::Table { pages, .. } if pages.contains_key(&(page % PAGES)) => return DELETE_FIRST,
            _ => return FAILED_LOOKUP,
        };
        let pages = (0..PAGES).map(|n| (n, Mapped { start: block.start + 0x1000 * n as u64, ..block })).collect();
        self.places[page / PAGES] = Place::Table { table, split: true, pages };
        self.tables[table] = Some(page / PAGES);
        0
    }

    pub fn join(&mut self, table: usize) -> Label {
        let Some(place) = self.tables[table] else { return ILLEGAL_OPERATION };
        let Place::Table { table: own, split: true, pages } = &self.places[place] else { return ILLEGAL_OPERATION };
        if *own != table {
            return ILLEGAL_OPERATION;
        }
        if pages.values().any(|page| page.leaf.log != Log::Off) {
            return DELETE_FIRST;
        }
        let first = pages[&0];
        self.places[place] = Place::Block(Mapped { leaf: Leaf::fresh(first.leaf.granted), ..first });
        self.tables[table] = None;
        0
    }

    fn page(&mut self, page: Page) -> Option<&mut Leaf> {
        match self.places.get_mut(page / PAGES)? {
            Place::Table { pages, .. } => Some(&mut pages.get_mut(&(page % PAGES))?.leaf),
            _ => None,
        }
    }

    pub fn set_rights(&mut self, first: Page, count: usize, rights: Rights) -> Label {
        for page in first..first + count {
            match self.page(page) {
                None => return FAILED_LOOKUP,
                Some(leaf) if !rights.is_within(leaf.granted) => return INVALID_ARGUMENT,
                Some(_) => {}
            }
        }
        (first..first + count).for_each(|page| self.page(page).unwrap().allowed = rights);
        0
    }

    /// With the bitmap that is reported.
    pub fn take_dirty(&mut self, first: Page, count: usize, end: bool) -> Result<u64, Label> {
        if (first..first + count).any(|page| self.page(page).is_none()) {
            return Err(FAILED_LOOKUP);
        }
        let mut bits = 0;
        for n in 0..count {
            let leaf = self.page(first + n).unwrap();
            if leaf.granted.access == FrameRights::ReadWrite {
                bits |= u64::from(leaf.log != Log::Clean) << n;
                leaf.log = if end { Log::Off } else { Log::Clean };
            }
        }
        Ok(bits)
    }

    /// Whether the store goes on.
    pub fn store(&mut self, page: Page) -> bool {
        let is_block = matches!(self.places[page / PAGES], Place::Block(block) if can_write(block.leaf));
        match self.page(page) {
            Some(leaf) if can_write(*leaf) => {
                if leaf.log == Log::Clean {
                    leaf.log = Log::Dirty;
                }
                true
            }
            _ => is_block,
        }
    }
}

fn can_write(leaf: Leaf) -> bool {
    leaf.allowed.access == FrameRights::ReadWrite
}
