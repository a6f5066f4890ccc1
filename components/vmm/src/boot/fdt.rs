// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's device tree: the template of the build script with its devices and this guest's values.

use super::{BootError, SEED_LENGTH, device_nodes};
use crate::device::{
    self,
    gic::{PHYSICAL_TIMER, VIRTUAL_TIMER},
};
use crate::guest_map::{MOST_VCPUS, PHYSICAL_TIMER_INTID, RAM, VIRTUAL_TIMER_INTID};
use core::fmt::Write;
use core::ops::Range;
use dtoolkit::Property;
use dtoolkit::fdt_mut::FdtMut;

/// The most bytes of a device tree.
pub const CAPACITY: usize = 6144;
/// A device tree.
pub type Blob = heapless::Vec<u8, CAPACITY>;

/// The tree's timers are those that the interrupt controller knows.
const _: () = assert!(VIRTUAL_TIMER == VIRTUAL_TIMER_INTID && PHYSICAL_TIMER == PHYSICAL_TIMER_INTID);

static TEMPLATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.dtb"));

/// Timers that the guest is told of, and the cells of an interrupt.
const TIMERS: usize = 2;
const CELLS: usize = 3;
/// The first CPU in the flags of a PPI.
const FIRST_CPU: u32 = 8;

/// The device tree of a guest with so many vCPUs.
pub fn build(
    vcpus: usize,
    ram_size: u64,
    bootargs: &str,
    initrd: Option<Range<u64>>,
    seed: Option<[u8; SEED_LENGTH]>,
) -> Result<Blob, BootError> {
    let mut blob = Blob::from_slice(TEMPLATE).map_err(|_| BootError::DeviceTree)?;
    device_nodes::add(&mut blob, device::ROWS)?;
    set_vcpus(&mut blob, vcpus).ok_or(BootError::DeviceTree)?;
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

/// Takes those away that the guest has not, and names the others where interrupts are private. `None`: the template is
/// another one.
fn set_vcpus(blob: &mut Blob, vcpus: usize) -> Option<()> {
    let mut fdt = FdtMut::new(&mut *blob).ok()?;
    let mut cpus = fdt.find_node_mut("/cpus")?;
    for number in vcpus..MOST_VCPUS {
        let mut name = heapless::String::<8>::new();
        write!(name, "cpu@{number}").ok()?;
        cpus.remove_child(&name).then_some(())?;
    }
    let mut timer = fdt.find_node_mut("/timer")?;
    let mut interrupts = timer.property_mut("interrupts")?;
    let mut cells = [0; TIMERS * CELLS];
    for (cell, bytes) in cells.iter_mut().zip(interrupts.as_read_only().value().as_chunks().0) {
        *cell = u32::from_be_bytes(*bytes);
    }
    let everyone = ((1u32 << vcpus) - 1) << FIRST_CPU;
    cells.iter_mut().skip(CELLS - 1).step_by(CELLS).for_each(|flags| *flags |= everyone);
    interrupts.set_value(cells).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dtoolkit::Node;
    use dtoolkit::fdt::Fdt;
    use std::string::String;

    #[test]
    fn fills_in_the_template() {
        let blob =
            build(1, 256 << 20, "console=ttyAMA0 quiet", Some(0x4220_0000..0x4300_0000), None).expect("a device tree");
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
        assert_eq!(build(1, 1 << 24, &long, None, None), Err(BootError::DeviceTree));
        assert!(build(1, 1 << 24, "", None, None).is_ok());
        // Linux's longest, with everything that there can be.
        assert!(build(1, 1 << 24, &long[..2047], Some(0..1), Some([1; SEED_LENGTH])).is_ok());
    }

    #[test]
    fn it_has_the_guest_s_vcpus_and_no_others() {
        for vcpus in 1..=MOST_VCPUS {
            let blob = build(vcpus, 1 << 24, "", None, None).expect("a device tree");
            let fdt = Fdt::new(&blob).expect("a valid device tree");
            let cpus = fdt.find_node("/cpus").expect("cpus");
            let names: std::vec::Vec<_> = cpus.children().map(|cpu| String::from(cpu.name())).collect();
            assert_eq!(names, (0..vcpus).map(|n| std::format!("cpu@{n}")).collect::<std::vec::Vec<_>>());
            for (n, cpu) in cpus.children().enumerate() {
                assert_eq!(cpu.property("reg").expect("reg").value(), (n as u32).to_be_bytes());
                assert_eq!(cpu.property("enable-method").expect("method").value(), b"psci\0");
            }
            let interrupts =
                fdt.find_node("/timer").expect("timer").property("interrupts").expect("them").value().to_vec();
            let flags = ((1u32 << vcpus) - 1) << 8 | 4;
            assert!(interrupts.chunks(12).all(|cells| cells[8..] == flags.to_be_bytes()), "{interrupts:x?}");
        }
    }

    #[test]
    fn a_seed_is_there_if_there_is_one() {
        for seed in [None, Some([0x5a; SEED_LENGTH])] {
            let blob = build(1, 1 << 24, "", None, seed).expect("a device tree");
            let chosen = Fdt::new(&blob).expect("a valid device tree").find_node("/chosen").expect("chosen");
            let value = chosen.property("rng-seed").map(|property| property.value().to_vec());
            assert_eq!(value, seed.map(|seed| seed.to_vec()));
        }
    }
}
