// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual CPUs and notifications: who is bound to whom, and what a vCPU's slots hold.

use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::object::notification::Notification;
use crate::object::reference::Ref;
use crate::object::vcpu::{TIMER_REGISTER, Vcpu};
use lazaret_abi::TimerInterrupt;

/// A vCPU.
pub fn check(kernel: &Kernel, vcpu: Ref<Vcpu>, is_alive: &dyn Fn(u64) -> bool) {
    let alive = |addr: u64| assert!(is_alive(addr), "{addr:x} is gone, {vcpu:?} still has it");
    if let Some(thread) = vcpu.tcb.get() {
        alive(thread.addr());
        assert_eq!(thread.vcpu.get(), Some(vcpu));
    }
    if let Some(notification) = vcpu.binding.notification.get() {
        alive(notification.addr());
        assert_eq!(notification.bound_vcpu.get(), Some(vcpu));
        assert!(notification.head.get().is_none(), "{notification:?} is {vcpu:?}'s, and somebody waits for it");
    }
    for slot in vcpu.doorbells.slots() {
        assert!(matches!(slot.cap(), Cap::Null | Cap::Notification { .. }), "{:x?} is no doorbell", slot.cap());
    }
    let is_prepared = vcpu.prepared_timer.get() != 0;
    let timers = is_prepared.then_some(TIMER_REGISTER);
    let bits = timers.into_iter().chain(vcpu.binding.list_register()).fold(0, |bits, index| bits | 1 << index);
    assert_eq!(vcpu.kernels.get(), bits, "the kernel's list registers of {vcpu:?}");
    assert!(is_prepared || kernel.timer_interrupt(vcpu) == TimerInterrupt::None, "{vcpu:?} has a timer interrupt");
}

/// A notification.
pub fn check_notification(notification: Ref<Notification>, is_alive: &dyn Fn(u64) -> bool) {
    if let Some(vcpu) = notification.bound_vcpu.get() {
        assert!(is_alive(vcpu.addr()), "{vcpu:?} is gone, {notification:?} still has it");
        assert_eq!(vcpu.binding.notification.get(), Some(notification));
        assert!(notification.bound_tcb.get().is_none(), "{notification:?} is bound twice");
    }
}
