// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the system needs in all against what the board has.
//!
//! A lower bound: the kernel's own memory and the objects come on top, which the plan counts exactly.

use super::super::context::Context;
use super::super::limits::PAGE;
use super::super::model::{PhysAddr, ProtectionDomain, System};
use super::physical::fixed_range;
use lazaret_diagnostic::Span;

pub(super) fn check(system: &System, cx: &Context<'_>) {
    let in_memory = |phys: &PhysAddr, region: &_| {
        *phys == PhysAddr::Anywhere
            || *phys == PhysAddr::Contiguous
            || fixed_range(region).is_some_and(|range| cx.board.is_memory(&range))
    };
    let regions = system.memory_regions.iter().filter(|region| in_memory(&region.phys, region));
    let mut parts: Vec<(u64, String, Span)> = regions
        .map(|region| (region.size, format!("memory region '{}'", region.name), region.span))
        .chain(
            system
                .protection_domains
                .iter()
                .map(|pd| (own_memory(pd), format!("protection domain '{}'", pd.name), pd.span)),
        )
        .collect();
    let sum = parts.iter().fold(0u64, |sum, (size, ..)| sum.saturating_add(*size));
    let has = cx.board.memory_size();
    if sum <= has {
        return;
    }
    parts.sort_by_key(|(size, ..)| std::cmp::Reverse(*size));
    let what = format!("The system needs {} of memory, but board '{}' has {}", show(sum), cx.board.name, show(has));
    let list: Vec<_> = parts.iter().take(5).map(|(size, name, _)| format!("{name} {}", show(*size))).collect();
    let rest = if parts.len() > 5 { ", ..." } else { "" };
    let span = parts[0].2;
    cx.report(cx.error(span, what).label("the largest part").help(format!("it is made of {}{rest}", list.join(", "))));
}

/// Program, stack and IPC buffer.
fn own_memory(pd: &ProtectionDomain) -> u64 {
    pd.program.elf.as_ref().map_or(0, |elf| elf.memory_size()).saturating_add(pd.stack_size + PAGE)
}

/// A size for people, with the exact number.
fn show(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0x4000_0000.. => (0x4000_0000, "GiB"),
        0x10_0000.. => (0x10_0000, "MiB"),
        _ => (0x400, "KiB"),
    };
    let tenths = (u128::from(bytes) * 10).div_ceil(unit) as u64;
    format!("{}.{} {name} ({bytes:#x})", tenths / 10, tenths % 10)
}
