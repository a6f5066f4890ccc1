// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of single pages, and which were written.

use crate::row::invocations;
use crate::{LogFlags, PageRights};

invocations! {
    after super::state::END;

    /// Sets what may be done in pages of 4 KiB, within what they were mapped with. What the dirty log knows of them stays.
    /// All of the pages that the call gets to, or none.
    SetPageRights = VSPACE_SET_RIGHTS, "VSpace_SetRights" {
        object: VSpace,
        switch: PageRights,
        needs: Nothing,
        words: {
            /// The first page's address.
            address: u64,
            /// How many pages; the call gets to 256 at most.
            pages: u64,
            /// Read and write as in `seL4_CapRights`, execute-never as in `seL4_ARM_VMAttributes`.
            rights: PageRights,
        },
        caps: [],
        answer: "MR0 = pages done: go on behind them",
        errors: [AlignmentError: "the address is not a page's",
            InvalidArgument: "(number of the word) beyond the VSpace, no pages, or more than was granted",
            InvalidCapability: "(0) the VSpace has no ASID",
            FailedLookup: "a page is not mapped, or part of a larger block; the words say how many bits are left"],
        cost: 16000,
        without: "breakpoints in guest memory, and the dirty log",
    }

    /// Splits a block of 2 MiB into its 512 pages, which this table, not mapped yet, holds from here on: the same
    /// memory, of the same kind, with the same rights. PageTable_Unmap takes the pages away, and so does Page_Unmap of
    /// the block's frame; Page_Map of that frame, where it was, makes it a block again.
    SplitBlock = PAGE_TABLE_SPLIT, "PageTable_Split" {
        object: PageTable,
        switch: PageRights,
        needs: Nothing,
        words: {
            /// An address in the block.
            address: u64,
        },
        caps: [VSpace],
        answer: "",
        errors: [InvalidCapability: "(0) the table is mapped; (1) the VSpace has no ASID",
            InvalidArgument: "(0) beyond the VSpace",
            FailedLookup: "nothing is mapped there; the words say how many bits are left",
            DeleteFirst: "there are pages already",
            IllegalOperation: "the block is one of 1 GiB"],
        cost: 4000,
        without: "rights of single pages of a large frame",
    }

    /// Takes such a table away again: its pages are one block, with all that it was mapped with.
    JoinBlock = PAGE_TABLE_JOIN, "PageTable_Join" {
        object: PageTable,
        switch: PageRights,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "",
        errors: [IllegalOperation: "the table is not mapped by a split, or something else was mapped there since",
            DeleteFirst: "a page is logged",
            RevokeFirst: "the capability has copies",
            FailedLookup: "the VSpace is gone"],
        cost: 17000,
        without: "rights of single pages of a large frame",
    }

    /// Which pages of 4 KiB were written since the last call, as a bitmap: a 1 in bit `n` of it for page `n`. They are
    /// watched again from here on. A page that was not watched counts as written, one that was not mapped for writing
    /// does not. Only what the VSpace's own threads write is seen, not what others or devices write to the same memory.
    TakeDirty = VSPACE_TAKE_DIRTY, "VSpace_TakeDirty" {
        object: VSpace,
        switch: DirtyLog,
        needs: Nothing,
        words: {
            /// The first page's address.
            address: u64,
            /// How many pages; the call gets to 256 at most.
            pages: u64,
            /// Where the bitmap begins in its frame, in bytes; it is made of whole words of 64 bits.
            offset: u64,
            /// Bit 0: begin, and leave the bitmap alone. Bit 1: end, and watch no longer.
            flags: LogFlags,
        },
        caps: [Frame],
        answer: "MR0 = pages done: go on behind them",
        errors: [AlignmentError: "the address is not a page's, or the offset not a word's",
            InvalidArgument: "(number of the word) beyond the VSpace or the frame, or no pages",
            InvalidCapability: "(0) the VSpace has no ASID; (1) the frame is a device's, or not for writing",
            FailedLookup: "a page is not mapped, or part of a larger block; the words say how many bits are left"],
        cost: 19000,
        without: "snapshots of a VM that runs",
    }
}
