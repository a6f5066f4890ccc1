// SPDX-License-Identifier: MIT OR Apache-2.0
//! WFI and WFE: the ISS of EC 0x01.

use crate::Condition;

/// Which of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitKind {
    /// Until an interrupt.
    Wfi,
    /// Until an event.
    Wfe,
    /// Until an interrupt or a time.
    Wfit,
    /// Until an event or a time.
    Wfet,
}

/// A trapped wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Whether it executes.
    pub condition: Condition,
    /// What is waited for.
    pub kind: WaitKind,
}

impl Wait {
    /// ISS of EC 0x01.
    pub const fn from_iss(iss: u32) -> Self {
        let kind = match iss & 0b11 {
            0 => WaitKind::Wfi,
            1 => WaitKind::Wfe,
            2 => WaitKind::Wfit,
            _ => WaitKind::Wfet,
        };
        Self { condition: Condition::of_iss(iss), kind }
    }
}
