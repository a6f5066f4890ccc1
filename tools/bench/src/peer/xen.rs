// SPDX-License-Identifier: MIT OR Apache-2.0
//! Xen: Debian's package, started with a guest and without a dom0; its console is emulated at EL2.

use std::path::{Path, PathBuf};

use anyhow::Context;
use dtoolkit::Node;
use dtoolkit::fdt::Fdt;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};

use crate::subject::{Bench, Job};
use lazaret_machine::Qemu;

/// Where QEMU puts the guest's image; Xen copies it from there.
const IMAGE: u32 = 0x6000_0000;
const XEN_ARGUMENTS: &str = "console=dtuart sync_console noreboot";
/// KiB.
const GUEST_MEMORY: u32 = 32 * 1024;

/// QEMU and Xen to start in it.
pub fn machine(bench: &Bench<'_>, job: Job<'_>) -> anyhow::Result<(Qemu, PathBuf)> {
    let folder = bench.folder()?;
    let xen = folder.join("xen.img");
    std::fs::write(&xen, lazaret_guests::xen(bench.workspace)?.0).with_context(|| xen.display().to_string())?;
    let guest = bench.guest(job)?;
    let image = folder.join("xen-guest.img");
    std::fs::write(&image, &guest)?;
    let tree = folder.join("xen.dtb");
    std::fs::write(&tree, device_tree(bench, &xen, guest.len() as u32, job)?)?;
    let mut qemu = bench.qemu()?;
    let loader = format!("loader,file={},addr={IMAGE:#x},force-raw=on", image.display());
    qemu.more.extend(["-dtb".into(), tree.display().to_string()]);
    qemu.more.extend(["-device".into(), loader]);
    Ok((qemu, xen))
}

/// QEMU's own tree, with the guest added.
fn device_tree(bench: &Bench<'_>, kernel: &Path, size: u32, job: Job<'_>) -> anyhow::Result<Vec<u8>> {
    let file = bench.folder()?.join("machine.dtb");
    let mut qemu = bench.qemu()?;
    qemu.machine = format!("{},dumpdtb={}", qemu.machine, file.display());
    let output = qemu.command(kernel).output().context("QEMU cannot be run")?;
    let bytes = std::fs::read(&file)
        .with_context(|| format!("QEMU wrote no device tree: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
    let fdt = Fdt::new(&bytes).map_err(|e| anyhow::anyhow!("QEMU's device tree: {e}"))?;
    let mut tree = DeviceTree::from_fdt(&fdt);
    let chosen = tree.find_node_mut("/chosen").context("QEMU's device tree has no /chosen")?;
    set(chosen, "xen,xen-bootargs", XEN_ARGUMENTS);
    let mut module = DeviceTreeNode::new_unchecked(format!("module@{IMAGE:x}"));
    set(&mut module, "compatible", ["multiboot,kernel", "multiboot,module"].as_slice());
    set(&mut module, "reg", [0, IMAGE, 0, size.next_multiple_of(0x1000)]);
    set(&mut module, "bootargs", job.bootargs);
    let mut guest = DeviceTreeNode::new_unchecked("domU1");
    set(&mut guest, "compatible", "xen,domain");
    set(&mut guest, "#address-cells", 2u32);
    set(&mut guest, "#size-cells", 2u32);
    set(&mut guest, "memory", [0, GUEST_MEMORY]);
    set(&mut guest, "cpus", job.cpus);
    set(&mut guest, "vpl011", [0u8; 0]);
    guest.add_child(module);
    chosen.add_child(guest);
    anyhow::ensure!(chosen.children().count() > 0, "the guest is not in the device tree");
    Ok(tree.to_dtb())
}

fn set<T: dtoolkit::ToPropertyValue>(node: &mut DeviceTreeNode, name: &str, value: T) {
    node.remove_property(name);
    node.add_property(DeviceTreeProperty::new_unchecked(name, value));
}
