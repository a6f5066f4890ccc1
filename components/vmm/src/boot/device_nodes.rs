// SPDX-License-Identifier: MIT OR Apache-2.0
//! The nodes of the emulated devices, from the [table](crate::device::ROWS) that the bus is made from.

use super::BootError;
use super::fdt::Blob;
use crate::bus::Row;
use crate::guest_map::CLOCK_PHANDLE;
use core::fmt::Write;
use dtoolkit::fdt_mut::FdtMut;

/// The first SPI.
const FIRST_SPI: u16 = 32;
/// In a cell: an SPI, a PPI.
const SPI: u32 = 0;
const PPI: u32 = 1;
/// Level-sensitive, active high.
const LEVEL_HIGH: u32 = 4;
/// A node has no more clocks than this.
const MAX_CLOCKS: usize = 4;
/// The longest name of a node: 31 characters, `@`, and an address.
type Name = heapless::String<48>;

/// Adds the nodes of all devices that say what they are to the end of the tree.
pub(super) fn add(blob: &mut Blob, rows: &[Row]) -> Result<(), BootError> {
    rows.iter().try_for_each(|row| add_one(blob, row))
}

fn add_one(blob: &mut Blob, row: &Row) -> Result<(), BootError> {
    let Some(node) = row.node else { return Ok(()) };
    let mut name = Name::new();
    write!(name, "{}@{:x}", node.name, row.base).map_err(|_| BootError::DeviceTree)?;
    append_to_root(blob, &name).ok_or(BootError::DeviceTree)?;
    let mut tree = FdtMut::new(blob).map_err(|_| BootError::DeviceTree)?;
    let mut root = tree.root_mut();
    let mut new = root.child_mut(&name).ok_or(BootError::DeviceTree)?;
    new.add_property("compatible", node.compatible).map_err(|_| BootError::DeviceTree)?;
    let reg = [(row.base >> 32) as u32, row.base as u32, (row.size >> 32) as u32, row.size as u32];
    new.add_property("reg", reg).map_err(|_| BootError::DeviceTree)?;
    if let Some(intid) = row.interrupt {
        let (kind, first) = if intid >= FIRST_SPI { (SPI, FIRST_SPI) } else { (PPI, 16) };
        let cells = [kind, u32::from(intid - first), LEVEL_HIGH];
        new.add_property("interrupts", cells).map_err(|_| BootError::DeviceTree)?;
    }
    if node.is_coherent {
        new.add_property("dma-coherent", &[][..] as &[u8]).map_err(|_| BootError::DeviceTree)?;
    }
    if !node.clocks.is_empty() {
        let phandles = [CLOCK_PHANDLE; MAX_CLOCKS];
        let phandles = phandles.get(..node.clocks.len()).ok_or(BootError::DeviceTree)?;
        new.add_property("clocks", phandles).map_err(|_| BootError::DeviceTree)?;
        new.add_property("clock-names", node.clocks).map_err(|_| BootError::DeviceTree)?;
    }
    Ok(())
}

/// Positions in the header of a flattened tree (Devicetree Specification 0.4, section 5.2), in bytes.
const TOTAL_SIZE: usize = 4;
const STRUCTURE: usize = 8;
const STRINGS: usize = 12;
const STRUCTURE_SIZE: usize = 36;
/// Tokens of the structure block.
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
/// The end of the root node and that of the block.
const TAIL: usize = 8;

/// A node without properties as the root's last child, which dtoolkit's editor cannot add. `None`: it does not fit.
fn append_to_root(blob: &mut Blob, name: &str) -> Option<()> {
    let mut token = heapless::Vec::<u8, 64>::new();
    token.extend_from_slice(&BEGIN_NODE.to_be_bytes()).ok()?;
    token.extend_from_slice(name.as_bytes()).ok()?;
    token.push(0).ok()?;
    token.resize(token.len().next_multiple_of(4), 0).ok()?;
    token.extend_from_slice(&END_NODE.to_be_bytes()).ok()?;
    let structure_end = (word(blob, STRUCTURE)? + word(blob, STRUCTURE_SIZE)?) as usize;
    let at = structure_end.checked_sub(TAIL)?;
    if word(blob, STRINGS)? as usize >= structure_end {
        grow(blob, STRINGS, token.len())?;
    }
    grow(blob, STRUCTURE_SIZE, token.len())?;
    grow(blob, TOTAL_SIZE, token.len())?;
    blob.extend_from_slice(&token).ok()?;
    blob.get_mut(at..)?.rotate_right(token.len());
    Some(())
}

fn word(blob: &Blob, at: usize) -> Option<u32> {
    blob.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn grow(blob: &mut Blob, at: usize, by: usize) -> Option<()> {
    let grown = word(blob, at)? + by as u32;
    blob.get_mut(at..)?.first_chunk_mut().map(|bytes| *bytes = grown.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::fdt;
    use crate::bus::Node as DeviceNode;
    use dtoolkit::fdt::Fdt;
    use dtoolkit::{Node, Property};

    const NODE: DeviceNode =
        DeviceNode { name: "dummy", compatible: &["acme,dummy", "acme,any"], clocks: &[], is_coherent: true };
    const ROW: Row = Row { base: 0x1_0a00_0000, size: 0x200, interrupt: Some(48), node: Some(NODE) };

    #[test]
    fn a_device_of_the_table_has_a_node() {
        let mut blob = fdt::build(1, 1 << 24, "", None, None).expect("a device tree");
        let before = Fdt::new(&blob).expect("a device tree").root().children().count();
        add(&mut blob, &[ROW, Row { node: None, ..ROW }]).expect("it fits");
        let tree = Fdt::new(&blob).expect("a device tree");
        assert_eq!(tree.root().children().count(), before + 1);
        let node = tree.find_node("/dummy@10a000000").expect("the node");
        let value = |name: &str| node.property(name).map(|property| property.value().to_vec());
        assert_eq!(value("compatible"), Some(b"acme,dummy\0acme,any\0".to_vec()));
        assert_eq!(value("reg"), Some(std::vec![0, 0, 0, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]));
        assert_eq!(value("interrupts"), Some(std::vec![0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 4]));
        assert_eq!((value("clocks"), value("dma-coherent")), (None, Some(std::vec![])));
        assert!(tree.find_node("/pl011@9000000").is_some());
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let mut blob = fdt::build(1, 1 << 24, "", None, None).expect("a device tree");
        let rows = [ROW; 64];
        assert_eq!(add(&mut blob, &rows), Err(BootError::DeviceTree));
    }
}
