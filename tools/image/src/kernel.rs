// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel as a flat arm64 Image.

use microkernel::payload::{ALIGN, IMAGE_SIZE_FIELD};

use super::flat::{MAX_SIZE, parse, symbol};
use super::{Flat, ImageError};

const MAGIC_AT: usize = 56;
const MAGIC: &[u8] = b"ARM\x64";

/// The kernel, from its Image header to the end of its zero-initialised memory.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Its memory, a multiple of a page: the payload follows.
    pub memory: Flat,
}

impl Kernel {
    /// Flattens the kernel's ELF.
    pub fn load(elf: &[u8]) -> Result<Self, ImageError> {
        let elf = parse(elf, "kernel")?;
        let mut memory = Flat::from_elf(&elf, "kernel")?;
        if memory.bytes.get(MAGIC_AT..MAGIC_AT + MAGIC.len()) != Some(MAGIC) {
            return Err(ImageError::NoImageHeader);
        }
        // Stacks and tables can lie after the last segment's end: the linker script knows.
        if let Some((end, _)) = symbol(&elf, "__kernel_end") {
            let size = end.saturating_sub(memory.start).max(memory.bytes.len() as u64);
            if size > MAX_SIZE {
                let reason = format!("__kernel_end is at {end:#x}, too far from its segments");
                return Err(ImageError::Elf { what: "kernel", reason });
            }
            memory.bytes.resize(size as usize, 0);
        }
        memory.pad(ALIGN);
        Ok(Self { memory })
    }

    /// Tells the boot loader how much memory the whole image takes.
    pub fn set_image_size(&mut self, size: u64) {
        self.memory.bytes[IMAGE_SIZE_FIELD..IMAGE_SIZE_FIELD + 8].copy_from_slice(&size.to_le_bytes());
    }
}
