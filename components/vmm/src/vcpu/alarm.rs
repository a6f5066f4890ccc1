// SPDX-License-Identifier: MIT OR Apache-2.0
//! The moment at which the kernel tells of an emulated timer (`VCPU_SetAlarm`).

/// What the VMM knows of its vCPU's alarm.
pub(crate) struct Alarm {
    /// What depends on it may have changed.
    pub(crate) is_stale: bool,
    /// The kernel has no alarms: each slow exit looks.
    pub(crate) polls: bool,
    /// What the kernel was told last, if it was.
    pub(crate) told: Option<Option<u64>>,
}

impl Alarm {
    /// Nothing is known.
    pub(crate) const fn new() -> Self {
        Self { is_stale: true, polls: false, told: None }
    }
}
