// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling parameters, and the schedule of domains.

/// Scheduling parameters; times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduling {
    /// 0 to 254.
    pub priority: u8,
    /// At most the period.
    pub budget_us: u64,
    /// At least the budget.
    pub period_us: u64,
}

/// `domains`.
#[derive(Debug, Clone)]
pub struct Domains {
    /// Name and number.
    pub names: Vec<(String, u8)>,
    /// The schedule, in order.
    pub schedule: Vec<ScheduleEntry>,
    /// Index at which the schedule starts.
    pub start_index: u64,
    /// Where in the kernel's table the schedule goes.
    pub index_shift: u64,
}

/// An entry of the domain schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleEntry {
    /// Run that domain for so many microseconds.
    Micros(u8, u64),
    /// Run that domain for so many timer ticks.
    Ticks(u8, u64),
    /// `schedule_end_marker`.
    End,
}
