// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts and signals that pass between guest and kernel without an exit to the VMM.
//!
//! What is set here is the vCPU's, not the VMM's: it outlives a VMM that is killed, and a reset of the guest, which only
//! the VMM knows of, ends it where the VMM says so. It goes with the VCPU object.
//!
//! The kernel owns the list registers that it fills, list register 0 while the timer is prepared and that of a bound
//! notification: an injection into them is refused with `DeleteFirst`.

use crate::Argument;

/// The word of VCPU_InjectIRQ: number 0 to 1019, priority 0 to 31, group 0 or 1, and the list register.
pub const fn injection_word(intid: u16, priority: u8, group: u8, list_register: u8) -> u64 {
    intid as u64 | (priority as u64) << 16 | (group as u64) << 24 | (list_register as u64) << 32
}

/// Such a word; what is wrong with it, `RangeError` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection(pub u64);

impl Argument for Injection {
    const GOOD: &'static [u64] = &[
        injection_word(27, 0, 0, 0),
        injection_word(30, 31, 1, 0),
        injection_word(40, 5, 0, 1),
        injection_word(1019, 0, 1, 3),
        NO_INJECTION,
    ];
    const BAD: &'static [u64] = &[];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Some(Self(word))
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.0
    }
}

/// What takes a preparation back: [`crate::VCPU_PREPARE_VPPI`].
pub const NO_INJECTION: u64 = u64::MAX;

/// What a guest has of the virtual timer's interrupt that the kernel injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum TimerInterrupt {
    /// Nothing.
    None = 0,
    /// It has not taken it yet.
    Pending = 1,
    /// It has taken it, and not ended it.
    Active = 2,
}

impl TimerInterrupt {
    /// Of a message's word.
    pub const fn from_word(word: u64) -> Option<Self> {
        Some(match word {
            0 => Self::None,
            1 => Self::Pending,
            2 => Self::Active,
            _ => return None,
        })
    }
}

/// Doorbells of a vCPU.
pub const DOORBELLS: usize = 8;
/// The width of a doorbell's store in bytes; 0: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorbellWidth(u64);

impl DoorbellWidth {
    /// No doorbell.
    pub const NONE: Self = Self(0);

    /// 0, 1, 2, 4 or 8.
    pub const fn new(bytes: u64) -> Option<Self> {
        if matches!(bytes, 0 | 1 | 2 | 4 | 8) { Some(Self(bytes)) } else { None }
    }

    /// The bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl Argument for DoorbellWidth {
    const GOOD: &'static [u64] = &[0, 1, 2, 4, 8];
    const BAD: &'static [u64] = &[3, 5, 16, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::new(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.0
    }
}

/// Flags of a doorbell: 0, or [`DOORBELL_ANY_VALUE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorbellFlags {
    /// A store of any value rings it.
    pub any_value: bool,
}

impl Argument for DoorbellFlags {
    const GOOD: &'static [u64] = &[0, DOORBELL_ANY_VALUE];
    const BAD: &'static [u64] = &[2, 1 << 63, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        (word & !DOORBELL_ANY_VALUE == 0).then_some(Self { any_value: word != 0 })
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        if self.any_value { DOORBELL_ANY_VALUE } else { 0 }
    }
}

/// Flag of a doorbell: a store of any value rings it.
pub const DOORBELL_ANY_VALUE: u64 = 1;

/// The interrupt of a VPPIEvent that [`crate::VCPU_SET_ALARM`] asked for: that of EL1's physical timer.
pub const ALARM_EVENT: u64 = 30;
/// What takes an alarm back.
pub const NO_ALARM: u64 = u64::MAX;
