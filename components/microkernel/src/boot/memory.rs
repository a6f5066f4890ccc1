// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of the memory that a device tree names the kernel can and may use.
//!
//! A tree is not always right and not always small. What is in doubt is left out, never handed out: the root task gets
//! as untyped memory only what the kernel has mapped, for making an object of it means that the kernel clears it.

use super::device_tree::Memory;
use super::regions::{Regions, TooMany};
use crate::arch::MapError;
use core::ops::Range;

const PAGE: u64 = 4096;
/// The block in which the kernel maps most of RAM.
const BLOCK: u64 = 0x20_0000;

/// What of the machine's memory is what.
pub struct Usable {
    /// RAM that the kernel can use.
    pub ram: Regions,
    /// Bytes of RAM that the tree names and the kernel cannot reach.
    pub left_out: u64,
    /// What can become device memory: no RAM, nothing reserved, nothing of the kernel's.
    pub devices: Regions,
}

/// What the kernel knows of the machine, whatever the tree says.
pub struct Known<D> {
    /// One past the highest physical address that the kernel can map.
    pub map_top: u64,
    /// One past the highest physical address of the core.
    pub physical_top: u64,
    /// Devices of the kernel's that nobody else gets.
    pub kernel_devices: D,
    /// A device that is no RAM even if the tree says so, and that user level may have.
    pub console: Range<u64>,
}

/// Sorts out what a device tree says.
pub fn usable(tree: &Memory, known: Known<impl Iterator<Item = Range<u64>> + Clone>) -> Result<Usable, TooMany> {
    let mut ram = tree.ram.clone();
    // Address 0 is no object's: it is how the kernel says that there is none.
    ram.remove(0..PAGE)?;
    ram.remove(known.map_top.min(known.physical_top)..u64::MAX)?;
    for taken in tree.reserved.iter().chain(known.kernel_devices.clone()).chain([known.console.clone()]) {
        ram.remove(taken)?;
    }
    let mut devices = Regions::new();
    devices.add(0..known.physical_top)?;
    tree.ram.iter().try_for_each(|range| devices.remove(range))?;
    devices.add(known.console)?;
    known.kernel_devices.chain(tree.reserved.iter()).try_for_each(|range| devices.remove(range))?;
    let left_out = tree.ram.size() - within(&tree.ram, known.map_top.min(known.physical_top))?;
    Ok(Usable { ram, left_out, devices })
}

/// Bytes of a set below an address.
fn within(regions: &Regions, top: u64) -> Result<u64, TooMany> {
    let mut below = regions.clone();
    below.remove(top..u64::MAX)?;
    Ok(below.size())
}

/// Maps RAM, and takes out of the set what cannot be mapped. `kernel` is mapped already, with rights of its own.
///
/// Whole blocks come first, because a piece of a block costs a table of its own, and the kernel's tables are few: what
/// is lost when they run out is smaller than a block for each piece. Returns the bytes that were lost.
pub fn map(
    ram: &mut Regions,
    kernel: Range<u64>,
    mut map_ram: impl FnMut(Range<u64>) -> Result<(), MapError>,
) -> Result<u64, TooMany> {
    let mut open = ram.clone();
    open.remove(kernel)?;
    let mut lost = 0;
    for whole_blocks in [true, false] {
        for piece in open.iter().flat_map(|range| pieces(range, whole_blocks)).filter(|piece| !piece.is_empty()) {
            if map_ram(piece.clone()).is_err() {
                lost += piece.end - piece.start;
                ram.remove(piece)?;
            }
        }
    }
    Ok(lost)
}

/// The whole blocks of a range, or what is before and after them.
fn pieces(range: Range<u64>, whole_blocks: bool) -> [Range<u64>; 2] {
    let start = range.start.next_multiple_of(BLOCK);
    let end = range.end / BLOCK * BLOCK;
    match (start < end, whole_blocks) {
        (true, true) => [start..end, 0..0],
        (true, false) => [range.start..start, end..range.end],
        (false, true) => [0..0, 0..0],
        (false, false) => [range, 0..0],
    }
}

#[cfg(test)]
mod tests;
