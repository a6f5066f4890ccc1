// SPDX-License-Identifier: MIT OR Apache-2.0
//! Not wrong, but hardly meant.

use std::collections::HashSet;

use super::super::model::System;
use lazaret_diagnostic::Diagnostic;

/// Warnings about a valid system.
pub(super) fn warnings(system: &System) -> Vec<Diagnostic> {
    let machines = system.protection_domains.iter().filter_map(|pd| pd.virtual_machine.as_ref());
    let maps = system.protection_domains.iter().flat_map(|pd| &pd.maps).chain(machines.flat_map(|vm| &vm.maps));
    let mapped: HashSet<_> = maps.map(|map| map.region).collect();
    let unused = system.regions().filter(|(index, _)| !mapped.contains(index));
    unused
        .map(|(_, region)| {
            let what = format!("Memory region '{}' is not mapped anywhere", region.name);
            Diagnostic::warning(system.source.clone(), region.span, what).on("memory_region")
        })
        .collect()
}
