// SPDX-License-Identifier: MIT OR Apache-2.0
//! A description for another board that names its devices: this board's stand in for them, if its folder says so.
//!
//! Only where nothing else can be meant: the region begins where that device does, nothing is in it at the start, and
//! every map of it is uncached. The device's interrupt is changed in the domains that map the region. Of a device that the
//! board has not the region is memory that nobody has written: programs can tell by its identification registers.

use super::super::context::Context;
use super::super::model::{MemoryRegion, MovedDevice, MrIndex, PhysAddr, ProtectionDomain, System};
use lazaret_board::StandIn;

pub(super) fn apply(system: &mut System, cx: &Context<'_>) {
    let placed: Vec<_> = system
        .regions()
        .filter_map(|(index, region)| {
            let stand_in = cx.board.stand_ins.iter().find(|stand_in| means(region, stand_in))?;
            maps(system, index).all(|cached| !cached).then_some((index, stand_in))
        })
        .collect();
    for (index, stand_in) in placed {
        let region = &mut system.memory_regions[index.0];
        region.phys = stand_in.ours.as_ref().map_or(PhysAddr::Anywhere, |ours| PhysAddr::At(ours.base));
        let moved = MovedDevice { region: region.name.clone(), stand_in: stand_in.clone() };
        system.stand_ins.push(moved);
        system.protection_domains.iter_mut().for_each(|pd| change_irqs(pd, index, stand_in));
    }
}

fn means(region: &MemoryRegion, stand_in: &StandIn) -> bool {
    region.phys == PhysAddr::At(stand_in.theirs.base) && region.prefill.is_none()
}

/// For each map of a region: is it cached?
fn maps(system: &System, region: MrIndex) -> impl Iterator<Item = bool> {
    let machines = system.protection_domains.iter().filter_map(|pd| pd.virtual_machine.as_ref());
    let maps = system.protection_domains.iter().flat_map(|pd| &pd.maps).chain(machines.flat_map(|vm| &vm.maps));
    maps.filter(move |map| map.region == region).map(|map| map.cached)
}

fn change_irqs(pd: &mut ProtectionDomain, region: MrIndex, stand_in: &StandIn) {
    let ours = stand_in.ours.as_ref().and_then(|ours| ours.irq);
    let (Some(theirs), Some(ours)) = (stand_in.theirs.irq, ours) else { return };
    if pd.maps.iter().any(|map| map.region == region) {
        pd.irqs.iter_mut().filter(|irq| irq.number == theirs).for_each(|irq| irq.number = ours);
    }
}
