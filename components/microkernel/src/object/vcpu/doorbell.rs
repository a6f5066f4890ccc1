// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stores of a guest that signal a notification: `VCPU_SetDoorbell`, an extension.
//!
//! The VCPU object holds the capability, as the kernel does for IRQHandler_SetNotification: it is derived from the one
//! that the VMM named, and goes with it. Then the store is the VMM's fault message again.

use super::{Vcpu, halted};
use crate::arch::Memory;
use crate::cap::{Cap, Slot, derivation};
use crate::error::SyscallError;
use crate::fault::Fault;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::notification::Notification;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use arm_syndrome::{Class, Context, DataAbort, Direction, Esr, Spsr};
use core::cell::Cell;
use lazaret_abi::{DOORBELLS, DoorbellWidth, SetDoorbell};

/// A store, and whom it signals.
#[repr(C)]
pub struct Doorbell {
    /// The notification's capability; empty: there is none.
    pub slot: Slot,
    address: Cell<u64>,
    value: Cell<u64>,
    /// In bytes.
    width: Cell<u64>,
    any_value: Cell<bool>,
}

/// A vCPU's doorbells.
#[repr(C)]
pub struct Doorbells {
    list: [Doorbell; DOORBELLS],
    /// False: none was set since somebody looked. Revocation empties slots and says nothing.
    used: Cell<bool>,
}

/// A store, as the syndrome of its abort tells.
#[derive(Clone, Copy)]
struct Store {
    address: u64,
    width: u64,
    value: u64,
}

impl Store {
    /// `None` of an access that is none, or that the hardware does not describe.
    fn of(guest: &Tcb, fault: Fault) -> Option<Self> {
        let Fault::VmFault { addr, prefetch: false, esr } = fault else { return None };
        let syndrome = Esr::new(esr);
        let abort = DataAbort::from_iss(syndrome.iss());
        let is_store = syndrome.class() == Class::DATA_ABORT_LOWER
            && abort.direction == Direction::Write
            && !abort.cache_maintenance
            && !abort.table_walk
            && (abort.status.is_translation() || abort.status.is_permission());
        let transfer = abort.transfer.filter(|_| is_store)?;
        let value = transfer.stored(guest.context.named_register(esr));
        Some(Self { address: addr, width: transfer.size.bytes(), value })
    }
}

impl Doorbell {
    fn is_rung_by(&self, store: Store) -> bool {
        self.address.get() == store.address
            && self.width.get() == store.width
            && (self.any_value.get() || self.value.get() == store.value)
    }

    fn is_set(&self) -> bool {
        !self.slot.is_empty()
    }
}

impl Doorbells {
    /// The slots.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.list.iter().map(|doorbell| &doorbell.slot)
    }

    /// There may be one. Without any it costs a load and a branch.
    #[inline(always)]
    pub fn are_there(&self) -> bool {
        self.used.get() && self.look()
    }

    #[cold]
    fn look(&self) -> bool {
        self.used.set(self.list.iter().any(Doorbell::is_set));
        self.used.get()
    }
}

pub(super) fn set(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let SetDoorbell { index, address, width, value, flags } = args.take()?;
    const LAST: u64 = DOORBELLS as u64 - 1;
    let doorbells = &vcpu.doorbells;
    let doorbell = doorbells.list.get(index as usize).ok_or(SyscallError::RangeError(0, LAST))?;
    let kernel = args.kernel;
    if width == DoorbellWidth::NONE {
        halted(vcpu)?;
        kernel.delete_simple(Ref::to_part(&doorbell.slot));
        return Ok(0);
    }
    let width = width.bytes();
    check(kernel, address, width, value)?;
    let source = args.cap(0)?;
    let cap = source.cap();
    if !matches!(cap, Cap::Notification { rights, .. } if rights.write()) {
        return Err(SyscallError::InvalidCapability(1));
    }
    halted(vcpu)?;
    let any_value = flags.any_value;
    let collides = |other: &Doorbell| {
        !core::ptr::eq(other, doorbell)
            && other.is_set()
            && other.address.get() == address
            && other.width.get() == width
            && (any_value || other.any_value.get() || other.value.get() == value)
    };
    if doorbells.list.iter().any(collides) {
        return Err(SyscallError::DeleteFirst);
    }
    kernel.delete_simple(Ref::to_part(&doorbell.slot));
    // That may have taken the very capability along.
    if source.cap() == cap {
        derivation::insert(cap, source, Ref::to_part(&doorbell.slot));
        doorbell.address.set(address);
        doorbell.width.set(width);
        doorbell.value.set(value);
        doorbell.any_value.set(any_value);
        doorbells.used.set(true);
    }
    Ok(0)
}

/// Refuses a store that there is none of.
fn check(kernel: &Kernel, address: u64, width: u64, value: u64) -> Result<(), SyscallError> {
    const VALUE: SyscallError = SyscallError::InvalidArgument(3);
    let top = kernel.cpu.arch.user_top();
    if address >= top {
        return Err(SyscallError::RangeError(0, top - 1));
    }
    if !address.is_multiple_of(width) {
        return Err(SyscallError::AlignmentError);
    }
    let unused = 64 - 8 * width as u32;
    if value << unused >> unused == value { Ok(()) } else { Err(VALUE) }
}

/// The VCPU object goes.
pub fn delete_all(kernel: &Kernel, vcpu: Ref<Vcpu>) {
    vcpu.doorbells.slots().for_each(|slot| kernel.delete_simple(Ref::to_part(slot)));
}

impl Kernel {
    /// Whom the guest's fault signals, with the badge, if it is such a store.
    #[inline(always)]
    pub(crate) fn doorbell(&self, guest: Ref<Tcb>, fault: Fault) -> Option<(Ref<Notification>, u64)> {
        let vcpu = guest.vcpu.get()?;
        if vcpu.doorbells.are_there() { find(&vcpu, &guest, fault) } else { None }
    }

    /// The store is done: the signal is sent, and the guest goes on behind it.
    #[cold]
    #[inline(never)]
    pub(crate) fn ring(&self, guest: Ref<Tcb>, fault: Fault, (notification, badge): (Ref<Notification>, u64)) {
        if let Fault::VmFault { esr, .. } = fault {
            let context = &guest.context;
            let after = Context { pc: context.elr.get(), spsr: Spsr(context.spsr.get()) }.advance(Esr::new(esr));
            context.elr.set(after.pc);
            // Where it goes on, should another thread go first.
            guest.fault_ip.set(after.pc);
            context.spsr.set(after.spsr.0);
        }
        self.signal(notification, badge);
    }
}

#[cold]
#[inline(never)]
fn find(vcpu: &Vcpu, guest: &Tcb, fault: Fault) -> Option<(Ref<Notification>, u64)> {
    let store = Store::of(guest, fault)?;
    let doorbell = vcpu.doorbells.list.iter().find(|doorbell| doorbell.is_set() && doorbell.is_rung_by(store))?;
    match doorbell.slot.cap() {
        Cap::Notification { object, badge, .. } => Some((object, badge)),
        _ => None,
    }
}
