// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regions of memory: what they hold at the start, and where they are.
#![allow(unsafe_code)]

use sel4_microkit::{memory_region_symbol, var};
use serial::ring::Ring;

/// Bytes of a large region.
const LARGE: usize = 0x40_0000;
/// The header of a chunk of boot information, before the device tree.
const CHUNK_HEADER: usize = 16;
/// A device tree's first bytes.
const MAGIC: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

/// Panics on the first thing that is not as the description says.
pub fn check() {
    let file_size = *var!(file_size: usize = 0);
    let small = memory_region_symbol!(small_vaddr: *mut [u8], n = 0x1000);
    let large = memory_region_symbol!(large_vaddr: *mut [u8], n = LARGE);
    let tree = memory_region_symbol!(tree_vaddr: *mut [u8], n = 0x1000);
    let dma = memory_region_symbol!(dma_vaddr: *mut [u8], n = LARGE);
    // SAFETY: the description maps four different regions of these sizes; only this domain has them.
    let (small, large, tree, dma) = unsafe { (small.as_ref(), large.as_ref(), tree.as_ref(), &mut *dma.as_ptr()) };
    assert!(small.starts_with(b"# SPDX"), "a region that is pages of the image");
    assert_eq!(small[..file_size], large[..file_size], "the same file, copied into large pages");
    assert!(large[file_size..].iter().all(|&byte| byte == 0), "zeros behind the file");
    assert_eq!(tree[CHUNK_HEADER..][..4], MAGIC, "the device tree");
    assert!(*var!(dma_paddr: u64 = 0) != 0, "a known physical address");
    dma[LARGE - 1] = 1;
}

/// The rings to the debug line and from it.
pub fn debug_rings() -> (&'static Ring, &'static Ring) {
    let to_host = memory_region_symbol!(debug_tx_vaddr: *mut Ring);
    let from_host = memory_region_symbol!(debug_rx_vaddr: *mut Ring);
    // SAFETY: the description maps a page for each, read-write and for ever; a ring is all atomics and smaller than a page.
    unsafe { (to_host.as_ref(), from_host.as_ref()) }
}
