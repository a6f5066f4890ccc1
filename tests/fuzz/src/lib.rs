// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a stranger's bytes reach, as functions of bytes: a guest's exits, a state region that was overwritten, and every
//! file and blob that is read. None may panic, whatever the bytes; what else must hold is said at each.
//!
//! `tests/corpus.rs` runs them on what was kept and on changes of it, with the stable compiler. libFuzzer looks for more:
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz/libfuzzer exits tests/fuzz/corpus/exits`.
#![forbid(unsafe_code)]

mod blobs;
mod exits;
mod files;
mod seeds;
mod syndrome;

pub use blobs::{device_tree, spec};
pub use exits::{exits, state};
pub use files::{manifest, vmmcfg};
pub use syndrome::syndrome;

/// What is run on bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is the folder's in `corpus` as well.
    pub name: &'static str,
    /// Panics if something does not hold.
    pub run: fn(&[u8]),
    /// Folders where the tree has valid inputs.
    pub files: &'static [&'static str],
    /// More of them.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

const fn target(
    name: &'static str,
    run: fn(&[u8]),
    files: &'static [&'static str],
    seeds: fn() -> Vec<Vec<u8>>,
) -> Target {
    Target { name, run, files, seeds }
}

/// All targets.
pub const TARGETS: [Target; 7] = [
    target("syndrome", syndrome, &[], seeds::syndromes),
    target("exits", exits, &[], seeds::exits),
    target("state", state, &[], seeds::states),
    target("manifest", manifest, &["tests/sdf"], Vec::new),
    target("vmmcfg", vmmcfg, &["components/vmm/config", "tests/systems"], Vec::new),
    target("spec", spec, &[], seeds::specs),
    target("device_tree", device_tree, &[], seeds::device_trees),
];
