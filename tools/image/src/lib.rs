// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boot image: kernel, payload header, root task, system spec, in one flat file.
//!
//! QEMU's and U-Boot's loaders take it as an arm64 Linux `Image`: load, set x0 to the device tree, jump.
#![forbid(unsafe_code)]

mod error;
mod flat;
mod kernel;
mod root_task;
pub mod sel4;
#[cfg(test)]
pub mod synthetic;

use microkernel::payload::{ALIGN, BootPayload};
use zerocopy::IntoBytes;

pub use error::ImageError;
pub use flat::Flat;
pub use kernel::Kernel;
pub use root_task::RootTask;

/// A packed image and how it is made up.
#[derive(Debug, Clone)]
pub struct Image {
    /// The file.
    pub bytes: Vec<u8>,
    /// Bytes of kernel, with its zero-initialised memory.
    pub kernel_size: u64,
    /// Bytes of the root task's memory before the spec.
    pub root_task_size: u64,
    /// Bytes of spec.
    pub spec_size: u64,
}

/// An executable as the flat file that `objcopy -O binary` would make, with its zero-initialised memory.
pub fn flatten(elf: &[u8], what: &'static str) -> Result<Flat, ImageError> {
    Flat::from_elf(&flat::parse_guest(elf, what)?, what)
}

/// Packs ELF files and a spec; a root task that reads no spec (a kernel test) is packed without one.
pub fn pack(kernel: &[u8], root_task: &[u8], spec: Option<&[u8]>) -> Result<Image, ImageError> {
    let mut kernel = Kernel::load(kernel)?;
    let mut task = RootTask::load(root_task)?;
    let root_task_size = task.memory.bytes.len() as u64;
    if let Some(spec) = spec {
        task.append_spec(spec)?;
    }
    let head = BootPayload::new(task.memory.bytes.len() as u64, task.memory.start, task.entry);
    head.check(sel4_abi::USER_TOP).map_err(ImageError::Payload)?;

    let total = kernel.memory.bytes.len() as u64 + ALIGN + head.image_size;
    kernel.set_image_size(total);
    let kernel_size = kernel.memory.bytes.len() as u64;
    let mut bytes = kernel.memory.bytes;
    bytes.extend_from_slice(head.as_bytes());
    bytes.resize((kernel_size + ALIGN) as usize, 0);
    bytes.append(&mut task.memory.bytes);
    Ok(Image { bytes, kernel_size, root_task_size, spec_size: spec.map_or(0, |s| s.len() as u64) })
}

#[cfg(test)]
mod tests {
    use super::synthetic::{Elf, Symbol};
    use super::*;
    use zerocopy::FromBytes;

    const KERNEL_BASE: u64 = 0x4020_0000;

    fn kernel_segment() -> Vec<u8> {
        let mut head = vec![0u8; 0x1800];
        head[8..16].copy_from_slice(&0x20_0000u64.to_le_bytes());
        head[56..60].copy_from_slice(b"ARM\x64");
        head
    }

    fn kernel() -> Vec<u8> {
        let head = kernel_segment();
        Elf::new(KERNEL_BASE)
            .segment(KERNEL_BASE, head, 0x1800)
            .segment(KERNEL_BASE + 0x2000, vec![7; 16], 0x2010)
            .symbol(Symbol { name: "__kernel_end", value: KERNEL_BASE + 0x5000, size: 0 })
            .build()
    }

    fn root_task() -> Vec<u8> {
        Elf::new(0x40_0040)
            .segment(0x40_0000, vec![1; 0x100], 0x100)
            .segment(0x40_1000, vec![0; 0x20], 0x1234)
            .symbol(Symbol { name: "LAZARET_SPEC", value: 0x40_1008, size: 16 })
            .build()
    }

    #[test]
    fn lays_out_kernel_header_task_and_spec() {
        let image = pack(&kernel(), &root_task(), Some(b"spec")).unwrap();
        let bytes = &image.bytes;
        assert_eq!(image.kernel_size, 0x5000);
        assert_eq!(bytes[0x2000..0x2010], [7; 16]);
        let (head, _) = BootPayload::read_from_prefix(&bytes[0x5000..]).unwrap();
        assert_eq!((head.image_vaddr, head.image_size, head.entry), (0x40_0000, 0x4000, 0x40_0040));
        let task = &bytes[0x6000..];
        assert_eq!(task.len() as u64, head.image_size);
        assert_eq!(task[0x1008..0x1010], 0x40_3000u64.to_le_bytes());
        assert_eq!(task[0x1010..0x1018], 4u64.to_le_bytes());
        assert_eq!(&task[0x3000..0x3004], b"spec");
        assert_eq!(bytes[16..24], (bytes.len() as u64).to_le_bytes());
    }

    #[test]
    fn packs_a_task_without_a_spec() {
        let image = pack(&kernel(), &root_task(), None).unwrap();
        assert_eq!(image.bytes.len(), 0x5000 + 0x1000 + 0x3000);
        assert_eq!(image.spec_size, 0);
    }

    #[test]
    fn refuses_what_cannot_boot() {
        let no_header = Elf::new(KERNEL_BASE).segment(KERNEL_BASE, vec![0; 0x100], 0x100).build();
        assert!(matches!(pack(&no_header, &root_task(), None), Err(ImageError::NoImageHeader)));
        assert!(matches!(pack(b"no ELF", &root_task(), None), Err(ImageError::Elf { .. })));
        let head = kernel_segment();
        for far in [u64::MAX, u64::MAX - 0xfff, KERNEL_BASE + (1 << 40)] {
            let end = Symbol { name: "__kernel_end", value: far, size: 0 };
            let kernel = Elf::new(KERNEL_BASE).segment(KERNEL_BASE, head.clone(), 0x1800).symbol(end).build();
            assert!(matches!(pack(&kernel, &root_task(), None), Err(ImageError::Elf { .. })), "{far:#x}");
        }
        for (at, size) in [(u64::MAX - 0x10, 0x1000), (0x40_0000, u64::MAX), (u64::MAX - 0x7ff, 0x7ff)] {
            let task = Elf::new(at).segment(at, vec![0; 4], size).build();
            assert!(matches!(pack(&kernel(), &task, None), Err(ImageError::Elf { .. })), "{at:#x}");
        }
        let no_symbol = Elf::new(0x40_0000).segment(0x40_0000, vec![0; 4], 4).build();
        assert!(pack(&kernel(), &no_symbol, None).is_ok());
        assert!(matches!(pack(&kernel(), &no_symbol, Some(b"x")), Err(ImageError::NoSpecSymbol)));
        let stray_entry = Elf::new(0x10).segment(0x40_0000, vec![0; 4], 4).build();
        assert!(matches!(pack(&kernel(), &stray_entry, None), Err(ImageError::Payload(_))));
    }
}
