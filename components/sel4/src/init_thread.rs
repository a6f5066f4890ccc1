// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root task's CSpace.

use core::{marker::PhantomData, ops::Range};

use crate::{CPtr, CPtrBits, Cap, CapType, cap_type, sys::boot_info};

/// A slot of the root task's CNode.
#[derive(Debug, Copy, Clone, Ord, PartialOrd, Eq, PartialEq, Hash)]
pub struct Slot<T: CapType = cap_type::Unspecified> {
    index: usize,
    kind: PhantomData<T>,
}

impl<T: CapType> Slot<T> {
    /// From its number.
    pub const fn from_index(index: usize) -> Self {
        Self { index, kind: PhantomData }
    }

    /// Its number.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Its number as a capability pointer.
    pub const fn cptr_bits(&self) -> CPtrBits {
        self.index as CPtrBits
    }

    /// The capability pointer.
    pub const fn cptr(&self) -> CPtr {
        CPtr::from_bits(self.cptr_bits())
    }

    /// The capability.
    pub const fn cap(&self) -> Cap<T> {
        self.cptr().cast()
    }

    /// Says that it holds another kind.
    pub const fn cast<T1: CapType>(&self) -> Slot<T1> {
        Slot::from_index(self.index)
    }

    /// Forgets the kind.
    pub const fn upcast(&self) -> Slot {
        self.cast()
    }
}

impl Slot {
    /// Says which kind it holds.
    pub const fn downcast<T: CapType>(&self) -> Slot<T> {
        self.cast()
    }
}

/// A run of slots. Corresponds to `seL4_SlotRegion`.
#[derive(Debug, Clone, Eq, PartialEq)]
pub struct SlotRegion<T: CapType> {
    range: Range<usize>,
    kind: PhantomData<T>,
}

#[allow(clippy::len_without_is_empty, reason = "as upstream's")]
impl<T: CapType> SlotRegion<T> {
    pub(crate) const fn from_sys(region: boot_info::SlotRegion) -> Self {
        Self { range: region.start as usize..region.end as usize, kind: PhantomData }
    }

    /// First slot.
    pub const fn start(&self) -> usize {
        self.range.start
    }

    /// One past the last.
    pub const fn end(&self) -> usize {
        self.range.end
    }

    /// Both.
    pub const fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Slots.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// The i-th slot.
    pub fn index(&self, i: usize) -> Slot<T> {
        assert!(i < self.len());
        Slot::from_index(self.range.start + i)
    }
}

/// The slots that the kernel fills.
pub mod slot {
    use super::{Slot, boot_info, cap_type};

    macro_rules! slots {
        ($($name:ident: $kind:ident = $number:ident,)*) => {$(
            #[doc = concat!("Corresponds to slot `", stringify!($number), "` of `seL4_RootCNodeCapSlots`.")]
            pub const $name: Slot<cap_type::$kind> = Slot::from_index(boot_info::slot::$number as usize);
        )*};
    }

    slots! {
        NULL: Null = NULL,
        TCB: Tcb = TCB,
        CNODE: CNode = CNODE,
        VSPACE: VSpace = VSPACE,
        IRQ_CONTROL: IrqControl = IRQ_CONTROL,
        ASID_CONTROL: AsidControl = ASID_CONTROL,
        ASID_POOL: AsidPool = ASID_POOL,
        BOOT_INFO_FRAME: Granule = BOOT_INFO_FRAME,
        IPC_BUFFER: Granule = IPC_BUFFER,
        DOMAIN_SET: DomainSet = DOMAIN,
        SC: SchedContext = SCHED_CONTEXT,
    }
}

/// Suspends the initial thread for good.
pub fn suspend_self<T>() -> T {
    slot::TCB.cap().tcb_suspend().expect("the initial thread's own capability");
    unreachable!()
}
