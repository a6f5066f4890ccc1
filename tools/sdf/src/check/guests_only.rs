// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices that only a virtual machine may have: the virtual CPU interface is whichever guest's the core has last run.

use super::super::context::Context;
use super::super::model::System;
use super::physical::{fixed_range, overlap};

pub(super) fn check(system: &System, cx: &Context<'_>) {
    for pd in &system.protection_domains {
        for map in &pd.maps {
            let region = &system[map.region];
            let Some(range) = fixed_range(region) else { continue };
            let devices = cx.board.devices.iter().filter(|device| device.guests_only);
            for device in devices.filter(|device| overlap(&device.range(), &range)) {
                let what = format!(
                    "Protection domain '{}' maps '{}', which is a guest's: {}",
                    pd.name, region.name, device.name
                );
                let help = format!("map '{}' in a 'virtual_machine' only; its VMM needs no map of it", region.name);
                cx.report(cx.error(map.span, what).on("map").also(region.span, "the region").help(help));
            }
        }
    }
}
