// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pages of a VSpace that one call is about.

use super::assigned;
use crate::arch::Memory;
use crate::cap::Cap;
use crate::error::SyscallError;
use crate::invocation::Args;
use crate::kernel::Kernel;
use crate::object::page_table::{self, PageTable};
use crate::object::reference::Ref;
use core::cell::Cell;

const PAGE_BITS: u32 = sel4_abi::PAGE_BITS as u32;

/// What a call got to of the pages that it asked for.
pub(super) struct Pages {
    root: Ref<PageTable>,
    asid: u16,
    first: u64,
    /// Not 0, and at most [`lazaret_abi::PAGES_PER_CALL`].
    pub count: usize,
}

impl Pages {
    /// So many pages from an address on: the first two words of the message.
    pub fn of(
        args: &Args<'_>,
        object: Ref<PageTable>,
        asid: u16,
        (first, count): (u64, u64),
    ) -> Result<Self, SyscallError> {
        let (root, asid) = assigned(args, Cap::VSpace { object, asid }, 0, first)?;
        if !first.is_multiple_of(1 << PAGE_BITS) {
            return Err(SyscallError::AlignmentError);
        }
        let most = (args.kernel.cpu.arch.user_top() - first) >> PAGE_BITS;
        if count == 0 || count > most {
            return Err(SyscallError::InvalidArgument(1));
        }
        Ok(Self { root, asid, first, count: count.min(lazaret_abi::PAGES_PER_CALL) as usize })
    }

    /// Visits their entries, each of which is a page.
    pub fn each(&self, visit: impl FnMut(usize, &Cell<u64>) -> Result<(), SyscallError>) -> Result<(), SyscallError> {
        page_table::each_page(self.root, self.first, self.count, visit)
    }

    /// The TLB forgets what it has of them.
    pub fn forget(&self, kernel: &Kernel) {
        match self.count {
            1 => page_table::forget_address(kernel, self.asid, self.first),
            _ => page_table::forget_all(kernel, self.asid),
        }
    }
}
