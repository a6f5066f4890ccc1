// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a run observes, and how a guest tells it: a hash of everything, or each observation.

use core::fmt;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The operation that observed it.
    pub operation: u8,
    /// What it saw.
    pub value: u64,
}

/// An [`Operation::Open`](crate::program::Operation::Open) that ended because no interrupt came.
pub const QUIET: u64 = 0xe000_0000;
/// The same because enough had come.
pub const ENOUGH: u64 = 0xe100_0000;
/// Of GICC_IAR in an `Open`: it came as an FIQ.
pub const AS_FIQ: u64 = 0x8000_0000;
/// More observations than a program makes: it goes no further then.
pub const LIMIT: usize = 250;

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{:x}", self.operation, self.value)
    }
}

impl Observation {
    /// Reads one as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let (operation, value) = text.split_once(':')?;
        Some(Self { operation: u8::from_str_radix(operation, 16).ok()?, value: u64::from_str_radix(value, 16).ok()? })
    }
}

/// All observations of a run in one number (FNV-1a).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// With one more.
    pub fn add(&mut self, observation: Observation) {
        for byte in [observation.operation].into_iter().chain(observation.value.to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// As it is told.
    pub fn value(self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let observation = Observation { operation: 0x2f, value: 0x8000_001b };
        assert_eq!(Observation::parse(&observation.to_string()), Some(observation));
        assert_eq!(Observation::parse("2f"), None);
    }

    #[test]
    fn order_and_place_count() {
        let digest = |all: &[(u8, u64)]| {
            let mut digest = Digest::default();
            all.iter().for_each(|&(operation, value)| digest.add(Observation { operation, value }));
            digest.value()
        };
        assert_ne!(digest(&[(1, 2), (2, 1)]), digest(&[(2, 1), (1, 2)]));
        assert_ne!(digest(&[(1, 2)]), digest(&[(2, 2)]));
    }
}
