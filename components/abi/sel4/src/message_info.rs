// SPDX-License-Identifier: MIT OR Apache-2.0
//! The message info word.

/// Corresponds to `seL4_MessageInfo_t`: length 6:0, extra caps 8:7, unwrapped 11:9, label 63:12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct MessageInfo(pub u64);

impl MessageInfo {
    /// Fields beyond their width are cut.
    #[inline(always)]
    pub const fn new(label: u64, caps_unwrapped: u64, extra_caps: u64, length: u64) -> Self {
        Self((label << 12) | ((caps_unwrapped & 7) << 9) | ((extra_caps & 3) << 7) | (length & 0x7f))
    }
    /// Label: an invocation, a fault, or the sender's own.
    #[inline(always)]
    pub const fn label(self) -> u64 {
        self.0 >> 12
    }
    /// Bit n: the n-th capability came as its badge only.
    #[inline(always)]
    pub const fn caps_unwrapped(self) -> u64 {
        (self.0 >> 9) & 7
    }
    /// Capabilities in the message, 0 to 3.
    #[inline(always)]
    pub const fn extra_caps(self) -> usize {
        ((self.0 >> 7) & 3) as usize
    }
    /// Words in the message as the word says; a kernel cuts it to 120.
    #[inline(always)]
    pub const fn length(self) -> usize {
        (self.0 & 0x7f) as usize
    }
}
