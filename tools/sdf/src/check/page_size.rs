// SPDX-License-Identifier: MIT OR Apache-2.0
//! The largest pages that a region's size and every one of its addresses allow.

use super::super::model::{MrIndex, PageSize, PhysAddr, System};

pub(super) fn choose(system: &mut System, given: &[bool]) {
    for (index, &given) in given.iter().enumerate() {
        if given || system.memory_regions[index].size == 0 {
            continue;
        }
        let addresses = addresses(system, MrIndex(index));
        let region = &mut system.memory_regions[index];
        let fits = |page: &PageSize| {
            region.size.is_multiple_of(page.bytes()) && addresses.iter().all(|at| at.is_multiple_of(page.bytes()))
        };
        region.page_size = PageSize::ALL.into_iter().rev().find(fits).unwrap_or(PageSize::Small);
    }
}

fn addresses(system: &System, index: MrIndex) -> Vec<u64> {
    let machines = system.protection_domains.iter().filter_map(|pd| pd.virtual_machine.as_ref());
    let maps = system.protection_domains.iter().flat_map(|pd| &pd.maps).chain(machines.flat_map(|vm| &vm.maps));
    let mut addresses: Vec<_> = maps.filter(|map| map.region == index).map(|map| map.vaddr).collect();
    if let PhysAddr::At(address) = system[index].phys {
        addresses.push(address);
    }
    addresses
}
