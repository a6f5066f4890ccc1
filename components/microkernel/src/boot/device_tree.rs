// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel wants to know from the device tree: where RAM is, and which of it is not ours.

use super::regions::{Regions, TooMany};
use core::ops::Range;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node as _, Property as _};

/// First word of a device tree.
const MAGIC: u32 = 0xd00d_feed;
/// Bytes of a header that [`total_size`] looks at.
pub const HEADER: usize = 8;
/// The largest device tree that boot has mapped.
pub const MAX_SIZE: usize = 0x20_0000;
const PAGE: u64 = 4096;

/// Why there is no usable device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceTreeError {
    /// The loader passed none: no magic number.
    Absent,
    /// Longer than [`MAX_SIZE`], or shorter than its header.
    Size,
    /// The structure is broken.
    Broken,
    /// No memory node, or one without ranges.
    NoMemory,
    /// More pieces of memory than the kernel can list.
    TooManyRegions,
}

impl From<TooMany> for DeviceTreeError {
    fn from(_: TooMany) -> Self {
        Self::TooManyRegions
    }
}

/// Size of the device tree that starts with these bytes.
pub fn total_size(header: &[u8]) -> Result<usize, DeviceTreeError> {
    let word = |at: usize| header.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    if word(0) != Some(MAGIC) {
        return Err(DeviceTreeError::Absent);
    }
    match word(4) {
        Some(size) if (40..=MAX_SIZE).contains(&(size as usize)) => Ok(size as usize),
        _ => Err(DeviceTreeError::Size),
    }
}

/// RAM, in whole pages, and the parts of it that somebody has reserved.
pub struct Memory {
    /// All RAM.
    pub ram: Regions,
    /// Neither the kernel's nor anybody's.
    pub reserved: Regions,
}

/// Reads the device tree.
pub fn memory(bytes: &[u8]) -> Result<Memory, DeviceTreeError> {
    let tree = Fdt::new(bytes).map_err(|_| DeviceTreeError::Broken)?;
    let mut memory = Memory { ram: Regions::new(), reserved: Regions::new() };
    for node in tree.root().children() {
        if is_memory(&node) {
            add_ranges(node, &mut memory.ram, inner_pages)?;
        } else if node.name_without_address() == "reserved-memory" {
            for child in node.children() {
                add_ranges(child, &mut memory.reserved, outer_pages)?;
            }
        }
    }
    for reservation in tree.memory_reservations() {
        let (start, size) = (reservation.address(), reservation.size());
        memory.reserved.add(outer_pages(start..start.saturating_add(size)))?;
    }
    if memory.ram.size() == 0 { Err(DeviceTreeError::NoMemory) } else { Ok(memory) }
}

fn is_memory(node: &FdtNode<'_>) -> bool {
    node.property("device_type").and_then(|p| p.value_as::<&str>().ok()) == Some("memory")
}

fn add_ranges(
    node: FdtNode<'_>,
    regions: &mut Regions,
    pages: fn(Range<u64>) -> Range<u64>,
) -> Result<(), DeviceTreeError> {
    let Some(list) = node.reg().map_err(|_| DeviceTreeError::Broken)? else { return Ok(()) };
    for entry in list {
        let start: u64 = entry.address().map_err(|_| DeviceTreeError::Broken)?;
        let size: u64 = entry.size().map_err(|_| DeviceTreeError::Broken)?;
        regions.add(pages(start..start.saturating_add(size)))?;
    }
    Ok(())
}

fn inner_pages(range: Range<u64>) -> Range<u64> {
    range.start.next_multiple_of(PAGE)..range.end / PAGE * PAGE
}

fn outer_pages(range: Range<u64>) -> Range<u64> {
    range.start / PAGE * PAGE..range.end.next_multiple_of(PAGE)
}
