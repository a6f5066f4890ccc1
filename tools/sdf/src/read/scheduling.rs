// SPDX-License-Identifier: MIT OR Apache-2.0
//! `priority`, `budget`, `period`, `cpu`: of protection domains and of virtual machines.

use sel4_abi::{MAX_PERIOD_US, MIN_BUDGET_US};

use super::super::element::Element;
use super::super::limits::{DEFAULT_BUDGET_US, MAX_PRIORITY};
use super::super::model::Scheduling;

pub(super) fn read(element: &Element<'_, '_>) -> Scheduling {
    let priority = element.in_range("priority", element.number("priority"), 0..=MAX_PRIORITY);
    let times = MIN_BUDGET_US..=MAX_PERIOD_US;
    let budget = element.in_range("budget", element.number("budget"), times.clone());
    let period = element.in_range("period", element.number("period"), times);
    let budget_us = budget.map_or(DEFAULT_BUDGET_US, |found| found.value);
    let period_us = period.map_or(budget_us, |found| found.value);
    // A budget that could not be read says nothing about the period.
    let budget_known = budget.is_some() || !element.has("budget");
    if budget_known && budget_us > period_us {
        let what = format!("budget ({budget_us}) must not be greater than period ({period_us})");
        let mut error = element.error(element.attribute_span("period"), what);
        error = match budget {
            Some(found) => error.also(found.span, "the budget"),
            None => error.help(format!("the budget is {DEFAULT_BUDGET_US} when none is given")),
        };
        element.cx().report(error);
    }
    Scheduling { priority: priority.map_or(0, |found| found.value as u8), budget_us, period_us }
}

/// The core in `cpu`, if given.
pub(super) fn cpu(element: &Element<'_, '_>) -> Option<u8> {
    let found = element.number("cpu")?;
    let board = element.cx().board;
    if found.value >= u64::from(board.cores) {
        let what = format!("cpu must be less than {}, not {}", board.cores, found.value);
        element.cx().report(element.error(found.span, what).help("that is how many cores the kernel starts"));
        return None;
    }
    Some(found.value as u8)
}
