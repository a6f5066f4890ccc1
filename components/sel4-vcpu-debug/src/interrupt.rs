// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts and signals that pass between guest and kernel without an exit to the VMM. What each does stands beside its
//! label in [`lazaret_abi`].

use crate::raw::invoke;
use lazaret_abi::{
    BindNotification, DoorbellFlags, DoorbellWidth, Injection, NO_ALARM, NO_INJECTION, PrepareTimer, SetAlarm,
    SetDoorbell, TimerInterrupt, VCPU_BIND_NOTIFICATION, VCPU_PREPARE_VPPI, VCPU_SET_ALARM, VCPU_SET_DOORBELL,
    VCPU_UNBIND_NOTIFICATION,
};
use sel4::{Cap, Error, InvocationContext, Result, Word, cap_type::Notification, cap_type::VCpu};

/// A store of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doorbell {
    /// The guest-physical address.
    pub address: Word,
    /// In bytes: 1, 2, 4 or 8.
    pub width: Word,
    /// The value that is stored; `None`: any.
    pub value: Option<Word>,
}

/// The kernel injects the virtual timer's interrupt by itself from here on, as this word of VCPU_InjectIRQ says
/// ([`lazaret_abi::injection_word`]), or no longer. What the guest had of it.
pub fn prepare_timer<C: InvocationContext>(vcpu: Cap<VCpu, C>, injection: Option<Word>) -> Result<TimerInterrupt> {
    let injection = Injection(injection.unwrap_or(NO_INJECTION));
    let reply = invoke(vcpu, VCPU_PREPARE_VPPI, &PrepareTimer { injection }.words(), &[])?;
    Ok(TimerInterrupt::from_word(reply.word()).unwrap_or(TimerInterrupt::None))
}

/// When the physical counter is there, the guest's next fault is a VPPIEvent with [`lazaret_abi::ALARM_EVENT`]; `None`: no
/// longer.
pub fn set_alarm<C: InvocationContext>(vcpu: Cap<VCpu, C>, count: Option<Word>) -> Result<()> {
    let count = count.unwrap_or(NO_ALARM);
    invoke(vcpu, VCPU_SET_ALARM, &SetAlarm { count }.words(), &[]).map(drop)
}

/// Such a store signals the notification, and is no fault.
pub fn set_doorbell<C: InvocationContext>(
    vcpu: Cap<VCpu, C>,
    index: Word,
    doorbell: Doorbell,
    notification: Cap<Notification>,
) -> Result<()> {
    let Doorbell { address, width, value } = doorbell;
    let width = DoorbellWidth::new(width).ok_or(Error::InvalidArgument)?;
    let flags = DoorbellFlags { any_value: value.is_none() };
    let words = SetDoorbell { index, address, width, value: value.unwrap_or(0), flags }.words();
    invoke(vcpu, VCPU_SET_DOORBELL, &words, &[notification.bits()]).map(drop)
}

/// The doorbell is one no longer. The kernel wants a notification for this as well, of which it does nothing.
pub fn remove_doorbell<C: InvocationContext>(
    vcpu: Cap<VCpu, C>,
    index: Word,
    notification: Cap<Notification>,
) -> Result<()> {
    let flags = DoorbellFlags { any_value: false };
    let words = SetDoorbell { index, address: 0, width: DoorbellWidth::NONE, value: 0, flags }.words();
    invoke(vcpu, VCPU_SET_DOORBELL, &words, &[notification.bits()]).map(drop)
}

/// A signal to the notification injects this word of VCPU_InjectIRQ.
pub fn bind_notification<C: InvocationContext>(
    vcpu: Cap<VCpu, C>,
    injection: Word,
    notification: Cap<Notification>,
) -> Result<()> {
    let words = BindNotification { injection: Injection(injection) }.words();
    invoke(vcpu, VCPU_BIND_NOTIFICATION, &words, &[notification.bits()]).map(drop)
}

/// Ends that.
pub fn unbind_notification<C: InvocationContext>(vcpu: Cap<VCpu, C>) -> Result<()> {
    invoke(vcpu, VCPU_UNBIND_NOTIFICATION, &[], &[]).map(drop)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use sel4::{cap, fake};
    use std::vec;

    #[test]
    fn marshalling() {
        let vcpu = cap::VCpu::from_bits(330);
        let notification = cap::Notification::from_bits(7);
        fake::push_answer(fake::Answer { words: vec![2], ..Default::default() });
        assert_eq!(prepare_timer(vcpu, Some(27)), Ok(TimerInterrupt::Active));
        assert_eq!(prepare_timer(vcpu, None), Ok(TimerInterrupt::None));
        let doorbell = Doorbell { address: 0x50, width: 4, value: None };
        set_doorbell(vcpu, 1, doorbell, notification).unwrap();
        set_doorbell(vcpu, 2, Doorbell { value: Some(9), ..doorbell }, notification).unwrap();
        remove_doorbell(vcpu, 1, notification).unwrap();
        bind_notification(vcpu, 40, notification).unwrap();
        unbind_notification(vcpu).unwrap();
        let seen: std::vec::Vec<_> = fake::take_calls().into_iter().map(|call| (call.label, call.words)).collect();
        assert_eq!(seen[..2], [(VCPU_PREPARE_VPPI, vec![27]), (VCPU_PREPARE_VPPI, vec![u64::MAX])]);
        let doorbells = [vec![1, 0x50, 4, 0, 1], vec![2, 0x50, 4, 9, 0], vec![1, 0, 0, 0, 0]];
        assert_eq!(seen[2..5], doorbells.map(|words| (VCPU_SET_DOORBELL, words)));
        assert_eq!(seen[5..], [(VCPU_BIND_NOTIFICATION, vec![40]), (VCPU_UNBIND_NOTIFICATION, vec![])]);
    }
}
