// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies images into guest RAM.

use super::image::Image;
use super::layout::Layout;
use super::{BootError, SEED_LENGTH, check_arguments, fdt};
use crate::config::Config;
use crate::guest_map::RAM;
use crate::guest_ram::GuestRam;
use crate::vcpu::Width;

/// What the manifest prefilled.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    /// An arm64 Image or a zImage.
    pub kernel: &'a [u8],
    /// Empty for none.
    pub initrd: &'a [u8],
}

/// What the vCPU starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Guest-physical entry point.
    pub entry: u64,
    /// Guest-physical address of the device tree, for x0 or r2.
    pub dtb: u64,
    /// How wide EL1 is to be.
    pub width: Width,
}

/// Load a guest, from the start; a second time after a reset, with another seed.
pub fn load(
    config: &Config<'_>,
    images: Images<'_>,
    seed: Option<[u8; SEED_LENGTH]>,
    ram: &mut GuestRam<'_>,
) -> Result<Loaded, BootError> {
    let mapped = ram.size();
    let ram_size = config.ram_size.unwrap_or(mapped);
    if ram_size > mapped {
        return Err(BootError::RamNotMapped { asked: ram_size, mapped });
    }
    check_arguments(config.guest, config.bootargs)?;
    let image = Image::of(config.guest, images.kernel)?;
    let initrd_size = images.initrd.len() as u64;
    let layout = Layout::new(image, initrd_size, ram_size)?;
    let initrd = (initrd_size != 0).then_some(layout.initrd..layout.initrd + initrd_size);
    let dtb = fdt::build(config.vcpus, ram_size, config.bootargs, initrd, seed)?;
    let too_large = BootError::TooLarge { needed: layout.dtb + dtb.len() as u64 - RAM, ram: mapped };
    let mut place = |gpa: u64, bytes: &[u8]| ram.write(gpa - RAM, bytes).then_some(()).ok_or(too_large);
    place(layout.kernel, images.kernel)?;
    if !images.initrd.is_empty() {
        place(layout.initrd, images.initrd)?;
    }
    place(layout.dtb, &dtb)?;
    let bss = layout.kernel - RAM + images.kernel.len() as u64;
    ram.zero(bss, image.memory_size - images.kernel.len() as u64);
    Ok(Loaded { entry: layout.kernel, dtb: layout.dtb, width: image.width })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::image::tests::file;
    use core::sync::atomic::AtomicU64;
    use std::vec::Vec;

    fn memory(size: usize) -> Vec<AtomicU64> {
        (0..size / 8).map(|_| AtomicU64::new(u64::MAX)).collect()
    }

    fn config(ram_size: Option<u64>) -> Config<'static> {
        Config { ram_size, ..Config::parse(b"name = a\nguest = linux64\n").expect("a configuration") }
    }

    #[test]
    fn loads_kernel_bss_initrd_and_tree() {
        let memory = memory(16 << 20);
        let mut ram = GuestRam::new(&memory, |_| {});
        let kernel = file(0x1000, 0x300, 0, 0x201);
        let images = Images { kernel: &kernel, initrd: b"initrd" };
        let loaded = load(&config(None), images, None, &mut ram).expect("it fits");
        let (entry, dtb) = (RAM + 0x1000, RAM + (16 << 20) - 0x10000);
        assert_eq!(loaded, Loaded { entry, dtb, width: Width::Aarch64 });
        let mut bytes = [0; 8];
        ram.read(0x1000 + 56, &mut bytes);
        assert_eq!(&bytes[..4], b"ARMd");
        ram.read(0x1000 + 0x201, &mut bytes);
        assert_eq!(bytes, [0; 8]);
        ram.read(0x1300, &mut bytes);
        assert_eq!(bytes, [0xff; 8]);
        ram.read(0x20_0000, &mut bytes);
        assert_eq!(&bytes, b"initrd\xff\xff");
        ram.read(loaded.dtb - RAM, &mut bytes);
        assert_eq!(bytes[..4], [0xd0, 0x0d, 0xfe, 0xed]);
    }

    #[test]
    fn refuses_ram_that_is_not_mapped_and_guests_that_do_not_fit() {
        let memory = memory(1 << 20);
        let kernel = file(0, 0x100, 0, 0x100);
        let images = Images { kernel: &kernel, initrd: &[] };
        let mapped = 1 << 20;
        let asked = 2 << 20;
        let result = load(&config(Some(asked)), images, None, &mut GuestRam::new(&memory, |_| {}));
        assert_eq!(result, Err(BootError::RamNotMapped { asked, mapped }));
        let result = load(&config(Some(0x1000)), images, None, &mut GuestRam::new(&memory, |_| {}));
        assert_eq!(result, Err(BootError::TooLarge { needed: 0x11000, ram: 0x1000 }));
    }
}
