// SPDX-License-Identifier: MIT OR Apache-2.0
//! Device trees that are right and not plain: the kernel uses what it can, says what it leaves, or refuses by name.

use dtoolkit::memreserve::MemoryReservation;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};

use crate::Scenario;
use crate::bad_boot::{Bench, TREE};

pub const SCENARIOS: &[Scenario] = &[("boot-odd-device-trees", odd_device_trees)];

/// Address and size, as a tree has them.
type Entry = (u64, u64);

const MIB: u64 = 1 << 20;
const PAGE: u64 = 4096;
/// QEMU's `virt` with 2 GiB.
const RAM: Entry = (0x4000_0000, 2048 * MIB);

/// What a tree says of memory.
#[derive(Default)]
struct Tree {
    ram: Vec<Entry>,
    reserved: Vec<Entry>,
    /// In the tree's header.
    reservations: Vec<Entry>,
}

fn odd_device_trees() -> anyhow::Result<()> {
    let bench = Bench::new()?;
    let with = |more: &[Entry]| Tree { ram: [&[RAM], more].concat(), ..Tree::default() };
    // Each in the middle of a block, and none where something else is.
    let pages = |count: u64, stride: u64| (1..=count).map(|n| (RAM.0 + n * stride + 0x3000, PAGE)).collect();
    let cases: [(&str, Tree, String); 9] = [
        ("plain", with(&[]), booted(2048)),
        ("seven reserved pages", Tree { reserved: pages(7, 192 * MIB), ..with(&[]) }, booted(2047)),
        (
            "more reserved pages than tables",
            Tree { reserved: pages(29, 66 * MIB), ..with(&[]) },
            r"WARNING: \d+ KiB of RAM stay unused: 0 KiB are beyond .*, [1-9]\d* KiB in more pieces than its tables"
                .into(),
        ),
        (
            "memory beyond 512 GiB",
            with(&[(1 << 39, 1024 * MIB)]),
            "WARNING: 1048576 KiB of RAM stay unused: 1048576 KiB are beyond the kernel's reach".into(),
        ),
        (
            "a reservation up to the top of the address space",
            Tree { reservations: vec![(1 << 31, u64::MAX - (1 << 31) + 1)], ..with(&[]) },
            booted(1024),
        ),
        ("memory over the GIC and the UART", Tree { ram: vec![(0, 3072 * MIB)], ..Tree::default() }, booted(3071)),
        ("memory of no size", with(&[(0, 0), (0x2000_0000, 0)]), booted(2048)),
        (
            "memory without the kernel",
            Tree { ram: vec![(0x8000_0000, 1024 * MIB)], ..Tree::default() },
            "cannot boot: the memory that the device tree names does not hold the kernel".into(),
        ),
        (
            "memory that ends in the kernel",
            Tree { ram: vec![(0x4000_0000, 0x20_1000), (0x8000_0000, 1024 * MIB)], ..Tree::default() },
            "cannot boot: the memory that the device tree names does not hold the kernel".into(),
        ),
    ];
    for (name, tree, message) in cases {
        bench.boot(name, TREE, &tree.bytes(&bench.board.compatible), &bench.image.bytes, &message)?;
    }
    Ok(())
}

/// What the kernel says at the end of its boot; the root task starts after that line.
fn booted(mib: u64) -> String {
    format!(r"INFO: Lazaret booted at tick \d+: {mib} MiB of RAM")
}

impl Tree {
    fn bytes(&self, board: &str) -> Vec<u8> {
        let mut tree = DeviceTree::new();
        cells_of(&mut tree.root);
        tree.root.add_property(DeviceTreeProperty::new("compatible", board).expect("a name"));
        tree.root.add_child(node("memory@0", &self.ram, Some("memory")));
        let mut reserved = DeviceTreeNode::new("reserved-memory").expect("a name");
        cells_of(&mut reserved);
        for (number, entry) in self.reserved.iter().enumerate() {
            reserved.add_child(node(&format!("page@{number:x}"), &[*entry], None));
        }
        tree.root.add_child(reserved);
        tree.memory_reservations.extend(self.reservations.iter().map(|(a, s)| MemoryReservation::new(*a, *s)));
        tree.to_dtb()
    }
}

fn cells_of(node: &mut DeviceTreeNode) {
    for name in ["#address-cells", "#size-cells"] {
        node.add_property(DeviceTreeProperty::new(name, 2u32).expect("a name"));
    }
}

fn node(name: &str, entries: &[Entry], kind: Option<&str>) -> DeviceTreeNode {
    let mut node = DeviceTreeNode::new(name).expect("a name");
    let bytes: Vec<u8> = entries.iter().flat_map(|(a, s)| [a.to_be_bytes(), s.to_be_bytes()].concat()).collect();
    node.add_property(DeviceTreeProperty::new("reg", bytes.as_slice()).expect("a name"));
    if let Some(kind) = kind {
        node.add_property(DeviceTreeProperty::new("device_type", kind).expect("a name"));
    }
    node
}
