// SPDX-License-Identifier: MIT OR Apache-2.0
//! Maps of each address space: aligned, inside, apart from each other and from the program.

use std::ops::Range;

use super::super::context::Context;
use super::super::limits;
use super::super::model::{Map, MemoryRegion, ProtectionDomain, System};
use super::physical::{overlap, show};

/// An address space: whose, and what it may hold.
struct Space<'a> {
    owner: String,
    /// First address that cannot be mapped.
    top: u64,
    /// Stack, guard page and IPC buffer.
    own: Range<u64>,
    program: Option<&'a ProtectionDomain>,
}

pub(super) fn check(system: &System, cx: &Context<'_>) {
    for pd in &system.protection_domains {
        let owner = format!("protection domain '{}'", pd.name);
        let top = 1 << cx.board.address_bits;
        let own = limits::pd_top(pd.stack_size)..limits::PD_UPPER;
        // Where nothing is above them, memory ends there.
        let below = if top == own.end { own.start } else { top };
        let space = Space { owner, top: below, own, program: Some(pd) };
        check_space(system, &pd.maps, &space, cx);
        if let Some(vm) = &pd.virtual_machine {
            let owner = format!("virtual machine '{}'", vm.name);
            check_space(system, &vm.maps, &Space { owner, top, own: 0..0, program: None }, cx);
        }
    }
}

fn check_space(system: &System, maps: &[Map], space: &Space<'_>, cx: &Context<'_>) {
    let mut placed: Vec<(&Map, &MemoryRegion, Range<u64>)> = Vec::new();
    for map in maps {
        let region = &system[map.region];
        if region.size == 0 {
            continue;
        }
        let Some(range) = inside(map, region, space, cx) else { continue };
        for (other, other_region, taken) in placed.iter().filter(|(_, _, taken)| overlap(taken, &range)) {
            if cx.is_full() {
                return;
            }
            let what = format!(
                "Map of '{}' at {} overlaps the map of '{}' at {} in {}",
                region.name,
                show(&range),
                other_region.name,
                show(taken),
                space.owner
            );
            cx.report(cx.error(map.span, what).on("map").also(other.span, "the other map"));
        }
        apart_from_program(map, region, &range, space, cx);
        placed.push((map, region, range));
    }
}

/// The map's range, if it is aligned and below the top.
fn inside(map: &Map, region: &MemoryRegion, space: &Space<'_>, cx: &Context<'_>) -> Option<Range<u64>> {
    let page = region.page_size.bytes();
    if !map.vaddr.is_multiple_of(page) {
        let what = format!("vaddr {:#x} is not aligned to the page size of '{}', {page:#x},", map.vaddr, region.name);
        let error = cx.error(map.span, what).on("map");
        cx.report(error.help(format!("{:#x} would be", map.vaddr & !(page - 1))));
        return None;
    }
    let end = map.vaddr.checked_add(region.size).filter(|end| *end <= space.top);
    if end.is_none() {
        let what = format!(
            "Map of '{}', {:#x} bytes at {:#x}, is outside the address space of {}, which ends at {:#x},",
            region.name, region.size, map.vaddr, space.owner, space.top
        );
        cx.report(cx.error(map.span, what).on("map"));
    }
    let range = map.vaddr..end?;
    if overlap(&range, &space.own) {
        let what = format!(
            "Map of '{}' at {} is over the stack or the IPC buffer of {}, which are at {}",
            region.name,
            show(&range),
            space.owner,
            show(&space.own)
        );
        cx.report(cx.error(map.span, what).on("map"));
        return None;
    }
    Some(range)
}

fn apart_from_program(map: &Map, region: &MemoryRegion, range: &Range<u64>, space: &Space<'_>, cx: &Context<'_>) {
    let program = space.program.map(|pd| &pd.program);
    let Some((program, elf)) = program.and_then(|program| Some((program, program.elf.as_ref()?))) else { return };
    if let Some(segment) = elf.segments.iter().find(|segment| overlap(&segment.pages(), range)) {
        let what = format!(
            "Map of '{}' at {} overlaps program image '{}' at {} in {}",
            region.name,
            show(range),
            program.name,
            show(&segment.pages()),
            space.owner
        );
        cx.report(cx.error(map.span, what).on("map").also(program.span, "the program image"));
    }
}
