// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entropy: for the guest's device tree (`/chosen/rng-seed`), and for the device that gives more.
//!
//! The VM has a seed of its own, which the root task gives its VMM and nobody else knows. Each start of the guest gets a hash of
//! it with the start's number, so no guest learns what another start had; a start that is done again because its VMM died has
//! the same one, which no guest has seen yet.

use sha2::{Digest, Sha256};

/// Bytes of a seed.
pub const LENGTH: usize = 32;

/// A VM's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed([u64; LENGTH / 8]);

impl Seed {
    /// Of what was given; zeros are none.
    pub fn new(words: [u64; LENGTH / 8]) -> Option<Self> {
        words.iter().any(|&word| word != 0).then_some(Self(words))
    }

    /// What the guest gets at this start of its VM.
    pub fn at_start(&self, number: u64) -> [u8; LENGTH] {
        self.hashed(b"Lazaret: rng-seed of a start", number)
    }

    /// What it gets from the device, by a number that comes once in the VM's life.
    pub fn hash(&self, number: u64) -> [u8; LENGTH] {
        self.hashed(b"Lazaret: entropy", number)
    }

    /// `what` keeps the uses apart.
    fn hashed(&self, what: &[u8], number: u64) -> [u8; LENGTH] {
        let hash = Sha256::new().chain_update(what).chain_update(number.to_le_bytes());
        self.0.iter().fold(hash, |hash, word| hash.chain_update(word.to_le_bytes())).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_of_each_vm_has_another_one() {
        let [one, other] = [[1, 0, 0, 0], [0, 0, 0, 1]].map(|words| Seed::new(words).expect("not all are zero"));
        let mut all = std::vec![one.at_start(0), one.at_start(1), other.at_start(0), other.at_start(1)];
        all.extend([one.hash(0), one.hash(1), other.hash(0), other.hash(1)]);
        assert_eq!(one.at_start(0), all[0]);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 8);
        assert_eq!(Seed::new([0; 4]), None);
    }
}
