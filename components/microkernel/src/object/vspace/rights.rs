// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of single pages, within what their mappings granted: an extension.

use super::pages::Pages;
use crate::arch::arm::stage2::{Leaf, Rights};
use crate::cap::FrameRights;
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::object::page_table::PageTable;
use crate::object::reference::Ref;
use lazaret_abi::{PageAccess, PageRights, SetPageRights};

/// VSpace_SetRights. The dirty log stays as it is: a clean page that may be written is still told by its first write.
pub(super) fn set(args: &Args<'_>, object: Ref<PageTable>, asid: u16) -> InvocationResult {
    let SetPageRights { address, pages, rights } = args.take()?;
    let pages = Pages::of(args, object, asid, (address, pages))?;
    let wanted = Rights::from(rights);
    pages.each(|_, entry| match wanted.is_within(Leaf::of(entry.get()).granted) {
        true => Ok(()),
        false => Err(SyscallError::InvalidArgument(2)),
    })?;
    let mut changed = false;
    pages.each(|_, entry| {
        let old = entry.get();
        let new = Leaf { allowed: wanted, ..Leaf::of(old) }.put_in(old);
        entry.set(new);
        changed |= new != old;
        Ok(())
    })?;
    // Neither address nor memory type nor size is another, so nothing has to be broken first (Arm ARM D5.10.1).
    if changed {
        pages.forget(args.kernel);
    }
    args.answer(0, pages.count as u64);
    Ok(1)
}

impl From<PageRights> for Rights {
    fn from(rights: PageRights) -> Self {
        let access = match rights.access {
            PageAccess::None => FrameRights::KernelOnly,
            PageAccess::ReadOnly => FrameRights::ReadOnly,
            PageAccess::ReadWrite => FrameRights::ReadWrite,
        };
        Self { access, execute: rights.execute }
    }
}
