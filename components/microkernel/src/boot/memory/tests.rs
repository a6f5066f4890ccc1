// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever a device tree says, the root task gets nothing that the kernel cannot or must not use.
#![allow(clippy::single_range_in_vec_init, reason = "sets of one range")]

use super::*;
use crate::arch::arm::stage1::{ADDRESS_BITS, Kind, Tables, is_ram};
use crate::boot::device_tree::memory;
use dtoolkit::memreserve::MemoryReservation;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use proptest::prelude::*;

const BASE: u64 = 0x4030_0000;
const KERNEL: Range<u64> = 0x4020_0000..0x4040_0000;
const GIC: [Range<u64>; 2] = [0x0800_0000..0x0801_0000, 0x0803_0000..0x0804_0000];
const CONSOLE: Range<u64> = 0x0900_0000..0x0900_1000;
const MAP_TOP: u64 = 1 << ADDRESS_BITS;
const PHYSICAL_TOP: u64 = 1 << 44;

/// Address and size, as a tree has them.
type Entry = (u64, u64);

fn cells(name: &str, entries: &[Entry]) -> DeviceTreeProperty {
    let bytes: Vec<u8> = entries.iter().flat_map(|(a, s)| [a.to_be_bytes(), s.to_be_bytes()].concat()).collect();
    DeviceTreeProperty::new(name, bytes.as_slice()).unwrap()
}

fn two(name: &str) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, 2u32.to_be_bytes().as_slice()).unwrap()
}

/// A tree with one memory node, reserved memory, and reservations in its header.
fn tree(ram: &[Entry], reserved: &[Entry], reservations: &[Entry]) -> Vec<u8> {
    let mut tree = DeviceTree::new();
    ["#address-cells", "#size-cells"].iter().for_each(|name| tree.root.add_property(two(name)));
    let mut node = DeviceTreeNode::new("memory@0").unwrap();
    node.add_property(DeviceTreeProperty::new("device_type", "memory").unwrap());
    node.add_property(cells("reg", ram));
    tree.root.add_child(node);
    let mut parent = DeviceTreeNode::new("reserved-memory").unwrap();
    ["#address-cells", "#size-cells"].iter().for_each(|name| parent.add_property(two(name)));
    for (number, entry) in reserved.iter().enumerate() {
        let mut child = DeviceTreeNode::new(format!("r@{number:x}")).unwrap();
        child.add_property(cells("reg", &[*entry]));
        parent.add_child(child);
    }
    tree.root.add_child(parent);
    tree.memory_reservations.extend(reservations.iter().map(|(a, s)| MemoryReservation::new(*a, *s)));
    tree.to_dtb()
}

fn known() -> Known<impl Iterator<Item = Range<u64>> + Clone> {
    Known { map_top: MAP_TOP, physical_top: PHYSICAL_TOP, kernel_devices: GIC.into_iter(), console: CONSOLE }
}

/// Tables in which the kernel is mapped as boot maps it.
fn tables() -> Box<Tables> {
    let mut tables = Box::new(Tables::new());
    tables.map(BASE, KERNEL.start, KERNEL.start + 0x2_0000, Kind::Text).unwrap();
    tables.map(BASE, KERNEL.start + 0x2_1000, KERNEL.end, Kind::Data).unwrap();
    for device in GIC.iter().chain([&CONSOLE]) {
        tables.map(BASE, device.start, device.start + PAGE, Kind::Device).unwrap();
    }
    tables
}

/// What boot makes of a tree; `None` if it refuses it.
fn boot(dtb: &[u8]) -> Option<(Memory, Usable, Box<Tables>, u64)> {
    let named = memory(dtb).ok()?;
    let mut tables = tables();
    let mut sorted = usable(&named, known()).ok()?;
    let lost =
        map(&mut sorted.ram, KERNEL, |range| tables.map(BASE, range.start, range.end, Kind::Data).map(drop)).ok()?;
    Some((named, sorted, tables, lost))
}

fn overlaps(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The places at which a range can go wrong.
fn borders(range: &Range<u64>) -> impl Iterator<Item = u64> {
    let middle = (range.start + (range.end - range.start) / 2) / PAGE * PAGE;
    [range.start, middle, range.end - PAGE].into_iter()
}

fn holds(dtb: &[u8]) {
    let Some((named, sorted, tables, _)) = boot(dtb) else { return };
    for range in sorted.ram.iter() {
        assert!(named.ram.contains(&range), "{range:x?} is no RAM");
        assert!(range.start >= PAGE && range.end <= MAP_TOP);
        let taken = named.reserved.iter().chain(GIC).chain([CONSOLE]);
        taken.for_each(|taken| assert!(!overlaps(&range, &taken), "{range:x?} has {taken:x?}"));
        for at in borders(&range).filter(|at| !KERNEL.contains(at)) {
            assert!(tables.lookup(BASE, at).is_some_and(is_ram), "{at:#x} is not mapped as memory");
        }
    }
    for range in sorted.devices.iter() {
        assert!(range.end <= PHYSICAL_TOP);
        let taken = sorted.ram.iter().chain(named.reserved.iter()).chain(GIC);
        taken.for_each(|taken| assert!(!overlaps(&range, &taken), "{range:x?} has {taken:x?}"));
    }
    // The stack's guard, a page of the kernel's that is not mapped on purpose.
    assert_eq!(tables.lookup(BASE, KERNEL.start + 0x2_0000), None);
}

#[test]
fn a_plain_tree_is_used_whole() {
    let (_, sorted, _, lost) = boot(&tree(&[(0x4000_0000, 0x8000_0000)], &[], &[])).unwrap();
    assert_eq!(sorted.ram.iter().collect::<Vec<_>>(), [0x4000_0000..0xc000_0000]);
    assert_eq!((sorted.left_out, lost), (0, 0));
    assert!(sorted.devices.contains(&CONSOLE));
}

#[test]
fn seven_small_reserved_pages_cost_their_pages() {
    let reserved: Vec<Entry> = (1..8).map(|n| (0x4000_0000 + n * 0x0a00_3000, PAGE)).collect();
    let (_, sorted, _, lost) = boot(&tree(&[(0x4000_0000, 0x8000_0000)], &reserved, &[])).unwrap();
    assert_eq!((sorted.ram.size(), lost), (0x8000_0000 - 7 * PAGE, 0));
}

#[test]
fn more_pieces_than_tables_cost_less_than_a_block_each() {
    let reserved: Vec<Entry> = (1..30).map(|n| (0x4000_0000 + n * 0x0400_3000, PAGE)).collect();
    let dtb = tree(&[(0x4000_0000, 0x8000_0000)], &reserved, &[]);
    let (_, sorted, _, lost) = boot(&dtb).unwrap();
    assert!(lost > 0 && lost < 29 * BLOCK, "{lost:#x}");
    assert_eq!(sorted.ram.size(), 0x8000_0000 - 29 * PAGE - lost);
    holds(&dtb);
}

#[test]
fn whole_blocks_get_their_tables_before_pieces_of_blocks() {
    const GIB: u64 = 1 << 30;
    let ram: Vec<Entry> = (1..19).map(|n| (n * GIB + 0x3000, GIB - 0x1_0000)).collect();
    let (_, sorted, _, lost) = boot(&tree(&ram, &[], &[])).unwrap();
    assert!(lost > 0 && lost < 18 * 2 * BLOCK, "{lost:#x}");
    assert_eq!(sorted.ram.size() + lost, 18 * (GIB - 0x1_0000));
}

#[test]
fn memory_beyond_the_kernel_s_reach_is_left_out() {
    let far = [(0x4000_0000, 0x4000_0000), (0x80_0000_0000, 0x4000_0000), (0x7f_c000_0000, 0x8000_0000)];
    let (_, sorted, _, _) = boot(&tree(&far, &[], &[])).unwrap();
    assert_eq!(sorted.ram.iter().collect::<Vec<_>>(), [0x4000_0000..0x8000_0000, 0x7f_c000_0000..0x80_0000_0000]);
    assert_eq!(sorted.left_out, 0x4000_0000);
    assert!(!sorted.devices.contains(&(0x80_0000_0000..0x80_0000_1000)), "memory is no device");
}

#[test]
fn devices_are_no_memory_whatever_the_tree_says() {
    let (_, sorted, _, _) = boot(&tree(&[(0, 0x8000_0000)], &[], &[])).unwrap();
    let mut whole = Regions::new();
    whole.add(PAGE..0x8000_0000).unwrap();
    GIC.into_iter().chain([CONSOLE]).for_each(|device| whole.remove(device).unwrap());
    assert_eq!(sorted.ram, whole);
    assert!(sorted.devices.contains(&CONSOLE));
}

#[test]
fn memory_of_no_size_and_memory_at_zero() {
    assert!(boot(&tree(&[(0x4000_0000, 0)], &[], &[])).is_none());
    let (_, sorted, _, _) = boot(&tree(&[(0, 0x1000), (0x4000_0000, 0x1000_0000)], &[], &[])).unwrap();
    assert_eq!(sorted.ram.iter().collect::<Vec<_>>(), [0x4000_0000..0x5000_0000]);
}

/// Addresses where something is, or just beside it, and the ends of what can be said.
fn address() -> impl Strategy<Value = u64> {
    let near = prop::sample::select(vec![
        0,
        KERNEL.start,
        KERNEL.end,
        GIC[0].start,
        CONSOLE.start,
        0x4000_0000,
        0xc000_0000,
        1 << 38,
        MAP_TOP,
        PHYSICAL_TOP,
        u64::MAX,
    ]);
    prop_oneof![
        (near, -0x40_0000i64..0x40_0000).prop_map(|(at, by)| at.saturating_add_signed(by)),
        (0u64..1 << 32).prop_map(|at| at & !0xfff),
        any::<u64>(),
    ]
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(PAGE), 0u64..0x40_0000, (0u64..1 << 12).prop_map(|n| n << 20), any::<u64>()]
}

fn entries(most: usize) -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((address(), size()), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 256 }, ..ProptestConfig::default() })]

    #[test]
    fn no_tree_gives_away_what_is_not_free(ram in entries(8), reserved in entries(12), header in entries(6)) {
        holds(&tree(&ram, &reserved, &header));
        // The same beside memory that is there.
        let usual: Vec<Entry> = [(0x4000_0000, 0x8000_0000)].into_iter().chain(ram).collect();
        holds(&tree(&usual, &reserved, &header));
    }
}
