// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel wants to know from the device tree: where RAM is, and which of it is not ours.

use super::regions::{Regions, TooMany};
use core::ops::Range;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node as _, Property as _};

/// First word of a device tree.
pub const MAGIC: u32 = 0xd00d_feed;
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

/// `None`: the device tree is of a machine that is compatible with `wanted`. Else what it is of.
pub fn other_than<'t>(bytes: &'t [u8], wanted: &str) -> Result<Option<&'t str>, DeviceTreeError> {
    let tree = Fdt::new(bytes).map_err(|_| DeviceTreeError::Broken)?;
    let root = tree.root();
    let mut first = None;
    for name in root.compatible().into_iter().flatten() {
        if name == wanted {
            return Ok(None);
        }
        first = first.or(Some(name));
    }
    Ok(first.or(Some("no named board")))
}

/// Firmware is there, and called by SMC.
pub fn has_firmware(bytes: &[u8]) -> Result<bool, DeviceTreeError> {
    let tree = Fdt::new(bytes).map_err(|_| DeviceTreeError::Broken)?;
    let is_by_smc = |node: FdtNode<'_>| node.property("method").and_then(|p| p.value_as::<&str>().ok()) == Some("smc");
    Ok(tree.root().children().any(|node| node.name() == "psci" && is_by_smc(node)))
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

/// The last page boundary that there is: what ends above it ends at it.
const LAST_PAGE: u64 = u64::MAX / PAGE * PAGE;

fn page_up(address: u64) -> u64 {
    address.checked_next_multiple_of(PAGE).unwrap_or(LAST_PAGE)
}

fn inner_pages(range: Range<u64>) -> Range<u64> {
    page_up(range.start)..range.end / PAGE * PAGE
}

fn outer_pages(range: Range<u64>) -> Range<u64> {
    range.start / PAGE * PAGE..page_up(range.end)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "sets of one range")]
mod tests {
    use super::*;
    use dtoolkit::memreserve::MemoryReservation;
    use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};

    fn cells(name: &str, cells: &[u32]) -> DeviceTreeProperty {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
        DeviceTreeProperty::new(name, bytes.as_slice()).unwrap()
    }

    fn memory_node(name: &str, reg: &[u32]) -> DeviceTreeNode {
        DeviceTreeNode::builder(name)
            .unwrap()
            .property(DeviceTreeProperty::new("device_type", "memory").unwrap())
            .property(cells("reg", reg))
            .build()
    }

    fn tree(nodes: Vec<DeviceTreeNode>) -> DeviceTree {
        let mut tree = DeviceTree::new();
        tree.root.add_property(cells("#address-cells", &[2]));
        tree.root.add_property(cells("#size-cells", &[2]));
        nodes.into_iter().for_each(|node| tree.root.add_child(node));
        tree
    }

    fn ranges(regions: &Regions) -> Vec<Range<u64>> {
        regions.iter().collect()
    }

    #[test]
    fn one_bank() {
        let bytes = tree(vec![memory_node("memory@40000000", &[0, 0x4000_0000, 0, 0x8000_0000])]).to_dtb();
        assert_eq!(total_size(&bytes), Ok(bytes.len()));
        let memory = memory(&bytes).unwrap();
        assert_eq!(ranges(&memory.ram), [0x4000_0000..0xc000_0000]);
        assert!(ranges(&memory.reserved).is_empty());
    }

    #[test]
    fn the_board_is_one_of_the_compatible_ones() {
        let mut tree = tree(vec![]);
        assert_eq!(other_than(&tree.to_dtb(), "b,4"), Ok(Some("no named board")));
        tree.root.add_property(DeviceTreeProperty::new("compatible", b"b,4-b\0b,4\0".as_slice()).unwrap());
        let bytes = tree.to_dtb();
        assert_eq!(other_than(&bytes, "b,4"), Ok(None));
        assert_eq!(other_than(&bytes, "b,4-b"), Ok(None));
        assert_eq!(other_than(&bytes, "b"), Ok(Some("b,4-b")));
    }

    #[test]
    fn firmware_is_there_if_it_says_how_to_call_it() {
        for (name, method, expected) in [
            ("psci", Some("smc"), true),
            ("psci", Some("hvc"), false),
            ("psci", None, false),
            ("other", Some("smc"), false),
        ] {
            let mut node = DeviceTreeNode::new(name).unwrap();
            method.into_iter().for_each(|method| node.add_property(DeviceTreeProperty::new("method", method).unwrap()));
            assert_eq!(has_firmware(&tree(vec![node]).to_dtb()), Ok(expected), "{name} {method:?}");
        }
        assert_eq!(has_firmware(&[]), Err(DeviceTreeError::Broken));
    }

    #[test]
    fn banks_fractions_of_pages_and_reservations() {
        let mut reserved = DeviceTreeNode::new("reserved-memory").unwrap();
        reserved.add_property(cells("#address-cells", &[2]));
        reserved.add_property(cells("#size-cells", &[2]));
        reserved.add_child(
            DeviceTreeNode::builder("firmware@3000").unwrap().property(cells("reg", &[0, 0x3800, 0, 0x1000])).build(),
        );
        let mut tree = tree(vec![
            memory_node("memory@0", &[0, 0x0800, 0, 0x1_0000, 1, 0, 0, 0x10_0000]),
            memory_node("memory@200000", &[0, 0x20_0000, 0, 0x1000]),
            reserved,
        ]);
        tree.memory_reservations.push(MemoryReservation::new(0x8010, 1));
        let memory = memory(&tree.to_dtb()).unwrap();
        assert_eq!(ranges(&memory.ram), [0x1000..0x1_0000, 0x20_0000..0x20_1000, 0x1_0000_0000..0x1_0010_0000]);
        assert_eq!(ranges(&memory.reserved), [0x3000..0x5000, 0x8000..0x9000]);
    }

    #[test]
    fn reservations_that_end_at_the_top_of_the_address_space_count() {
        let top = 0xffff_ffff;
        let mut tree = tree(vec![memory_node("memory@0", &[top, top, 0, 1, 0, 0, 0, 0x1000])]);
        tree.memory_reservations.push(MemoryReservation::new(u64::MAX - 0x1fff, 0x2000));
        tree.memory_reservations.push(MemoryReservation::new(u64::MAX - 1, u64::MAX));
        let memory = memory(&tree.to_dtb()).unwrap();
        assert_eq!(ranges(&memory.ram), [0..0x1000], "less than a page is none");
        assert_eq!(ranges(&memory.reserved), [u64::MAX - 0x1fff..LAST_PAGE]);
    }

    #[test]
    fn what_is_no_device_tree() {
        assert_eq!(total_size(&[0; HEADER]), Err(DeviceTreeError::Absent));
        assert_eq!(total_size(&[0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 39]), Err(DeviceTreeError::Size));
        assert_eq!(total_size(&[0xd0, 0x0d, 0xfe, 0xed, 0, 0x20, 0, 1]), Err(DeviceTreeError::Size));
        assert_eq!(memory(&tree(vec![]).to_dtb()).err(), Some(DeviceTreeError::NoMemory));
    }

    #[test]
    fn broken_ones_are_refused_without_a_panic() {
        let good = tree(vec![memory_node("memory@40000000", &[0, 0x4000_0000, 0, 0x8000_0000])]).to_dtb();
        // Each length and each byte; for Miri a sample.
        let step = if cfg!(miri) { 31 } else { 1 };
        for length in (0..good.len()).step_by(step) {
            assert!(memory(&good[..length]).is_err(), "{length} bytes");
        }
        for at in (0..good.len()).step_by(step) {
            for value in [0, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                // Whatever it says, it says without a panic.
                let _ = total_size(&bad);
                let _ = other_than(&bad, "x");
                let _ = memory(&bad);
            }
        }
        let odd = tree(vec![memory_node("memory@40000000", &[0, 0x4000_0000, 0])]).to_dtb();
        assert_eq!(memory(&odd).err(), Some(DeviceTreeError::Broken));
    }
}
