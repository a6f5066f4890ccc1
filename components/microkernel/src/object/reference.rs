// SPDX-License-Identifier: MIT OR Apache-2.0
//! Typed references to kernel objects in physical memory: the one place outside `arch` with `unsafe`.
//!
//! Physical memory is identity mapped, so an address is a pointer. On the host an arena stands for the memory.
//!
//! # Why a [`Ref`] is sound to dereference
//! - *Made only over object memory.* A `Ref` comes from [`Ref::from_addr`], which only retype, boot and the
//!   decoder of a slot's words call. Retype and boot hand it zeroed memory that nothing else uses; a slot's
//!   words are what the encoder wrote from a `Ref`.
//! - *Never outlives its object.* An object's memory is reused only by retyping an Untyped whose slot has no
//!   descendant. Every capability to the object is such a descendant, and deleting the last one detaches the
//!   object from every other object and queue (`cap::finalise`), so no stored `Ref` is left. `Ref`s on the stack
//!   end with the kernel entry.
//! - *No aliasing conflict.* Only shared borrows exist and every field is a `Cell`, so there is no exclusive borrow to
//!   conflict with. The kernel is not reentrant (interrupts stay masked at EL2), so on one core nothing runs between a
//!   read of a cell and the write that follows from it.
//! - *No race.* A [`Cpu`](crate::cpu::Cpu) is its own core's: only that core has its address, in TPIDR_EL2. Objects and
//!   [`Shared`](crate::shared::Shared) are everybody's, and there is one core. That is the whole argument today; with a
//!   second core whoever reaches an object or `Shared` must hold the kernel's lock, or the object must be in a resident
//!   pair of its own core (`fastpath::resident`), of which other cores keep off. `Ref` is neither `Send` nor `Sync`.
//! - *Reaches what it may.* A `Ref` from an address has the provenance of all memory that was exposed, so `offset`,
//!   `following` and `at_byte` may go on from it, as far as the object's memory goes: a CNode's slots, the refills behind
//!   a scheduling context, the slots of a TCB. A `Ref` made by `to_part` has that of the borrow, which ends with the
//!   part, and nobody goes on from one: what needs a neighbour is a method of `Ref<Whole>` (`sched::refill`). Miri checks
//!   both under Stacked Borrows.
//! - *Valid from birth.* All types in the list at the end are valid when every byte is zero.
//!
//! The crate's safe code keeps these rules; the type system does not check them.
#![allow(unsafe_code)]

use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

/// A type whose values live in object memory.
///
/// # Safety
/// All-zero bytes are a valid value, all fields have interior mutability, and there is nothing to drop.
pub unsafe trait KernelObject {}

/// A reference to a kernel object, as long-lived as the object.
#[repr(transparent)]
pub struct Ref<T>(NonNull<T>);

impl<T> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ref<T> {}
impl<T> PartialEq for Ref<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Ref<T> {}
impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0.as_ptr() as usize)
    }
}

impl<T: KernelObject> Ref<T> {
    /// The object at an address; `None` at 0. See the rules above for who may call this.
    #[inline(always)]
    pub(crate) fn from_addr(addr: u64) -> Option<Self> {
        debug_assert!(addr.is_multiple_of(align_of::<T>() as u64), "misaligned object");
        NonNull::new(core::ptr::with_exposed_provenance_mut(addr as usize)).map(Self)
    }

    /// Address of the object, physical as well as virtual.
    #[inline(always)]
    pub fn addr(self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    /// The object `count` places further in an array; the caller has checked the array's length.
    #[inline(always)]
    pub(crate) fn offset(self, count: usize) -> Self {
        Self(NonNull::new(self.0.as_ptr().wrapping_add(count)).unwrap_or(self.0))
    }

    /// What begins right behind this object in the same allocation: the caller knows that it is a `U`.
    #[inline(always)]
    pub(crate) fn following<U: KernelObject>(self) -> Ref<U> {
        self.at_byte(size_of::<T>())
    }

    /// The `U` that the caller knows to begin so many bytes into this object's memory. May reach, by
    /// [`offset`](Self::offset), what the object may.
    #[inline(always)]
    pub(crate) fn at_byte<U: KernelObject>(self, byte: usize) -> Ref<U> {
        Ref(NonNull::new(self.0.as_ptr().wrapping_byte_add(byte).cast()).unwrap_or(self.0.cast()))
    }

    /// A reference to a part of a live object, for lists that link parts: to this part and nothing beside it.
    #[inline(always)]
    pub(crate) fn to_part(part: &T) -> Self {
        Self(NonNull::from(part))
    }
}

impl<T: KernelObject> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the module documentation: the memory is a live, valid T and is only ever borrowed shared.
        unsafe { self.0.as_ref() }
    }
}

/// A static of which only one core's kernel, never reentered, touches the cells: the boot core's `Kernel`, and, as long
/// as there is no other core, `Shared`.
pub struct SingleCore<T>(T);

// SAFETY: the boot core is the only one that leaves `entry::start`, and its kernel runs with interrupts masked: there is
// no second context to race with.
unsafe impl<T> Sync for SingleCore<T> {}

impl<T> SingleCore<T> {
    /// Wraps a static's value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
    /// The value.
    #[inline(always)]
    pub const fn get(&self) -> &T {
        &self.0
    }
}

macro_rules! kernel_objects {
    ($($object:ty),* $(,)?) => { $(
        // SAFETY: checked for each type of the list: fields are Cells whose zero is valid, and none has a Drop.
        unsafe impl KernelObject for $object {}
    )* };
}

kernel_objects! {
    crate::cap::Slot,
    crate::object::tcb::Tcb,
    crate::object::endpoint::Endpoint,
    crate::object::notification::Notification,
    crate::object::reply::Reply,
    crate::object::sched_context::SchedContext,
    crate::object::sched_context::Refill,
    crate::object::page_table::PageTable,
    crate::object::asid::AsidPool,
    crate::object::vcpu::Vcpu,
    crate::object::ipc_buffer::Buffer,
    // Boot memory; the first also the words of a dirty log's bitmap, in a user's frame.
    core::cell::Cell<u64>,
    core::cell::Cell<u8>,
}
