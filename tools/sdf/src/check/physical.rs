// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regions at fixed physical addresses: apart from each other, and on something that the board has.

use std::ops::Range;

use super::super::context::Context;
use super::super::model::{MemoryRegion, PhysAddr, System};
use lazaret_board::Device;

pub(super) fn check(system: &System, cx: &Context<'_>) {
    let mut placed: Vec<(&MemoryRegion, Range<u64>)> = Vec::new();
    for region in &system.memory_regions {
        let Some(range) = fixed_range(region) else { continue };
        for (other, taken) in placed.iter().filter(|(_, taken)| overlap(taken, &range)) {
            if cx.is_full() {
                return;
            }
            let what = format!(
                "Physical addresses {} of region '{}' overlap those of '{}' ({})",
                show(&range),
                region.name,
                other.name,
                show(taken)
            );
            cx.report(cx.error(region.span, what).on("memory_region").also(other.span, "the other region"));
        }
        on_the_board(region, &range, cx);
        placed.push((region, range));
    }
}

/// The physical range of a region with `phys_addr`.
pub(super) fn fixed_range(region: &MemoryRegion) -> Option<Range<u64>> {
    match region.phys {
        PhysAddr::At(start) if region.size > 0 => Some(start..start.checked_add(region.size)?),
        _ => None,
    }
}

pub(super) fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

pub(super) fn show(range: &Range<u64>) -> String {
    format!("[{:#x}..{:#x})", range.start, range.end)
}

fn on_the_board(region: &MemoryRegion, range: &Range<u64>, cx: &Context<'_>) {
    let board = cx.board;
    let report = |what: String, help: String| cx.report(cx.error(region.span, what).on("memory_region").help(help));
    if let Some(device) = board.devices.iter().find(|device| device.kernel && overlap(&device.range(), range)) {
        let what = format!("Region '{}' at {} belongs to the kernel: {}", region.name, show(range), device.name);
        return report(what, format!("it has {}", show(&device.range())));
    }
    let device = board.devices.iter().find(|device| overlap(&device.range(), range));
    let in_memory = board.memory.iter().any(|memory| overlap(memory, range));
    if board.is_memory(range) {
        return;
    }
    let Some(device) = device else {
        let memory: Vec<_> = board.memory.iter().map(show).collect();
        let what = format!("Board '{}' has nothing at {}, where region '{}' is", board.name, show(range), region.name);
        return report(what, format!("its memory is {}", memory.join(", ")));
    };
    // Devices may be smaller than a page, which is the least that can be mapped. A region of a row of small devices may go
    // on beyond them where nothing is: real projects round it up.
    let of = |device: &&Device| overlap(&device.range(), range);
    let last = if device.row && board.devices.iter().filter(of).count() == 1 && !in_memory {
        range.end
    } else {
        device.range().end.next_multiple_of(0x1000)
    };
    if range.start < device.base & !0xfff || range.end > last {
        let what =
            format!("Region '{}' at {} is more than the device there: {}", region.name, show(range), device.name);
        return report(what, format!("the device has {}", show(&device.range())));
    }
    if region.prefill.is_some() {
        let what = format!("Region '{}' is a device ({}) and cannot be prefilled", region.name, device.name);
        report(what, "leave 'phys_addr' out, or give an address in memory".into());
    }
}
