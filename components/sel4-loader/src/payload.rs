// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the packer appends to the loader: one page that starts with [`Payload`], then the pieces.

use core::ops::Range;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::tables::{GIB, LARGE_PAGE, TABLE_SPAN};

/// First bytes of the payload.
pub const MAGIC: [u8; 8] = *b"LAZSEL4\x01";
/// Payload and pieces start at a multiple of this.
pub const ALIGN: u64 = 4096;

/// Bytes of the image, and where they go.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Piece {
    /// Physical address in the loaded image.
    pub from: u64,
    /// Physical address that it is for.
    pub to: u64,
    /// In bytes, a multiple of [`ALIGN`].
    pub size: u64,
}

impl Piece {
    /// Where it is loaded.
    pub fn source(&self) -> Range<u64> {
        self.from..self.from.saturating_add(self.size)
    }

    /// Where it goes.
    pub fn target(&self) -> Range<u64> {
        self.to..self.to.saturating_add(self.size)
    }
}

/// Head of the payload, at the loader's end.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Payload {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// The kernel's memory.
    pub kernel: Piece,
    /// The device tree.
    pub tree: Piece,
    /// The root task's memory.
    pub task: Piece,
    /// Virtual address of the kernel's first byte.
    pub kernel_vaddr: u64,
    /// The kernel's first instruction, a virtual address.
    pub kernel_entry: u64,
    /// Bytes of device tree.
    pub tree_size: u64,
    /// Virtual address of the root task's first byte.
    pub task_vaddr: u64,
    /// The root task's first instruction.
    pub task_entry: u64,
    /// A PL011 for last words; 0 is none.
    pub uart: u64,
}

/// Why a payload cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// No [`MAGIC`].
    Missing,
    /// A piece is empty or not aligned.
    Alignment,
    /// A piece would go beyond what the loader maps.
    Range,
    /// A piece would be written over another, or over the image.
    Overlap,
    /// The kernel's window cannot be mapped.
    Window,
}

impl Payload {
    /// The pieces, in the order in which they are copied.
    pub fn pieces(&self) -> [Piece; 3] {
        [self.kernel, self.tree, self.task]
    }

    /// Checks everything that the loader relies on; `image` is where the loader and its payload are.
    pub fn check(&self, image: Range<u64>) -> Result<(), PayloadError> {
        if self.magic != MAGIC {
            return Err(PayloadError::Missing);
        }
        let pieces = self.pieces();
        if pieces.iter().any(|p| p.size == 0 || !(p.from | p.to | p.size).is_multiple_of(ALIGN)) {
            return Err(PayloadError::Alignment);
        }
        let inside = |p: &Piece| image.start <= p.from && p.source().end <= image.end && p.target().end <= TABLE_SPAN;
        let mapped = image.end <= TABLE_SPAN && self.uart < TABLE_SPAN;
        if !mapped || !pieces.iter().all(inside) || self.tree_size > self.tree.size {
            return Err(PayloadError::Range);
        }
        let targets = pieces.map(|p| p.target());
        let clash = |n: usize| (n + 1..3).any(|m| overlap(&targets[n], &targets[m]));
        if targets.iter().any(|target| overlap(target, &image)) || (0..3).any(clash) {
            return Err(PayloadError::Overlap);
        }
        let offset = self.kernel_vaddr % GIB;
        let window = self.kernel_vaddr >= TABLE_SPAN
            && self.kernel_vaddr < 1 << 48
            && (self.kernel_vaddr ^ self.kernel.to).is_multiple_of(LARGE_PAGE)
            && offset + self.kernel.size <= GIB
            && (self.kernel_vaddr..self.kernel_vaddr + self.kernel.size).contains(&self.kernel_entry);
        if window { Ok(()) } else { Err(PayloadError::Window) }
    }

    /// What seL4 wants in x0 to x5, and its entry: image's physical range, physical minus virtual address, the root
    /// task's entry, the device tree's address and size.
    pub fn arguments(&self) -> [u64; 7] {
        let task = self.task.target();
        let offset = self.task.to.wrapping_sub(self.task_vaddr);
        [task.start, task.end, offset, self.task_entry, self.tree.to, self.tree_size, self.kernel_entry]
    }
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const IMAGE: Range<u64> = 0x4020_0000..0x4080_0000;

    pub(crate) fn payload() -> Payload {
        Payload {
            magic: MAGIC,
            kernel: Piece { from: 0x4030_0000, to: 0x6000_0000, size: 0x24_7000 },
            tree: Piece { from: 0x4060_0000, to: 0x6024_7000, size: 0x2000 },
            task: Piece { from: 0x4070_0000, to: 0x6024_a000, size: 0x10_0000 },
            kernel_vaddr: 0xff_c000_0000,
            kernel_entry: 0xff_c000_0000,
            tree_size: 0x1ee8,
            task_vaddr: 0x40_0000,
            task_entry: 0x40_1000,
            uart: 0x900_0000,
        }
    }

    #[test]
    fn the_kernel_gets_what_its_protocol_asks() {
        assert_eq!(payload().check(IMAGE), Ok(()));
        let offset = 0x6024_a000 - 0x40_0000;
        let wanted = [0x6024_a000, 0x6034_a000, offset, 0x40_1000, 0x6024_7000, 0x1ee8, 0xff_c000_0000];
        assert_eq!(payload().arguments(), wanted);
    }

    #[test]
    fn refuses_what_it_cannot_start() {
        let bad = |change: fn(&mut Payload)| {
            let mut payload = payload();
            change(&mut payload);
            payload.check(IMAGE)
        };
        assert_eq!(bad(|p| p.magic[0] = 0), Err(PayloadError::Missing));
        assert_eq!(bad(|p| p.tree.size = 0), Err(PayloadError::Alignment));
        assert_eq!(bad(|p| p.task.to += 8), Err(PayloadError::Alignment));
        assert_eq!(bad(|p| p.task.from = 0x4000_0000), Err(PayloadError::Range));
        assert_eq!(bad(|p| p.task.size = 0x20_0000), Err(PayloadError::Range));
        assert_eq!(bad(|p| p.task.to = TABLE_SPAN), Err(PayloadError::Range));
        assert_eq!(bad(|p| p.task.to = !4095), Err(PayloadError::Range));
        assert_eq!(bad(|p| p.tree_size = 0x2001), Err(PayloadError::Range));
        assert_eq!(bad(|p| p.uart = TABLE_SPAN), Err(PayloadError::Range));
        assert_eq!(payload().check(IMAGE.start..TABLE_SPAN + 1), Err(PayloadError::Range));
        assert_eq!(bad(|p| p.kernel.to = 0x4000_0000), Err(PayloadError::Overlap));
        assert_eq!(bad(|p| p.tree.to = 0x6024_6000), Err(PayloadError::Overlap));
        assert_eq!(bad(|p| p.kernel_vaddr = 0x4000_0000), Err(PayloadError::Window));
        assert_eq!(bad(|p| p.kernel_vaddr += 0x1000), Err(PayloadError::Window));
        assert_eq!(bad(|p| p.kernel_entry = 0), Err(PayloadError::Window));
    }
}
