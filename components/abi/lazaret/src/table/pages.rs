// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of single pages, and which were written.

use crate::row::invocations;

invocations! {
    after super::state::END;

    /// Sets the rights of pages within what they were mapped with.
    SetPageRights = VSPACE_SET_RIGHTS, "VSpace_SetRights" {
        object: VSpace,
        switch: PageRights,
        needs: Nothing,
        words: {
            /// The first page's address.
            address: u64,
            /// Pages of 4 KiB.
            pages: u64,
            /// `seL4_CapRights`: read and write; and execute-never as in `vm_attributes`.
            rights: u64,
        },
        caps: [],
        answer: "MR0 = pages done, fewer if there were many: go on behind them",
        errors: [AlignmentError: "the address is not a page's",
            InvalidArgument: "(number of the word) beyond the VSpace, no pages, or more than was granted",
            FailedLookup: "a page is not mapped, or part of a larger block"],
        cost: 20000,
        without: "breakpoints in guest memory, and the dirty log",
    }

    /// Splits a block of a VSpace into the pages of this table, which is not mapped yet.
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
        errors: [InvalidCapability: "(0) the table is mapped",
            FailedLookup: "there is no block"],
        cost: 20000,
        without: "rights of single pages of a large frame",
    }

    /// Takes such a table away again, if its pages still make one block.
    JoinBlock = PAGE_TABLE_JOIN, "PageTable_Join" {
        object: PageTable,
        switch: PageRights,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "",
        errors: [IllegalOperation: "the table is not mapped by a split",
            DeleteFirst: "its pages are not one block any more"],
        cost: 20000,
        without: "rights of single pages of a large frame",
    }

    /// Which pages were written since the last call, as a bitmap; they are watched again from here on.
    TakeDirty = VSPACE_TAKE_DIRTY, "VSpace_TakeDirty" {
        object: VSpace,
        switch: DirtyLog,
        needs: Nothing,
        words: {
            /// The first page's address.
            address: u64,
            /// Pages of 4 KiB.
            pages: u64,
            /// Where the bitmap begins in its frame, in bytes.
            offset: u64,
            /// Bit 0: begin, and report nothing. Bit 1: end, and watch no longer.
            flags: u64,
        },
        caps: [Frame],
        answer: "MR0 = pages done, fewer if there were many: go on behind them",
        errors: [AlignmentError: "the address is not a page's, or the offset not a word's",
            InvalidArgument: "(number of the word) beyond the VSpace or the frame, or no pages",
            FailedLookup: "a page is not mapped, or part of a larger block"],
        cost: 20000,
        without: "snapshots of a VM that runs",
    }
}
