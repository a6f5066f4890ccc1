// SPDX-License-Identifier: MIT OR Apache-2.0
//! The source of entropy.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[Mutant {
    name: "entropy_comes_twice",
    file: "vmm/src/device/virtio/rng.rs",
    from: "self.given.change().number = number.wrapping_add(1);",
    to: "self.given.change().number = number;",
}];
