// SPDX-License-Identifier: MIT OR Apache-2.0
//! The checksum of GUID partition tables: CRC-32 as in Ethernet (ISO 3309), bit by bit, for there are few bytes.

/// The polynomial, lowest power in the highest bit.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// A checksum of bytes that come in pieces.
pub struct Crc(u32);

impl Crc {
    /// Of no bytes.
    pub fn new() -> Self {
        Self(!0)
    }

    /// The next bytes.
    pub fn add(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.0 ^= u32::from(*byte);
            for _ in 0..8 {
                self.0 = self.0 >> 1 ^ if self.0 & 1 == 0 { 0 } else { POLYNOMIAL };
            }
        }
        self
    }

    /// The checksum.
    pub fn value(&self) -> u32 {
        !self.0
    }
}
