// SPDX-License-Identifier: MIT OR Apache-2.0
//! Physical memory of a test.

use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Zeroed memory, aligned to its size, given back at the end.
pub struct Arena {
    base: *mut u8,
    layout: Layout,
}

impl Arena {
    /// `2^bits` bytes.
    pub fn new(bits: u32) -> Self {
        let layout = Layout::from_size_align(1 << bits, 1 << bits).unwrap();
        // SAFETY: the size is not 0.
        let base = unsafe { alloc_zeroed(layout) };
        assert!(!base.is_null());
        Self { base, layout }
    }

    /// Address of the first byte.
    pub fn base(&self) -> u64 {
        self.base.expose_provenance() as u64
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and the test that used it is over.
        unsafe { dealloc(self.base, self.layout) }
    }
}
