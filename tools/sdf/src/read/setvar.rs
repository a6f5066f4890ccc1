// SPDX-License-Identifier: MIT OR Apache-2.0
//! Symbols of a program that get a value: `setvar`, and the `setvar_...` attributes of other elements.

use super::super::element::{Element, Found};
use super::super::model::{SetVar, SetVarValue};
use super::map::Regions;

/// The attribute's symbol gets the value.
pub(super) fn attribute(setvars: &mut Vec<SetVar>, element: &Element<'_, '_>, name: &str, value: Option<SetVarValue>) {
    if let Some(symbol) = element.text(name) {
        add(setvars, element, symbol, value);
    }
}

/// `setvar`.
pub(super) fn read(setvars: &mut Vec<SetVar>, element: &Element<'_, '_>, regions: &Regions<'_>) {
    element.allow_only_attributes(&["symbol", "region_paddr"]);
    let symbol = element.required("symbol");
    let region = element.required("region_paddr").and_then(|name| regions.find(element, name));
    if let Some(symbol) = symbol {
        add(setvars, element, symbol, region.map(SetVarValue::RegionPaddr));
    }
}

/// A value that could not be read still takes its symbol, so that a second use is found.
fn add(setvars: &mut Vec<SetVar>, element: &Element<'_, '_>, symbol: Found<&str>, value: Option<SetVarValue>) {
    if symbol.value.is_empty() {
        return element.report(symbol.span, "A symbol's name is empty");
    }
    if let Some(first) = setvars.iter().find(|setvar| setvar.symbol == symbol.value) {
        let error = element.error(symbol.span, format!("setvar on symbol '{}' already exists", symbol.value));
        return element.cx().report(error.also(first.span, "set here"));
    }
    let value = value.unwrap_or(SetVarValue::Id(0));
    setvars.push(SetVar { symbol: symbol.value.into(), value, span: symbol.span });
}
