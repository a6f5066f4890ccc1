// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where kernel, initrd and device tree lie in guest RAM: kernel at its offset from the start, initrd on the next
//! 2 MiB boundary, device tree in the last 64 KiB.

use super::BootError;
use super::image::Image;
use crate::guest_map::RAM;

/// Room for the device tree.
pub const DTB_SIZE: u64 = 0x1_0000;
const BLOCK: u64 = 0x20_0000;

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
        let needed = end.and_then(|end| end.checked_add(DTB_SIZE)).unwrap_or(u64::MAX);
        match initrd {
            Some(initrd) if needed <= ram => {
                let dtb = (ram - DTB_SIZE) & !0xfff;
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
    fn hostile_sizes_do_not_wrap() {
        for (offset, size) in [(u64::MAX, 1), (0, u64::MAX), (u64::MAX, u64::MAX), (1 << 63, 1 << 63)] {
            assert!(matches!(Layout::new(image(offset, size), 1, MIB), Err(BootError::TooLarge { .. })));
        }
        assert!(Layout::new(image(0, 1), u64::MAX, MIB).is_err());
    }
}
