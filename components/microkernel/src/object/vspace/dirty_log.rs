// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which pages were written since they were asked about last: an extension.
//!
//! The hardware does not let a logged page be written until its first write: that faults, and the kernel lets it be
//! written from there on (`Kernel::logs_write`). What is allowed and what is logged are two things: rights that are
//! taken away or given back change nothing of what the log knows, and the other way round.

use super::pages::Pages;
use crate::arch::Memory;
use crate::arch::arm::abort;
use crate::arch::arm::stage2::{Leaf, Log};
use crate::cap::{Cap, FrameRights};
use crate::config;
use crate::error::SyscallError;
use crate::fault::Fault;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::asid;
use crate::object::page_table::{self, PageTable};
use crate::object::reference::Ref;
use core::cell::Cell;
use lazaret_abi::{Switch, TakeDirty};

const PAGE: u64 = 1 << sel4_abi::PAGE_BITS;
/// Bits of a word of the bitmap, and its bytes.
const WORD_BITS: usize = u64::BITS as usize;
const WORD_BYTES: u64 = size_of::<u64>() as u64;

/// Words of the bitmap, in the caller's frame.
type Bitmap = Ref<Cell<u64>>;

/// VSpace_TakeDirty.
pub(super) fn take(args: &Args<'_>, object: Ref<PageTable>, asid: u16) -> InvocationResult {
    let TakeDirty { address, pages, offset, flags } = args.take()?;
    let pages = Pages::of(args, object, asid, (address, pages))?;
    let bitmap = Some(bitmap(args, offset, pages.count)?).filter(|_| !flags.start);
    let log = if flags.end { Log::Off } else { Log::Clean };
    pages.each(|_, _| Ok(()))?;
    let (mut word, mut changed) = (0, false);
    pages.each(|number, entry| {
        let old = entry.get();
        let leaf = Leaf::of(old);
        if leaf.granted.access == FrameRights::ReadWrite {
            // Of a page that was not logged nobody knows.
            word |= u64::from(leaf.log != Log::Clean) << (number % WORD_BITS);
            if leaf.log != log {
                entry.set(Leaf { log, ..leaf }.put_in(old));
                changed = true;
            }
        }
        if let Some(bitmap) = bitmap
            && (number % WORD_BITS == WORD_BITS - 1 || number == pages.count - 1)
        {
            bitmap.offset(number / WORD_BITS).set(core::mem::take(&mut word));
        }
        Ok(())
    })?;
    if changed {
        pages.forget(args.kernel);
    }
    args.answer(0, pages.count as u64);
    Ok(1)
}

/// Where the bitmap of so many pages goes: RAM that the caller may write.
fn bitmap(args: &Args<'_>, offset: u64, pages: usize) -> Result<Bitmap, SyscallError> {
    let frame = match args.cap(0)?.cap() {
        Cap::Frame(frame) if !frame.device && frame.rights == FrameRights::ReadWrite => frame,
        _ => return Err(SyscallError::InvalidCapability(1)),
    };
    let bytes = pages.div_ceil(WORD_BITS) as u64 * WORD_BYTES;
    if !offset.is_multiple_of(WORD_BYTES) {
        return Err(SyscallError::AlignmentError);
    }
    if offset > (1 << frame.size.bits()) - bytes {
        return Err(SyscallError::InvalidArgument(2));
    }
    Ref::from_addr(frame.paddr + offset)
        .filter(|_| args.kernel.cpu.arch.is_ram(frame.paddr))
        .ok_or(SyscallError::InvalidCapability(1))
}

impl Kernel {
    /// The current thread wrote for the first time to a page that is logged: the page can be written from here on, and
    /// the thread does it again. Its handler is told of all other faults.
    #[cold]
    pub(crate) fn logs_write(&self, fault: Fault) -> bool {
        match fault {
            Fault::VmFault { prefetch: false, addr, esr }
                if config::has(Switch::DirtyLog) && abort::is_refused_write(esr) =>
            {
                self.log_write(addr).is_some()
            }
            _ => false,
        }
    }

    fn log_write(&self, address: u64) -> Option<()> {
        let (root, asid) = self.current()?.vspace.vspace()?;
        if asid::find(self, asid) != Some(root) || address >= self.cpu.arch.user_top() {
            return None;
        }
        let place = page_table::walk(root, address);
        place.frame()?;
        let leaf = Leaf::of(place.get());
        if leaf.log != Log::Clean || leaf.allowed.access != FrameRights::ReadWrite {
            return None;
        }
        place.set(Leaf { log: Log::Dirty, ..leaf }.put_in(place.get()));
        page_table::forget_address(self, asid, address & !(PAGE - 1));
        Some(())
    }
}
