// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's device tree: the template of the build script with its devices and this guest's values.

use super::{BootError, SEED_LENGTH, device_nodes};
use crate::device::{
    self,
    gic::{PHYSICAL_TIMER, VIRTUAL_TIMER},
};
use crate::guest_map::{PHYSICAL_TIMER_INTID, RAM, VIRTUAL_TIMER_INTID};
use core::ops::Range;
use dtoolkit::fdt_mut::FdtMut;

/// The most bytes of a device tree.
pub const CAPACITY: usize = 6144;
/// A device tree.
pub type Blob = heapless::Vec<u8, CAPACITY>;

/// The tree's timers are those that the interrupt controller knows.
const _: () = assert!(VIRTUAL_TIMER == VIRTUAL_TIMER_INTID && PHYSICAL_TIMER == PHYSICAL_TIMER_INTID);

static TEMPLATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.dtb"));

/// The device tree of a guest.
pub fn build(
    ram_size: u64,
    bootargs: &str,
    initrd: Option<Range<u64>>,
    seed: Option<[u8; SEED_LENGTH]>,
) -> Result<Blob, BootError> {
    let mut blob = Blob::from_slice(TEMPLATE).map_err(|_| BootError::DeviceTree)?;
    device_nodes::add(&mut blob, device::ROWS)?;
    let mut fdt = FdtMut::new(&mut blob).map_err(|_| BootError::DeviceTree)?;
    let cells = [(RAM >> 32) as u32, RAM as u32, (ram_size >> 32) as u32, ram_size as u32];
    let mut memory = fdt.find_node_mut("/memory").ok_or(BootError::DeviceTree)?;
    memory.property_mut("reg").ok_or(BootError::DeviceTree)?.set_value(cells).map_err(|_| BootError::DeviceTree)?;
    let mut chosen = fdt.find_node_mut("/chosen").ok_or(BootError::DeviceTree)?;
    let mut arguments = chosen.property_mut("bootargs").ok_or(BootError::DeviceTree)?;
    arguments.set_value(bootargs).map_err(|_| BootError::DeviceTree)?;
    if let Some(Range { start, end }) = initrd {
        chosen.add_property("linux,initrd-start", start).map_err(|_| BootError::DeviceTree)?;
        chosen.add_property("linux,initrd-end", end).map_err(|_| BootError::DeviceTree)?;
    }
    if let Some(seed) = seed {
        chosen.add_property("rng-seed", &seed[..]).map_err(|_| BootError::DeviceTree)?;
    }
    Ok(blob)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dtoolkit::fdt::Fdt;
    use dtoolkit::{Node, Property};
    use std::string::String;

    #[test]
    fn fills_in_the_template() {
        let blob =
            build(256 << 20, "console=ttyAMA0 quiet", Some(0x4220_0000..0x4300_0000), None).expect("a device tree");
        let fdt = Fdt::new(&blob).expect("a valid device tree");
        let chosen = fdt.find_node("/chosen").expect("chosen");
        assert_eq!(chosen.property("bootargs").expect("bootargs").value(), b"console=ttyAMA0 quiet\0");
        assert_eq!(chosen.property("linux,initrd-end").expect("end").value(), 0x4300_0000u64.to_be_bytes());
        assert_eq!(chosen.property("stdout-path").expect("stdout").value(), b"/pl011@9000000\0");
        let memory = fdt.find_node("/memory@40000000").expect("memory");
        assert_eq!(memory.property("reg").expect("reg").value()[8..], (256u64 << 20).to_be_bytes());
        let uart = fdt.find_node("/pl011@9000000").expect("the UART");
        let value = |name: &str| uart.property(name).expect(name).value().to_vec();
        assert_eq!(value("compatible"), b"arm,pl011\0arm,primecell\0");
        assert_eq!(value("reg"), [0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0]);
        assert_eq!(value("interrupts"), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]);
        let timer = fdt.find_node("/timer").expect("the timer");
        let value_of = |name: &str| timer.property(name).expect(name).value().to_vec();
        let [physical, virtual_one] = [14, 11].map(|number| [0, 0, 0, 1, 0, 0, 0, number, 0, 0, 1, 4]);
        assert_eq!(value_of("interrupts"), [physical, virtual_one].concat());
        assert_eq!(value_of("interrupt-names"), b"phys\0virt\0");
        let clock = fdt.find_node("/apb-pclk").expect("the clock");
        let phandle = clock.property("phandle").expect("phandle").value().to_vec();
        assert_eq!(value("clocks"), [phandle.clone(), phandle].concat());
        assert_eq!(value("clock-names"), b"uartclk\0apb_pclk\0");
    }

    #[test]
    fn too_long_bootargs_are_an_error() {
        let long: String = core::iter::repeat_n('x', CAPACITY).collect();
        assert_eq!(build(1 << 24, &long, None, None), Err(BootError::DeviceTree));
        assert!(build(1 << 24, "", None, None).is_ok());
        // Linux's longest, with everything that there can be.
        assert!(build(1 << 24, &long[..2047], Some(0..1), Some([1; SEED_LENGTH])).is_ok());
    }

    #[test]
    fn a_seed_is_there_if_there_is_one() {
        for seed in [None, Some([0x5a; SEED_LENGTH])] {
            let blob = build(1 << 24, "", None, seed).expect("a device tree");
            let chosen = Fdt::new(&blob).expect("a valid device tree").find_node("/chosen").expect("chosen");
            let value = chosen.property("rng-seed").map(|property| property.value().to_vec());
            assert_eq!(value, seed.map(|seed| seed.to_vec()));
        }
    }
}
