// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entropy for programs: the board's, from the device tree's `/chosen/rng-seed`, hashed with the number of who gets it. Nobody
//! can compute another's from its own, and the board's own is shown to nobody.

use core::ops::Range;

use dtoolkit::{Node, Property, fdt::Fdt};
use sha2::{Digest, Sha256};
use system_spec::{FillSource, SEED_LENGTH};

use crate::System;

/// With less there is nothing to be had.
const LEAST: usize = 16;

/// The board's seed, and where in the chunk of the boot information it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seed<'a> {
    bytes: &'a [u8],
    place: Range<usize>,
}

impl<'a> Seed<'a> {
    /// In a chunk with a header of so many bytes; `None`: there is no tree, or nothing in it.
    pub(crate) fn find(chunk: &'a [u8], header: usize) -> Option<Self> {
        let tree = Fdt::new(chunk.get(header..)?).ok()?;
        let length = tree.find_node("/chosen")?.property("rng-seed")?.value().len();
        let value = tree.find_node("/chosen")?.property("rng-seed")?.value().as_ptr().addr();
        let start = value.checked_sub(chunk.as_ptr().addr())?;
        let place = start..start.checked_add(length)?;
        Some(Self { bytes: chunk.get(place.clone())?, place }).filter(|_| length >= LEAST)
    }

    /// What one program gets.
    pub(crate) fn of(&self, owner: u32) -> [u8; SEED_LENGTH] {
        let hash = Sha256::new().chain_update(b"Lazaret: seed of a program").chain_update(owner.to_le_bytes());
        hash.chain_update(self.bytes).finalize().into()
    }

    /// The part of it that a range of the chunk has.
    pub(crate) fn part_in(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place.start.clamp(range.start, range.end);
        start..self.place.end.clamp(start, range.end)
    }
}

impl System<'_> {
    /// Programs want a seed, and the board has none.
    pub(crate) fn tell_of_missing_seed(&self) {
        let is_wanted = self.spec.fills.iter().any(|fill| matches!(fill.source(), FillSource::Seed(..)));
        if is_wanted && self.seed.is_none() {
            sel4::debug_println!("MON|INFO: the board's device tree has no rng-seed, so guests get none either");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_another_one() {
        let seed = |bytes| Seed { bytes, place: 0..0 };
        let one = seed(&[1; 32]);
        assert_ne!(one.of(0), one.of(1));
        assert_ne!(one.of(0), seed(&[2; 32]).of(0));
        assert_eq!(one.of(7), one.of(7));
    }

    #[test]
    fn what_is_hidden_is_the_part_of_the_seed_that_a_page_has() {
        let seed = Seed { bytes: &[], place: 100..132 };
        assert_eq!(seed.part_in(0..4096), 100..132);
        assert_eq!(
            (seed.part_in(0..110), seed.part_in(110..120), seed.part_in(120..400)),
            (100..110, 110..120, 120..132)
        );
        assert!(seed.part_in(0..100).is_empty() && seed.part_in(132..140).is_empty());
    }

    #[test]
    fn it_is_found_behind_a_header() {
        use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
        let tree_with = |bytes: &[u8]| {
            let mut chosen = DeviceTreeNode::new("chosen").unwrap();
            chosen.add_property(DeviceTreeProperty::new("rng-seed", bytes).unwrap());
            let mut tree = DeviceTree::new();
            tree.root.add_child(chosen);
            [std::vec![0; 16], tree.to_dtb()].concat()
        };
        let chunk = tree_with(&[0x5a; 32]);
        let seed = Seed::find(&chunk, 16).unwrap();
        assert_eq!((seed.bytes, &chunk[seed.place.clone()]), (&[0x5a; 32][..], &[0x5a; 32][..]));
        assert_eq!(Seed::find(&tree_with(&[0x5a; 8]), 16), None);
        assert_eq!(Seed::find(&[0; 64], 16), None);
    }
}
