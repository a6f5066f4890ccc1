// SPDX-License-Identifier: MIT OR Apache-2.0
//! A notification whose signals inject an interrupt: `VCPU_BindNotification`, an extension.
//!
//! Neither side keeps the other alive, as with TCB_BindNotification. The notification has no badge to give and nobody
//! who waits for it: a signal is the interrupt. One that finds another interrupt in the list register stays in the
//! notification (it is *active*) until that has ended.

use super::{Vcpu, halted, injection};
use crate::arch::VirtualGic;
use crate::cap::Cap;
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::notification::{Notification, NotificationState};
use crate::object::reference::Ref;
use crate::object::vgic;
use core::cell::Cell;
use lazaret_abi::BindNotification;

/// A vCPU's side.
#[repr(C)]
pub struct Binding {
    /// What is bound.
    pub notification: Cell<Option<Ref<Notification>>>,
    value: Cell<u32>,
    index: Cell<u8>,
}

impl Binding {
    /// The list register that a signal fills, if a notification is bound.
    pub fn list_register(&self) -> Option<u8> {
        self.notification.get().map(|_| self.index.get())
    }
}

pub(super) fn bind(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let BindNotification { injection } = args.take()?;
    let kernel = args.kernel;
    let injection = injection::injection(kernel, injection.0)?;
    let notification = match args.cap(0)?.cap() {
        Cap::Notification { object, rights, .. } if rights.read() => object,
        _ => return Err(SyscallError::InvalidCapability(1)),
    };
    halted(vcpu)?;
    if vcpu.binding.notification.get().is_some() || !notification.can_be_bound() {
        return Err(SyscallError::IllegalOperation);
    }
    if vcpu.is_kernels(injection.index) {
        return Err(SyscallError::DeleteFirst);
    }
    vcpu.binding.notification.set(Some(notification));
    vcpu.binding.value.set(vgic::without_maintenance(injection.list_register()));
    vcpu.binding.index.set(injection.index);
    vcpu.count_kernels();
    notification.bound_vcpu.set(Some(vcpu));
    // Signals that nobody took are the first ones.
    if notification.state.get() == NotificationState::Active && kernel.inject_bound(vcpu) {
        notification.state.set(NotificationState::Idle);
    }
    Ok(0)
}

pub(super) fn unbind(vcpu: Ref<Vcpu>) -> InvocationResult {
    vcpu.binding.notification.get().ok_or(SyscallError::IllegalOperation)?;
    end(vcpu);
    Ok(0)
}

/// Neither knows of the other any more. An interrupt that is in the list register stays there.
pub fn end(vcpu: Ref<Vcpu>) {
    if let Some(notification) = vcpu.binding.notification.take() {
        notification.bound_vcpu.set(None);
        vcpu.count_kernels();
    }
}

impl Kernel {
    /// Makes the bound interrupt pending, once more if the guest handles it; false: another one is in its place, and the
    /// guest will leave when that has ended. A vCPU that waits for an interrupt goes on.
    pub(crate) fn inject_bound(&self, vcpu: Ref<Vcpu>) -> bool {
        let (arch, index) = (&self.cpu.arch, vcpu.binding.index.get());
        let held = arch.list_register(vcpu, index);
        let joined = vgic::joined(held, vcpu.binding.value.get());
        arch.set_list_register(vcpu, index, joined.unwrap_or(vgic::with_maintenance(held)));
        self.wake_waiting(vcpu);
        joined.is_some()
    }
}
