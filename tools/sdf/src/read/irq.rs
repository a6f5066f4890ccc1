// SPDX-License-Identifier: MIT OR Apache-2.0
//! `irq`: an interrupt that a protection domain handles.

use super::super::element::{Element, Found};
use super::super::limits::MAX_ID;
use super::super::model::{Irq, SetVar, SetVarValue, Trigger};
use super::{setvar, x86};

/// The id of a channel, irq, child or vCPU.
pub(super) fn id(element: &Element<'_, '_>) -> Option<Found<u64>> {
    element.in_range("id", element.required_number("id"), 0..=MAX_ID)
}

pub(super) fn read(element: &Element<'_, '_>, setvars: &mut Vec<SetVar>) -> Option<Irq> {
    element.allow_attributes_and(&["irq", "id", "trigger", "setvar_id"], &x86::IRQ_ATTRIBUTES);
    element.allow_no_children();
    let id = id(element);
    setvar::attribute(setvars, element, "setvar_id", id.map(|id| SetVarValue::Id(id.value)));
    let trigger = trigger(element);
    let is_x86 = x86::refuse_irq_attributes(element);
    let number = if is_x86 { None } else { number(element) };
    Some(Irq { number: number?, id: id?.value as u8, trigger, span: element.span() })
}

fn number(element: &Element<'_, '_>) -> Option<u32> {
    let board = element.cx().board;
    let found = element.required_number("irq")?;
    if found.value > u64::from(board.max_irq) {
        let what = format!("irq {} does not exist: the board's highest is {}", found.value, board.max_irq);
        element.report(found.span, what);
        return None;
    }
    let number = found.value as u32;
    if let Some((_, owner)) = board.kernel_irqs.iter().find(|(irq, _)| *irq == number) {
        element.report(found.span, format!("irq {number} belongs to {owner}"));
        return None;
    }
    if number < 16 {
        let error = element.error(found.span, format!("irq {number} is not a device's"));
        element.cx().report(error.help("0 to 15 are the signals between cores; a device's number n is written n + 32"));
        return None;
    }
    Some(number)
}

fn trigger(element: &Element<'_, '_>) -> Trigger {
    match element.text("trigger") {
        None | Some(Found { value: "level", .. }) => Trigger::Level,
        Some(Found { value: "edge", .. }) => Trigger::Edge,
        Some(found) => {
            element.report(found.span, format!("trigger must be 'level' or 'edge', not '{}'", found.value));
            Trigger::Level
        }
    }
}
