// SPDX-License-Identifier: MIT OR Apache-2.0
//! VSpaces: the roots of translation, and ASIDs as capabilities.

mod dirty_log;
mod pages;
mod rights;

use crate::arch::{Caches, Memory};
use crate::cap::{Cap, Slot, UntypedCap, derivation};
use crate::cspace::{LookupFailure, lookup_empty};
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::asid::{self, AsidPool, POOL_ENTRIES};
use crate::object::page_table::{self, PageTable};
use crate::object::reference::Ref;
use crate::shared::NUM_ASID_POOLS;
use sel4_abi::invocation::Invocation;
use sel4_abi::object::ASID_POOL_BITS;

pub(super) const NO_SUCH_VSPACE: SyscallError =
    SyscallError::FailedLookup { source: false, failure: LookupFailure::InvalidRoot };

/// The VSpace of extra capability `number` - 1, if it has an ASID and `address` can be mapped in it.
pub fn assigned(args: &Args<'_>, cap: Cap, number: u64, address: u64) -> Result<(Ref<PageTable>, u16), SyscallError> {
    let (root, asid) = match cap {
        Cap::VSpace { object, asid } if asid != 0 => (object, asid),
        _ => return Err(SyscallError::InvalidCapability(number)),
    };
    if address >= args.kernel.cpu.arch.user_top() {
        return Err(SyscallError::InvalidArgument(0));
    }
    match asid::find(args.kernel, asid) {
        None => Err(NO_SUCH_VSPACE),
        Some(found) if found != root => Err(SyscallError::InvalidCapability(number)),
        Some(_) => Ok((root, asid)),
    }
}

/// Invocations of a VSpace capability.
pub fn invoke(args: &Args<'_>, object: Ref<PageTable>, asid: u16) -> InvocationResult {
    match Maintenance::of_vspace(args.label) {
        Some(maintenance) => maintain(args, object, asid, maintenance),
        None if args.is_extension() => match args.label {
            lazaret_abi::VSPACE_SET_RIGHTS => rights::set(args, object, asid),
            lazaret_abi::VSPACE_TAKE_DIRTY => dirty_log::take(args, object, asid),
            _ => Err(SyscallError::IllegalOperation),
        },
        None => Err(SyscallError::IllegalOperation),
    }
}

/// Cache maintenance by virtual address, inside one page.
fn maintain(args: &Args<'_>, object: Ref<PageTable>, asid: u16, maintenance: Maintenance) -> InvocationResult {
    args.require(2, 0)?;
    let (start, end) = (args.word(0), args.word(1));
    if end <= start {
        return Err(SyscallError::InvalidArgument(1));
    }
    if end > args.kernel.cpu.arch.user_top() {
        return Err(SyscallError::IllegalOperation);
    }
    assigned(args, Cap::VSpace { object, asid }, 0, start)?;
    let place = page_table::walk(object, start);
    let Some(frame) = place.frame() else { return Ok(0) };
    let mask = (1 << place.bits_left) - 1;
    if start & !mask != (end - 1) & !mask {
        return Err(SyscallError::RangeError(start, start | mask));
    }
    maintenance.run(args.kernel, frame + (start & mask), end - start);
    Ok(0)
}

/// Cache maintenance that user level can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// Write back.
    Clean,
    /// Drop.
    Invalidate,
    /// Write back and drop.
    CleanInvalidate,
    /// Make instructions fetchable.
    Unify,
}

impl Maintenance {
    const ALL: [Self; 4] = [Self::Clean, Self::Invalidate, Self::CleanInvalidate, Self::Unify];

    fn of_vspace(label: u64) -> Option<Self> {
        Self::ALL.get(label.checked_sub(Invocation::VSpaceCleanData as u64)? as usize).copied()
    }

    /// The one that a label of a frame capability asks for.
    pub fn of_page(label: u64) -> Option<Self> {
        Self::ALL.get(label.checked_sub(Invocation::PageCleanData as u64)? as usize).copied()
    }

    /// Does it, for memory that the kernel has mapped: devices have no caches.
    pub fn run(self, kernel: &Kernel, paddr: u64, bytes: u64) {
        if !kernel.cpu.arch.is_ram(paddr) {
            return;
        }
        match self {
            Self::Clean => kernel.cpu.arch.clean(paddr, bytes),
            Self::Invalidate => kernel.cpu.arch.invalidate(paddr, bytes),
            Self::CleanInvalidate => kernel.cpu.arch.clean_invalidate(paddr, bytes),
            Self::Unify => kernel.cpu.arch.unify(paddr, bytes),
        }
    }
}

/// Invocations of the ASID control capability.
pub fn invoke_asid_control(args: &Args<'_>) -> InvocationResult {
    if args.label != Invocation::AsidControlMakePool as u64 {
        return Err(SyscallError::IllegalOperation);
    }
    args.require(2, 2)?;
    let kernel = args.kernel;
    let Some(number) = (0..NUM_ASID_POOLS).find(|&n| kernel.shared.asid_pools[n].get().is_none()) else {
        return Err(SyscallError::DeleteFirst);
    };
    let parent = args.cap(0)?;
    let untyped = match parent.cap() {
        Cap::Untyped(untyped) if untyped.bits as usize == ASID_POOL_BITS && !untyped.device => untyped,
        _ => return Err(SyscallError::InvalidCapability(1)),
    };
    if derivation::has_children(parent) {
        return Err(SyscallError::RevokeFirst);
    }
    let destination = lookup_empty(&args.cap(1)?.cap(), args.word(0), args.word(1))?;
    make_pool(kernel, parent, untyped, destination, number)
}

fn make_pool(
    kernel: &Kernel,
    parent: Ref<Slot>,
    untyped: UntypedCap,
    destination: Ref<Slot>,
    number: usize,
) -> InvocationResult {
    let size = 1 << untyped.bits;
    kernel.cpu.arch.zero(untyped.paddr, size);
    let Some(pool) = Ref::<AsidPool>::from_addr(untyped.paddr) else {
        return Err(SyscallError::InvalidCapability(1));
    };
    parent.update(Cap::Untyped(UntypedCap { free: size, ..untyped }));
    let base = (number * POOL_ENTRIES) as u16;
    derivation::insert_new(Cap::AsidPool { object: pool, base }, parent, destination);
    kernel.shared.asid_pools[number].set(Some(pool));
    Ok(0)
}

/// Invocations of an ASID pool capability.
pub fn invoke_asid_pool(args: &Args<'_>, pool: Ref<AsidPool>, base: u16) -> InvocationResult {
    if args.label != Invocation::AsidPoolAssign as u64 {
        return Err(SyscallError::IllegalOperation);
    }
    let slot = args.cap(0)?;
    let root = match slot.cap() {
        Cap::VSpace { object, asid: 0 } => object,
        _ => return Err(SyscallError::InvalidCapability(1)),
    };
    match args.kernel.shared.asid_pools[base as usize / POOL_ENTRIES].get() {
        None => return Err(NO_SUCH_VSPACE),
        Some(found) if found != pool => return Err(SyscallError::InvalidCapability(0)),
        Some(_) => {}
    }
    let asid = pool.free_asid(base).ok_or(SyscallError::DeleteFirst)?;
    pool.set(asid, root);
    slot.update(Cap::VSpace { object: root, asid });
    Ok(0)
}
