// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds the guest's device tree with placeholders; `boot::fdt` fills them in at run time without a heap, and adds the
//! nodes of the emulated devices.

#[path = "src/guest_map.rs"]
mod guest_map;

use dtoolkit::ToPropertyValue;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use guest_map::{
    CLOCK_PHANDLE, GICC, GICC_SIZE, GICD, GICD_SIZE, MOST_VCPUS, PHYSICAL_TIMER_INTID, RAM, UART, VIRTUAL_TIMER_INTID,
};

const GIC_PHANDLE: u32 = 1;
const PPI: u32 = 1;
/// Level-sensitive, active high.
const LEVEL_HIGH: u32 = 4;

struct Node(DeviceTreeNode);

impl Node {
    fn new(name: &str) -> Self {
        Self(DeviceTreeNode::new(name).expect("a valid node name"))
    }
    fn with(mut self, name: &str, value: impl ToPropertyValue) -> Self {
        self.0.add_property(DeviceTreeProperty::new(name, value).expect("a valid property name"));
        self
    }
    fn flag(self, name: &str) -> Self {
        self.with(name, &[][..] as &[u8])
    }
    fn child(mut self, child: Node) -> Self {
        self.0.add_child(child.0);
        self
    }
}

/// Address and size, two cells each.
fn reg(base: u64, size: u64) -> [u32; 4] {
    [(base >> 32) as u32, base as u32, (size >> 32) as u32, size as u32]
}

/// As many as a guest may have; `boot::fdt` takes away those that it has not.
fn cpus() -> Node {
    let cpu = |number: usize| {
        let cpu = Node::new(&format!("cpu@{number}")).with("device_type", "cpu").with("compatible", "arm,armv8");
        cpu.with("reg", number as u32).with("enable-method", "psci")
    };
    let cpus = Node::new("cpus").with("#address-cells", 1u32).with("#size-cells", 0u32);
    (0..MOST_VCPUS).fold(cpus, |cpus, number| cpus.child(cpu(number)))
}

fn interrupt_controller() -> Node {
    let [a, b, c, d] = reg(GICD, GICD_SIZE);
    let [e, f, g, h] = reg(GICC, GICC_SIZE);
    Node::new(&format!("interrupt-controller@{GICD:x}"))
        .with("compatible", "arm,cortex-a15-gic")
        .with("#interrupt-cells", 3u32)
        .with("#address-cells", 0u32)
        .flag("interrupt-controller")
        .with("reg", [a, b, c, d, e, f, g, h])
        .with("phandle", GIC_PHANDLE)
}

/// A PPI's flags also name the CPUs that it goes to: `boot::fdt` writes those. By their names (`interrupt-names` of the binding): without names an interrupt's place would say which timer it is.
fn timer() -> Node {
    let cells = [PHYSICAL_TIMER_INTID, VIRTUAL_TIMER_INTID].map(|intid| [PPI, u32::from(intid) - 16, LEVEL_HIGH]);
    Node::new("timer")
        .with("compatible", "arm,armv8-timer")
        .with("interrupts", cells.as_flattened())
        .with("interrupt-names", &["phys", "virt"][..])
        .flag("always-on")
}

fn clock() -> Node {
    Node::new("apb-pclk")
        .with("compatible", "fixed-clock")
        .with("#clock-cells", 0u32)
        .with("clock-frequency", 24_000_000u32)
        .with("clock-output-names", "clk24mhz")
        .with("phandle", CLOCK_PHANDLE)
}

fn psci() -> Node {
    Node::new("psci").with("compatible", &["arm,psci-1.0", "arm,psci-0.2"][..]).with("method", "hvc")
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/guest_map.rs");
    let memory = Node::new(&format!("memory@{RAM:x}")).with("device_type", "memory").with("reg", reg(RAM, 0));
    let chosen = Node::new("chosen").with("stdout-path", format!("/pl011@{UART:x}")).with("bootargs", "");
    let mut tree = DeviceTree::new();
    tree.root = Node::new("")
        .with("#address-cells", 2u32)
        .with("#size-cells", 2u32)
        .with("compatible", "linux,dummy-virt")
        .with("model", "Lazaret virtual machine")
        .with("interrupt-parent", GIC_PHANDLE)
        .child(chosen)
        .child(memory)
        .child(cpus())
        .child(psci())
        .child(timer())
        .child(interrupt_controller())
        .child(clock())
        .0;
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(std::path::Path::new(&out).join("guest.dtb"), tree.to_dtb()).expect("OUT_DIR can be written");
}
