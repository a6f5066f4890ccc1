// SPDX-License-Identifier: MIT OR Apache-2.0
//! `channel` and its two `end`s.

use super::super::element::{Element, Found, suggest_name};
use super::super::model::{Channel, End, PdIndex, ProtectionDomain, SetVarValue};
use super::{irq, setvar};

/// A channel, once every protection domain is known.
pub(super) fn read(element: &Element<'_, '_>, pds: &mut [ProtectionDomain]) -> Option<Channel> {
    element.allow_attributes(&[]);
    let mut ends = Vec::new();
    for child in element.children() {
        match child.name() {
            "end" => ends.push((child, end(&child, pds))),
            _ => element.unknown_child(&child, &["end"]),
        }
    }
    if ends.len() != 2 {
        let place = ends.get(2).map_or(element.span(), |(extra, _)| extra.span());
        element.report(place, format!("Exactly two 'end' elements must be given, not {}", ends.len()));
        return None;
    }
    let [a, b] = [ends[0].1?, ends[1].1?];
    if a.pp && b.pp {
        let [first, second] = [0, 1].map(|i: usize| ends[i].0.attribute_span("pp"));
        let error = element.error(second, "Both ends have pp: calls can go one way only");
        element.cx().report(error.also(first, "the other"));
    }
    Some(Channel { ends: [a, b], span: element.span() })
}

fn end(element: &Element<'_, '_>, pds: &mut [ProtectionDomain]) -> Option<End> {
    element.allow_only_attributes(&["pd", "id", "pp", "notify", "setvar_id"]);
    let pd = element.required("pd").and_then(|name| find_pd(element, name, pds));
    let id = irq::id(element);
    let pp = element.boolean("pp", false);
    let notify = element.boolean("notify", true);
    if let Some(pd) = pd {
        let value = id.map(|id| SetVarValue::Id(id.value));
        setvar::attribute(&mut pds[pd.0].setvars, element, "setvar_id", value);
    }
    Some(End { pd: pd?, id: id?.value as u8, pp, notify, span: element.span() })
}

/// The protection domain of that name; reports an unknown one.
pub(super) fn find_pd(element: &Element<'_, '_>, name: Found<&str>, pds: &[ProtectionDomain]) -> Option<PdIndex> {
    let found = pds.iter().position(|pd| !pd.name.is_empty() && pd.name == name.value).map(PdIndex);
    if found.is_none() {
        let names: Vec<_> = pds.iter().map(|pd| pd.name.as_str()).filter(|name| !name.is_empty()).collect();
        let error = element.error(name.span, format!("Unknown protection domain '{}'", name.value));
        element.cx().report(error.help(suggest_name(name.value, &names, "protection domain")));
    }
    found
}
