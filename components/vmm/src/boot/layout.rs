// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where kernel, initrd and device tree lie in guest RAM: kernel at its offset from the start, initrd on the next
//! 2 MiB boundary, device tree in the last 64 KiB.

use super::BootError;
use super::image::Image;
use crate::guest_map::RAM;

/// Room for the device tree.
pub const DTB_SIZE: u64 = 0x1_0000;
const BLOCK: u64 = 0x20_0000;
const PAGE: u64 = 0x1000;

/// Guest-physical addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// First byte of the kernel, and its entry.
    pub kernel: u64,
    /// First byte of the initrd; meaningless without one.
    pub initrd: u64,
    /// The device tree.
    pub dtb: u64,
}

impl Layout {
    /// Place everything in `ram` bytes from [`RAM`].
    pub fn new(image: Image, initrd_size: u64, ram: u64) -> Result<Self, BootError> {
        let kernel_end = image.text_offset.checked_add(image.memory_size);
        let initrd = kernel_end.and_then(|end| end.checked_next_multiple_of(BLOCK));
        let end = if initrd_size == 0 { kernel_end } else { initrd.and_then(|start| start.checked_add(initrd_size)) };
        let needed = end.and_then(|end| end.checked_next_multiple_of(PAGE)?.checked_add(DTB_SIZE)).unwrap_or(u64::MAX);
        // RAM may end within a page, the device tree's place does not.
        match initrd {
            Some(initrd) if needed <= ram & !(PAGE - 1) => {
                let dtb = (ram & !(PAGE - 1)) - DTB_SIZE;
                Ok(Self { kernel: RAM + image.text_offset, initrd: RAM + initrd, dtb: RAM + dtb })
            }
            _ => Err(BootError::TooLarge { needed, ram }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcpu::Width;

    const MIB: u64 = 1 << 20;

    fn image(text_offset: u64, memory_size: u64) -> Image {
        Image { width: Width::Aarch64, text_offset, memory_size }
    }

    #[test]
    fn places_all_three_apart() {
        let layout = Layout::new(image(0, 33 * MIB), 20 * MIB, 256 * MIB);
        let dtb = RAM + 256 * MIB - DTB_SIZE;
        assert_eq!(layout, Ok(Layout { kernel: RAM, initrd: RAM + 34 * MIB, dtb }));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let needed = 34 * MIB + 20 * MIB + DTB_SIZE;
        let ram = 32 * MIB;
        assert_eq!(Layout::new(image(0, 33 * MIB), 20 * MIB, ram), Err(BootError::TooLarge { needed, ram }));
        assert!(Layout::new(image(0, 33 * MIB), 20 * MIB, needed).is_ok());
        assert!(Layout::new(image(0, MIB), 0, MIB + DTB_SIZE).is_ok());
    }

    #[test]
    fn whatever_the_sizes_nothing_lies_over_anything() {
        // RAM that ends within a page, and an initrd that ends at its end.
        assert!(Layout::new(image(0, MIB), 1, 0x21_0801).is_err());
        assert!(Layout::new(image(0, MIB), 0x800, 0x21_1801).is_ok());
        let mut seed = 1u64;
        let mut random = |end: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % end
        };
        let mut placed = 0;
        for _ in 0..100_000 {
            let (offset, size) = (random(2) * 0x8_0000, 1 + random(3 * MIB));
            let (initrd, ram) = (random(3 * MIB), 2 * MIB + random(8 * MIB));
            let Ok(layout) = Layout::new(image(offset, size), initrd, ram) else { continue };
            placed += 1;
            let kernel = layout.kernel..layout.kernel + size;
            assert!(kernel.start == RAM + offset && layout.dtb % 8 == 0 && layout.dtb + DTB_SIZE <= RAM + ram);
            assert!(kernel.end <= layout.dtb);
            if initrd != 0 {
                assert!(kernel.end <= layout.initrd && layout.initrd + initrd <= layout.dtb, "{layout:x?}");
            }
        }
        assert!(placed > 10_000, "{placed}");
    }

    #[test]
    fn hostile_sizes_do_not_wrap() {
        for (offset, size) in [(u64::MAX, 1), (0, u64::MAX), (u64::MAX, u64::MAX), (1 << 63, 1 << 63)] {
            assert!(matches!(Layout::new(image(offset, size), 1, MIB), Err(BootError::TooLarge { .. })));
        }
        assert!(Layout::new(image(0, 1), u64::MAX, MIB).is_err());
    }
}
