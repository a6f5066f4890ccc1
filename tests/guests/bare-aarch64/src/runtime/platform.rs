// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where this machine has its devices: by its device tree, else where Lazaret's guests find them.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node as _, Property as _};

static SEED_LENGTH: AtomicU64 = AtomicU64::new(0);
static CLOCK: AtomicU64 = AtomicU64::new(0x0901_0000);
static UART: AtomicU64 = AtomicU64::new(0x0900_0000);
static DISTRIBUTOR: AtomicU64 = AtomicU64::new(0x0800_0000);
static CPU_INTERFACE: AtomicU64 = AtomicU64::new(0x0801_0000);

/// Address and interrupt of each device by Virtio; 0 is none.
static VIRTIO: [(AtomicU64, AtomicU64); 8] = [const { (AtomicU64::new(0), AtomicU64::new(0)) }; 8];

/// A PL011, or as much of one as text needs.
const UARTS: [&str; 2] = ["arm,pl011", "arm,sbsa-uart"];
const CLOCKS: [&str; 1] = ["arm,pl031"];
const VIRTIO_BUS: [&str; 1] = ["virtio,mmio"];
/// The first shared interrupt.
const SHARED: u64 = 32;
/// A GICv2.
const GICS: [&str; 3] = ["arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic"];

/// Looks through the tree.
pub fn discover(tree: Fdt<'_>) {
    if let Some(chosen) = tree.find_node("/chosen")
        && let Some(seed) = chosen.property("rng-seed")
        && seed.value().iter().any(|&byte| byte != 0)
    {
        SEED_LENGTH.store(seed.value().len() as u64, Relaxed);
    }
    visit(tree.root());
}

/// Bytes of entropy in the tree, if not all are zero.
pub fn seed_length() -> u64 {
    SEED_LENGTH.load(Relaxed)
}

/// The UART's first register.
pub fn uart() -> usize {
    UART.load(Relaxed) as usize
}

/// The real-time clock's first register.
pub fn clock() -> usize {
    CLOCK.load(Relaxed) as usize
}

/// The distributor's first register.
pub fn distributor() -> usize {
    DISTRIBUTOR.load(Relaxed) as usize
}

/// The CPU interface's first register.
pub fn cpu_interface() -> usize {
    CPU_INTERFACE.load(Relaxed) as usize
}

/// First registers and interrupts of the devices by Virtio.
pub fn virtio() -> impl Iterator<Item = (usize, u32)> {
    let devices = VIRTIO.iter().map(|(base, intid)| (base.load(Relaxed) as usize, intid.load(Relaxed) as u32));
    devices.filter(|(base, _)| *base != 0)
}

fn visit(node: FdtNode<'_>) {
    if is(node, &UARTS) {
        remember(node, &[&UART]);
    } else if is(node, &CLOCKS) {
        remember(node, &[&CLOCK]);
    } else if is(node, &GICS) {
        remember(node, &[&DISTRIBUTOR, &CPU_INTERFACE]);
    } else if is(node, &VIRTIO_BUS)
        && let Some((base, intid)) = VIRTIO.iter().find(|(base, _)| base.load(Relaxed) == 0)
    {
        remember(node, &[base]);
        intid.store(SHARED + shared_interrupt(node), Relaxed);
    }
    node.children().for_each(visit);
}

fn is(node: FdtNode<'_>, names: &[&str]) -> bool {
    node.compatible().is_some_and(|mut own| own.any(|name| names.contains(&name)))
}

/// Its number among the shared ones: the second cell of three.
fn shared_interrupt(node: FdtNode<'_>) -> u64 {
    let number = node.property("interrupts").and_then(|property| property.value().get(4..8)?.first_chunk().copied());
    u32::from_be_bytes(number.unwrap_or_default()).into()
}

fn remember(node: FdtNode<'_>, places: &[&AtomicU64]) {
    let Ok(Some(ranges)) = node.reg() else { return };
    for (range, place) in ranges.zip(places) {
        if let Ok(address) = range.address() {
            place.store(address, Relaxed);
        }
    }
}
