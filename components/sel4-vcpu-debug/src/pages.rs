// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be done in single pages of a VSpace, and which of them were written.
//!
//! A call gets to [`PAGES_PER_CALL`] pages at most and does all of those or none; what is named after a range here goes
//! on until all are done. A kernel without this answers `IllegalOperation`.

use lazaret_abi::{
    LogFlags, PAGE_TABLE_JOIN, PAGE_TABLE_SPLIT, PAGES_PER_CALL, PageRights, SetPageRights, SplitBlock, TakeDirty,
    VSPACE_SET_RIGHTS, VSPACE_TAKE_DIRTY,
};
use sel4::cap_type::{PT, VSpace};
use sel4::{CPtrBits, Cap, CapTypeForFrameObject, InvocationContext, Result, Word};

use crate::raw::invoke;

const PAGE_BYTES: Word = 1 << sel4::FrameObjectType::GRANULE.bits();
/// Pages of a byte of the bitmap.
const PAGES_PER_BYTE: Word = 8;

/// Sets what may be done in pages, within what they were mapped with; how many of them it got to.
pub fn set_rights<C: InvocationContext>(
    vspace: Cap<VSpace, C>,
    address: Word,
    pages: Word,
    rights: PageRights,
) -> Result<Word> {
    invoke(vspace, VSPACE_SET_RIGHTS, &SetPageRights { address, pages, rights }.words(), &[]).map(|reply| reply.word())
}

/// [`set_rights`] of all of them. An error: those before the call that was refused are done.
pub fn set_rights_of_range(vspace: Cap<VSpace>, address: Word, pages: Word, rights: PageRights) -> Result<()> {
    in_calls(pages, |done, rest| set_rights(vspace, address + done * PAGE_BYTES, rest, rights))
}

/// Splits the block of 2 MiB at an address into pages, which the table holds from here on.
pub fn split<C: InvocationContext>(table: Cap<PT, C>, vspace: Cap<VSpace>, address: Word) -> Result<()> {
    invoke(table, PAGE_TABLE_SPLIT, &SplitBlock { address }.words(), &[vspace.bits()]).map(drop)
}

/// Makes such a table's pages a block again; the table is not mapped then.
pub fn join<C: InvocationContext>(table: Cap<PT, C>) -> Result<()> {
    invoke(table, PAGE_TABLE_JOIN, &[], &[]).map(drop)
}

/// Where a bitmap of pages begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitmap {
    frame: CPtrBits,
    offset: Word,
}

impl Bitmap {
    /// So many bytes into a frame: a multiple of 8.
    pub const fn new<T: CapTypeForFrameObject>(frame: Cap<T>, offset: Word) -> Self {
        Self { frame: frame.bits(), offset }
    }

    /// Where the bits of the pages behind so many are. They are a multiple of [`PAGES_PER_CALL`].
    const fn behind(self, pages: Word) -> Self {
        Self { offset: self.offset + pages / PAGES_PER_BYTE, ..self }
    }
}

/// Which pages were written since they were asked about last; how many of them it got to. The bits of all words that it
/// wrote are right, those behind the last page are 0.
pub fn take_dirty<C: InvocationContext>(
    vspace: Cap<VSpace, C>,
    address: Word,
    pages: Word,
    bitmap: Bitmap,
    flags: LogFlags,
) -> Result<Word> {
    let words = TakeDirty { address, pages, offset: bitmap.offset, flags }.words();
    invoke(vspace, VSPACE_TAKE_DIRTY, &words, &[bitmap.frame]).map(|reply| reply.word())
}

/// [`take_dirty`] of all of them.
pub fn take_dirty_of_range(
    vspace: Cap<VSpace>,
    address: Word,
    pages: Word,
    bitmap: Bitmap,
    flags: LogFlags,
) -> Result<()> {
    in_calls(pages, |done, rest| take_dirty(vspace, address + done * PAGE_BYTES, rest, bitmap.behind(done), flags))
}

/// Calls with what is done and what is left, until nothing is.
fn in_calls(pages: Word, mut call: impl FnMut(Word, Word) -> Result<Word>) -> Result<()> {
    let mut done = 0;
    while done < pages {
        // A kernel that says 0 would be asked for ever.
        done += call(done, pages - done)?.clamp(1, pages - done);
    }
    Ok(())
}

const _: () = assert!(PAGES_PER_CALL.is_multiple_of(Word::BITS as Word));

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use lazaret_abi::PageAccess;
    use sel4::{Error, cap, fake};
    use std::vec;
    use std::vec::Vec;

    fn answers(pages: &[Word]) {
        pages.iter().for_each(|&done| fake::push_answer(fake::Answer { words: vec![done], ..Default::default() }));
    }

    fn seen() -> Vec<(Word, Vec<Word>, Vec<Word>)> {
        fake::take_calls().into_iter().map(|call| (call.label, call.words, call.caps)).collect()
    }

    const READ_ONLY: PageRights = PageRights { access: PageAccess::ReadOnly, execute: false };

    #[test]
    fn marshalling() {
        let (vspace, table) = (cap::VSpace::from_bits(3), cap::PT::from_bits(40));
        answers(&[2]);
        assert_eq!(set_rights(vspace, 0x4000_0000, 2, READ_ONLY), Ok(2));
        split(table, vspace, 0x4020_0000).unwrap();
        join(table).unwrap();
        answers(&[5]);
        let bitmap = Bitmap::new(cap::Granule::from_bits(41), 64);
        let flags = LogFlags { start: false, end: true };
        assert_eq!(take_dirty(vspace, 0x4000_0000, 5, bitmap, flags), Ok(5));
        let wanted = [
            (VSPACE_SET_RIGHTS, vec![0x4000_0000, 2, 6], vec![]),
            (PAGE_TABLE_SPLIT, vec![0x4020_0000], vec![3]),
            (PAGE_TABLE_JOIN, vec![], vec![]),
            (VSPACE_TAKE_DIRTY, vec![0x4000_0000, 5, 64, 2], vec![41]),
        ];
        assert_eq!(seen(), wanted);
    }

    #[test]
    fn ranges_are_gone_through() {
        let vspace = cap::VSpace::from_bits(3);
        answers(&[512, 512, 76]);
        let bitmap = Bitmap::new(cap::Granule::from_bits(41), 8);
        take_dirty_of_range(vspace, 0, 1100, bitmap, LogFlags::default()).unwrap();
        let words: Vec<_> = seen().into_iter().map(|(_, words, _)| words).collect();
        assert_eq!(words, [[0, 1100, 8, 0], [0x20_0000, 588, 72, 0], [0x40_0000, 76, 136, 0]]);
        answers(&[512]);
        fake::push_answer(fake::Answer { label: 1, ..Default::default() });
        assert_eq!(set_rights_of_range(vspace, 0, 513, READ_ONLY), Err(Error::InvalidArgument));
    }
}
