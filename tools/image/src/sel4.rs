// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boot image with an installed seL4: our loader, the kernel, its device tree, the root task with the spec.

use object::LittleEndian;
use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use sel4_loader::payload::{ALIGN, MAGIC, Payload, Piece};
use zerocopy::IntoBytes;

use super::{Flat, Image, ImageError, Kernel, RootTask, flatten};

/// What is packed.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Our loader's ELF file.
    pub loader: &'a [u8],
    /// The kernel's ELF file.
    pub kernel: &'a [u8],
    /// The device tree that the kernel was built for.
    pub device_tree: &'a [u8],
    /// The root task's ELF file.
    pub root_task: &'a [u8],
    /// The system specification.
    pub spec: Option<&'a [u8]>,
    /// A PL011 for the loader's last words.
    pub uart: u64,
}

/// Packs them: the device tree goes behind the kernel, the root task behind the device tree.
pub fn pack(parts: &Parts<'_>) -> Result<Image, ImageError> {
    let mut loader = Kernel::load(parts.loader)?;
    let mut kernel = flatten(parts.kernel, "seL4 kernel")?;
    let (entry, paddr) = entry_and_address(parts.kernel)?;
    let mut task = RootTask::load(parts.root_task)?;
    let root_task_size = task.memory.bytes.len() as u64;
    if let Some(spec) = parts.spec {
        task.append_spec(spec)?;
    }
    kernel.pad(ALIGN);
    let mut tree = Flat { start: 0, bytes: parts.device_tree.to_vec() };
    tree.pad(ALIGN);

    let (mut from, mut to) = (loader.memory.end() + ALIGN, paddr);
    let mut place = |memory: &Flat| {
        let piece = Piece { from, to, size: memory.bytes.len() as u64 };
        // An address that does not exist is refused below.
        (from, to) = (from + piece.size, to.saturating_add(piece.size));
        piece
    };
    let head = Payload {
        magic: MAGIC,
        kernel: place(&kernel),
        tree: place(&tree),
        task: place(&task.memory),
        kernel_vaddr: kernel.start,
        kernel_entry: entry,
        tree_size: parts.device_tree.len() as u64,
        task_vaddr: task.memory.start,
        task_entry: task.entry,
        uart: parts.uart,
    };
    head.check(loader.memory.start..from).map_err(ImageError::Sel4Payload)?;
    loader.set_image_size(from - loader.memory.start);
    let kernel_size = kernel.bytes.len() as u64;
    let mut bytes = loader.memory.bytes;
    let behind = bytes.len() + ALIGN as usize;
    bytes.extend_from_slice(head.as_bytes());
    bytes.resize(behind, 0);
    [kernel, tree, task.memory].into_iter().for_each(|memory| bytes.extend_from_slice(&memory.bytes));
    Ok(Image { bytes, kernel_size, root_task_size, spec_size: parts.spec.map_or(0, |spec| spec.len() as u64) })
}

/// The kernel's first instruction, and the physical address of its first byte.
fn entry_and_address(elf: &[u8]) -> Result<(u64, u64), ImageError> {
    let bad = |reason: String| ImageError::Elf { what: "seL4 kernel", reason };
    let header = FileHeader64::<LittleEndian>::parse(elf).map_err(|e| bad(e.to_string()))?;
    let segments = header.program_headers(LittleEndian, elf).map_err(|e| bad(e.to_string()))?;
    let loaded = segments.iter().filter(|s| s.p_type(LittleEndian) == PT_LOAD && s.p_memsz(LittleEndian) > 0);
    let first = loaded.min_by_key(|s| s.p_vaddr(LittleEndian)).ok_or_else(|| bad("nothing to load".into()))?;
    Ok((header.e_entry(LittleEndian), first.p_paddr(LittleEndian)))
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Elf, Symbol};
    use super::*;
    use sel4_loader::payload::PayloadError;
    use zerocopy::FromBytes;

    const LOADER: u64 = 0x4020_0000;

    fn loader() -> Vec<u8> {
        let mut head = vec![0u8; 0x800];
        head[56..60].copy_from_slice(b"ARM\x64");
        let end = Symbol { name: "__kernel_end", value: LOADER + 0x3000, size: 0 };
        Elf::new(LOADER).segment(LOADER, head, 0x800).symbol(end).build()
    }

    fn root_task() -> Vec<u8> {
        let spec = Symbol { name: "LAZARET_SPEC", value: 0x40_0008, size: 16 };
        Elf::new(0x40_0040).segment(0x40_0000, vec![1; 0x100], 0x100).symbol(spec).build()
    }

    fn kernel_at(paddr: u64) -> Vec<u8> {
        Elf::new(0xff_c000_0000)
            .physical(0xff_c000_0000u64.wrapping_sub(paddr))
            .segment(0xff_c000_0000, vec![7; 16], 0x4010)
            .build()
    }

    fn pack_with(kernel: &[u8]) -> Result<Image, ImageError> {
        let (loader, root_task) = (loader(), root_task());
        let device_tree = &[9; 100];
        let parts = Parts { loader: &loader, kernel, device_tree, root_task: &root_task, spec: Some(b"spec"), uart: 0 };
        pack(&parts)
    }

    #[test]
    fn the_pieces_follow_each_other_in_the_image_and_in_memory() {
        let image = pack_with(&kernel_at(0x6000_0000)).unwrap();
        let (head, _) = Payload::read_from_prefix(&image.bytes[0x3000..]).unwrap();
        assert_eq!(head.kernel, Piece { from: LOADER + 0x4000, to: 0x6000_0000, size: 0x5000 });
        assert_eq!(head.tree, Piece { from: LOADER + 0x9000, to: 0x6000_5000, size: 0x1000 });
        assert_eq!(head.task, Piece { from: LOADER + 0xa000, to: 0x6000_6000, size: 0x2000 });
        assert_eq!((head.tree_size, head.task_vaddr, head.task_entry), (100, 0x40_0000, 0x40_0040));
        assert_eq!(image.bytes[0x4000..0x4010], [7; 16]);
        assert_eq!(image.bytes[0x9000], 9);
        assert_eq!(&image.bytes[0xb000..0xb004], b"spec");
        assert_eq!(image.bytes[16..24], (image.bytes.len() as u64).to_le_bytes());
        assert_eq!(image.bytes.len(), 0xc000);
    }

    #[test]
    fn a_kernel_where_the_image_is_cannot_be_packed() {
        let error = pack_with(&kernel_at(0x4020_0000)).unwrap_err();
        assert!(matches!(error, ImageError::Sel4Payload(PayloadError::Overlap)), "{error}");
        let error = pack_with(&kernel_at(u64::MAX - 0xfff)).unwrap_err();
        assert!(matches!(error, ImageError::Sel4Payload(PayloadError::Range | PayloadError::Alignment)), "{error}");
        assert!(matches!(pack_with(b"no ELF"), Err(ImageError::Elf { .. })));
    }
}
