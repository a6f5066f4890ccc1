// SPDX-License-Identifier: MIT OR Apache-2.0
//! `domains`: names of scheduling domains, and the schedule that goes round them.

use super::super::element::{Element, suggest_name};
use super::super::limits::MAX_SCHEDULE;
use super::super::model::{Domains, ScheduleEntry};
use super::super::number;
use lazaret_diagnostic::Span;

/// A domain while its number may still be open.
struct Named<'a> {
    name: &'a str,
    number: Option<u64>,
    span: Span,
}

pub(super) fn read(element: &Element<'_, '_>) -> Domains {
    element.allow_attributes(&[]);
    if element.cx().board.cores != 1 {
        element.report(element.span(), "The domain schedule needs a kernel with one core");
    }
    let mut named: Vec<Named<'_>> = Vec::new();
    let mut schedules = Vec::new();
    for child in element.children() {
        match child.name() {
            "domain" => domain(&child, &mut named),
            "domain_schedule" => schedules.push(child),
            _ => element.unknown_child(&child, &["domain", "domain_schedule"]),
        }
    }
    let names = number_all(element, named);
    if let [first, second, ..] = &schedules[..] {
        let error = element.error(second.span(), "domain_schedule must be given only once");
        element.cx().report(error.also(first.span(), "the first"));
    }
    match schedules.first() {
        Some(first) => schedule(first, names),
        None => {
            element.report(element.span(), "Missing required element 'domain_schedule'");
            Domains { names, schedule: Vec::new(), start_index: 0, index_shift: 0 }
        }
    }
}

fn domain<'a>(element: &Element<'a, '_>, named: &mut Vec<Named<'a>>) {
    element.allow_only_attributes(&["name", "id"]);
    let limit = u64::from(element.cx().board.domains) - 1;
    let number = element.in_range("id", element.number("id"), 0..=limit);
    let Some(name) = element.required_name("name") else { return };
    if let Some(first) = named.iter().find(|other| other.name == name.value) {
        let error = element.error(name.span, format!("Duplicate domain name '{}'", name.value));
        return element.cx().report(error.also(first.span, "the first"));
    }
    if let Some(number) = number
        && let Some(first) = named.iter().find(|other| other.number == Some(number.value))
    {
        let error = element.error(number.span, format!("Duplicate domain id {}", number.value));
        element.cx().report(error.also(first.span, "the first"));
    }
    named.push(Named { name: name.value, number: number.map(|n| n.value), span: element.span() });
}

/// Domains without a number get the lowest free ones, in order.
fn number_all(element: &Element<'_, '_>, named: Vec<Named<'_>>) -> Vec<(String, u8)> {
    let limit = u64::from(element.cx().board.domains);
    if named.len() as u64 > limit {
        let what = format!("{} domains are declared, but the kernel has {limit}", named.len());
        element.report(named[limit as usize].span, what);
    }
    let taken: Vec<_> = named.iter().filter_map(|domain| domain.number).collect();
    let mut free = (0..limit).filter(|number| !taken.contains(number));
    let mut number = |domain: &Named<'_>| domain.number.or_else(|| free.next()).unwrap_or(0) as u8;
    named.iter().map(|domain| (domain.name.to_string(), number(domain))).collect()
}

fn schedule(element: &Element<'_, '_>, names: Vec<(String, u8)>) -> Domains {
    element.allow_attributes(&["start_index", "index_shift"]);
    let mut schedule = Vec::new();
    let mut count = 0;
    for child in element.children() {
        count += 1;
        match child.name() {
            "schedule_entry" => schedule.extend(entry(&child, &names)),
            "schedule_end_marker" => {
                child.allow_only_attributes(&[]);
                schedule.push(ScheduleEntry::End);
            }
            _ => element.unknown_child(&child, &["schedule_entry", "schedule_end_marker"]),
        }
    }
    let start_index = element.number("start_index");
    let index_shift = element.number("index_shift");
    check_indices(element, count, start_index.map_or(0, |n| n.value), index_shift.map_or(0, |n| n.value));
    Domains {
        names,
        schedule,
        start_index: start_index.map_or(0, |n| n.value),
        index_shift: index_shift.map_or(0, |n| n.value),
    }
}

fn check_indices(element: &Element<'_, '_>, count: u64, start: u64, shift: u64) {
    if count == 0 {
        return element.report(element.span(), "The domain schedule is empty");
    }
    if count >= MAX_SCHEDULE {
        let what = format!("The domain schedule has {count} entries, but the kernel has room for {}", MAX_SCHEDULE - 1);
        return element.report(element.span(), what);
    }
    if start >= count {
        let what = format!("start_index {start} is beyond the schedule, which has {count} entries");
        element.report(element.attribute_span("start_index"), what);
    }
    if shift.saturating_add(count) >= MAX_SCHEDULE {
        let what = format!("index_shift {shift} leaves no room for {count} entries in the kernel's {MAX_SCHEDULE}");
        element.report(element.attribute_span("index_shift"), what);
    }
}

fn entry(element: &Element<'_, '_>, names: &[(String, u8)]) -> Option<ScheduleEntry> {
    element.allow_only_attributes(&["domain", "duration"]);
    let domain = element.required("domain").and_then(|name| find(element, name.value, names));
    let duration = element.required("duration")?;
    let invalid = || {
        let what = format!("Invalid duration '{}'", duration.value);
        let help = "write a number that is not 0, a space and the unit: \"1000 us\" or \"24000 ticks\"";
        element.cx().report(element.error(duration.span, what).help(help));
    };
    let parsed = duration.value.split_once(' ').and_then(|(n, unit)| Some((number::parse(n).ok()?, unit)));
    match parsed {
        Some((time @ 1.., "us")) => Some(ScheduleEntry::Micros(domain?, time)),
        Some((time @ 1.., "ticks")) => Some(ScheduleEntry::Ticks(domain?, time)),
        _ => {
            invalid();
            None
        }
    }
}

/// The number of a domain, which is named by the attribute `domain`.
pub(super) fn find(element: &Element<'_, '_>, name: &str, names: &[(String, u8)]) -> Option<u8> {
    let found = names.iter().find(|(other, _)| other == name).map(|(_, number)| *number);
    if found.is_none() {
        let known: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
        let error = element.error(element.attribute_span("domain"), format!("Unknown domain '{name}'"));
        element.cx().report(error.help(suggest_name(name, &known, "domain")));
    }
    found
}
