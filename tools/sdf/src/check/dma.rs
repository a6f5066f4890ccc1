// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs and guests that have a device which reads and writes memory by itself: without an SMMU nothing keeps it off
//! the kernel's, so they are trusted as the kernel is.

use super::super::model::{Map, System};
use super::physical::{fixed_range, overlap};
use lazaret_board::{Board, Device};
use lazaret_diagnostic::{Diagnostic, Span};

/// A warning for each.
pub(super) fn warnings(system: &System, board: &Board) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pd in &system.protection_domains {
        let mut look = |who: String, maps: &[Map], span: Span, element: &str| {
            if let Some(device) = device_of(system, maps, board) {
                found.push(warning(system, &who, device, span).on(element));
            }
        };
        look(format!("Protection domain '{}'", pd.name), &pd.maps, pd.span, "protection_domain");
        if let Some(machine) = &pd.virtual_machine {
            look(format!("Virtual machine '{}'", machine.name), &machine.maps, machine.span, "virtual_machine");
        }
    }
    found
}

/// The first such device that can be written by one of these maps.
fn device_of<'b>(system: &System, maps: &[Map], board: &'b Board) -> Option<&'b Device> {
    let written = maps.iter().filter(|map| map.perms.write);
    written.filter_map(|map| fixed_range(&system[map.region])).find_map(|range| {
        let mut devices = board.devices.iter().filter(|device| device.dma);
        devices.find(|device| overlap(&device.range(), &range))
    })
}

fn warning(system: &System, who: &str, device: &Device, span: Span) -> Diagnostic {
    let what =
        format!("{who} is trusted as the kernel is: it may have a device read and write any memory ({})", device.name);
    Diagnostic::warning(system.source.clone(), span, what)
        .help("there is no SMMU that would keep the device to what its owner has")
}
