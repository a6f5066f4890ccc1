// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's memory. Its owner may change it at any moment, so nothing in it is looked at twice.

/// Memory by the driver's physical addresses.
pub trait Memory {
    /// Whether all of these bytes are there.
    fn has(&self, address: u64, length: u64) -> bool;
    /// Copies out; false, and nothing done, if some of it is not there.
    #[must_use]
    fn read(&self, address: u64, bytes: &mut [u8]) -> bool;
    /// Copies in; false, and nothing done, if some of it is not there.
    #[must_use]
    fn write(&mut self, address: u64, bytes: &[u8]) -> bool;
}

/// A little-endian half word.
pub(crate) fn read_u16(memory: &impl Memory, address: u64) -> Option<u16> {
    let mut bytes = [0; 2];
    memory.read(address, &mut bytes).then(|| u16::from_le_bytes(bytes))
}
