// SPDX-License-Identifier: MIT OR Apache-2.0
//! A driver's memory for tests.

use crate::memory::Memory;

/// From address 0 on.
pub struct Ram {
    pub bytes: Vec<u8>,
}

impl Ram {
    /// Zeros.
    pub fn new(size: usize) -> Self {
        Self { bytes: vec![0; size] }
    }

    /// Anything, often small numbers.
    pub fn random(size: usize, seed: u64) -> Self {
        let mut state = seed | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8 & if state >> 62 == 0 { 0xff } else { 3 }
        };
        Self { bytes: (0..size).map(|_| next()).collect() }
    }

    fn range(&self, address: u64, length: usize) -> Option<core::ops::Range<usize>> {
        self.has(address, length as u64).then(|| address as usize..address as usize + length)
    }
}

impl Memory for Ram {
    fn has(&self, address: u64, length: u64) -> bool {
        address.checked_add(length).is_some_and(|end| end <= self.bytes.len() as u64)
    }

    fn read(&self, address: u64, bytes: &mut [u8]) -> bool {
        let Some(range) = self.range(address, bytes.len()) else { return false };
        bytes.copy_from_slice(&self.bytes[range]);
        true
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let Some(range) = self.range(address, bytes.len()) else { return false };
        self.bytes[range].copy_from_slice(bytes);
        true
    }
}
