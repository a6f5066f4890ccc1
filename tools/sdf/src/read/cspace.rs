// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cspace`: capabilities of one protection domain, handed to another.

use super::super::element::Element;
use super::super::limits::USER_CAP_SLOTS;
use super::super::model::{ProtectionDomain, SharedCap, SharedCapKind};
use super::channel;

const KINDS: [&str; 3] = ["cap_tcb", "cap_sc", "cap_vspace"];

/// The capabilities, once every protection domain is known.
pub(super) fn read(element: &Element<'_, '_>, pds: &[ProtectionDomain]) -> Vec<SharedCap> {
    element.allow_attributes(&[]);
    let mut caps: Vec<SharedCap> = Vec::new();
    for child in element.children() {
        let kind = match child.name() {
            "cap_tcb" => SharedCapKind::Tcb,
            "cap_sc" => SharedCapKind::SchedContext,
            "cap_vspace" => SharedCapKind::VSpace,
            _ => {
                element.unknown_child(&child, &KINDS);
                continue;
            }
        };
        let Some(cap) = shared_cap(&child, kind, pds) else { continue };
        match caps.iter().find(|other| other.slot == cap.slot) {
            Some(first) => {
                let error = child.error(child.attribute_span("slot"), format!("Slot {} is taken twice", cap.slot));
                child.cx().report(error.also(first.span, "taken here"));
            }
            None => caps.push(cap),
        }
    }
    caps
}

fn shared_cap(element: &Element<'_, '_>, kind: SharedCapKind, pds: &[ProtectionDomain]) -> Option<SharedCap> {
    element.allow_only_attributes(&["slot", "pd"]);
    let owner = element.required("pd").and_then(|name| channel::find_pd(element, name, pds));
    let slot = element.required_number("slot")?;
    if slot.value == 0 {
        let error = element.error(slot.span, "slot 0 is reserved");
        element.cx().report(error.help("it holds the protection domain's own capability table"));
        return None;
    }
    let slot = element.in_range("slot", Some(slot), 1..=USER_CAP_SLOTS - 1)?;
    Some(SharedCap { kind, owner: owner?, slot: slot.value as u8, span: element.span() })
}
