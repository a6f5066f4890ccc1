// SPDX-License-Identifier: MIT OR Apache-2.0
//! `map`, in a protection domain or in a virtual machine.

use std::collections::BTreeMap;

use super::super::element::{Element, Found};
use super::super::model::{Map, MemoryRegion, MrIndex, Perms, Prefill, SetVar, SetVarValue};
use super::setvar;

/// The memory regions, by name.
pub(super) struct Regions<'a> {
    pub all: &'a [MemoryRegion],
    by_name: BTreeMap<&'a str, MrIndex>,
}

impl<'a> Regions<'a> {
    pub fn new(all: &'a [MemoryRegion]) -> Self {
        // The first of two with one name counts; the second has been reported.
        let by_name = all.iter().enumerate().rev().map(|(i, region)| (region.name.as_str(), MrIndex(i))).collect();
        Regions { all, by_name }
    }

    /// The region of that name; reports an unknown one.
    pub fn find(&self, element: &Element<'_, '_>, name: Found<&str>) -> Option<MrIndex> {
        let found = self.by_name.get(name.value).copied();
        if found.is_none() {
            let names: Vec<_> = self.by_name.keys().copied().filter(|name| !name.is_empty()).collect();
            let error = element.error(name.span, format!("Unknown memory region '{}'", name.value));
            element.cx().report(error.help(super::super::element::suggest_name(name.value, &names, "memory region")));
        }
        found
    }
}

/// A map of a protection domain, whose program can be told about it.
pub(super) fn read(element: &Element<'_, '_>, regions: &Regions<'_>, setvars: &mut Vec<SetVar>) -> Option<Map> {
    let setvar_names = ["setvar_vaddr", "setvar_size", "setvar_prefill_size"];
    element.allow_only_attributes(&[&["mr", "vaddr", "perms", "cached"][..], &setvar_names].concat());
    let (region, vaddr, map) = read_common(element, regions);
    let region = region.map(|index| &regions.all[index.0]);
    setvar::attribute(setvars, element, "setvar_vaddr", vaddr.map(SetVarValue::Vaddr));
    setvar::attribute(setvars, element, "setvar_size", region.map(|region| SetVarValue::Size(region.size)));
    let prefill_size = region.and_then(|region| prefill_size(element, region));
    setvar::attribute(setvars, element, "setvar_prefill_size", prefill_size);
    map
}

/// A map of a virtual machine, which has no program whose symbols could be set.
pub(super) fn read_in_vm(element: &Element<'_, '_>, regions: &Regions<'_>) -> Option<Map> {
    element.allow_only_attributes(&["mr", "vaddr", "perms", "cached"]);
    read_common(element, regions).2
}

fn read_common(element: &Element<'_, '_>, regions: &Regions<'_>) -> (Option<MrIndex>, Option<u64>, Option<Map>) {
    let region = element.required("mr").and_then(|name| regions.find(element, name));
    let vaddr = element.required_number("vaddr").map(|found| found.value);
    let perms = perms(element);
    let cached = element.boolean("cached", true);
    let span = element.attribute_span("vaddr");
    let map = region.zip(vaddr).map(|(region, vaddr)| Map { region, vaddr, perms, cached, span });
    (region, vaddr, map)
}

fn perms(element: &Element<'_, '_>) -> Perms {
    let default = Perms { read: true, write: true, execute: false };
    let Some(found) = element.text("perms") else { return default };
    if found.value.is_empty() || found.value.chars().any(|c| !"rwx".contains(c)) {
        let what = format!("perms must be a combination of 'r', 'w' and 'x', not '{}'", found.value);
        element.report(found.span, what);
        return default;
    }
    let has = |letter| found.value.contains(letter);
    let perms = Perms { read: has('r'), write: has('w'), execute: has('x') };
    if perms.write && !perms.read && !perms.execute {
        let error = element.error(found.span, "perms must not be 'w' alone");
        element.cx().report(error.help("the hardware cannot map memory as write-only: use \"rw\""));
        return default;
    }
    perms
}

fn prefill_size(element: &Element<'_, '_>, region: &MemoryRegion) -> Option<SetVarValue> {
    let attribute = element.text("setvar_prefill_size")?;
    if let Some(Prefill::File { size, .. }) = region.prefill {
        return Some(SetVarValue::PrefillSize(size));
    }
    let what = format!("setvar_prefill_size needs a memory region with prefill_path, and '{}' has none", region.name);
    element.cx().report(element.error(attribute.span, what).also(region.span, "the memory region"));
    None
}
