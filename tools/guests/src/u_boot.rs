// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's U-Boots: what can start us on the Raspberry Pi, and a guest.

use std::path::Path;

use anyhow::Context;

use super::kept::Kept;
use super::library::resolve;
use lazaret_programs::workspace::Workspace;

/// The one that runs on every 64-bit Raspberry Pi, in the package `u-boot-rpi`.
const FOR_PI: &str = "usr/lib/u-boot/rpi_arm64/u-boot.bin";
/// The one for a machine like our guests', in the package `u-boot-qemu`.
const FOR_VIRT: &str = "usr/lib/u-boot/qemu_arm64/u-boot.bin";

/// The boot loader as the Pi's firmware would start it, and its package's name and version.
pub fn u_boot(workspace: &Workspace) -> anyhow::Result<(Vec<u8>, String)> {
    let take = |package: &Path| read(package, FOR_PI);
    Kept { name: "u-boot", package: |_| Ok("u-boot-rpi".into()), take }.get(workspace)
}

/// The boot loader that runs in a virtual machine, as a guest's image, and its package's name and version.
pub fn u_boot_guest(workspace: &Workspace) -> anyhow::Result<(Vec<u8>, String)> {
    let take = |package: &Path| Ok(as_image(&read(package, FOR_VIRT)?));
    Kept { name: "u-boot-guest", package: |_| Ok("u-boot-qemu".into()), take }.get(workspace)
}

fn read(package: &Path, file: &'static str) -> anyhow::Result<Vec<u8>> {
    std::fs::read(resolve(package, file).context(file)?).context(file)
}

/// What is in front of it: a page, which keeps it aligned.
const HEAD: usize = 0x1000;
/// From the start of RAM: its first stack grows down from here, and the device tree is below that.
const OFFSET: u64 = 0x20_0000;
/// It clears what follows it, and moves itself to the end of RAM soon.
const SIZE: u64 = 0x20_0000;

/// In front of U-Boot: arm64's Image header, and code that puts the device tree where U-Boot for QEMU looks for it, at the
/// start of RAM.
fn as_image(u_boot: &[u8]) -> Vec<u8> {
    const CODE: [u32; 8] = [
        0xd2a8_0001, // mov  x1, #0x40000000
        0xb940_0402, // ldr  w2, [x0, #4]
        0x5ac0_0842, // rev  w2, w2             the tree's size is big-endian
        0xf840_8403, // ldr  x3, [x0], #8
        0xf800_8423, // str  x3, [x1], #8
        0x7100_2042, // subs w2, w2, #8
        0x54ff_ffa8, // b.hi the ldr
        0x1400_03e9, // b    HEAD, from 0x5c
    ];
    let mut image = Vec::with_capacity(HEAD + u_boot.len());
    image.extend_from_slice(&0x1400_0010u32.to_le_bytes()); // b 0x40
    image.extend_from_slice(&0u32.to_le_bytes());
    // Little-endian, pages of 4 KiB.
    [OFFSET, SIZE, 2, 0, 0, 0].iter().for_each(|field| image.extend_from_slice(&field.to_le_bytes()));
    image.extend_from_slice(b"ARM\x64\0\0\0\0");
    CODE.iter().for_each(|word| image.extend_from_slice(&word.to_le_bytes()));
    image.resize(HEAD, 0);
    image.extend_from_slice(u_boot);
    image
}
