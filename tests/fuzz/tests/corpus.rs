// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each target on all that was kept, and on so many changes of it.
#![allow(missing_docs)]

use std::path::Path;

use fuzz::{TARGETS, Target};

/// Changed inputs of each target.
const CHANGED: usize = 4000;
/// Inputs are not longer than this by far.
const LONGEST: usize = 1 << 16;

/// Xorshift: the same inputs each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn inputs(target: &Target) -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = files(&here.join("corpus").join(target.name));
    inputs.extend(target.files.iter().flat_map(|folder| files(&here.join("../..").join(folder))));
    inputs.extend((target.seeds)());
    inputs
}

/// A few bytes flipped, replaced, put in, taken away or doubled.
fn change(random: &mut Random, input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'<', b'"', b'='][random.below(8)],
            2 => bytes.insert(at, random.below(256) as u8),
            3 => drop(bytes.drain(at.min(end)..end)),
            _ if bytes.len() < LONGEST => bytes.extend_from_within(at.min(end)..end),
            _ => {}
        }
    }
    bytes
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let inputs = inputs(target);
    assert!(!inputs.is_empty(), "{name} has no input");
    inputs.iter().for_each(|input| (target.run)(input));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..CHANGED {
        let chosen = random.below(inputs.len());
        (target.run)(&change(&mut random, &inputs[chosen]));
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { run(stringify!($name)); })*

        #[test]
        fn none_is_left_out() {
            assert_eq!(TARGETS.map(|target| target.name), [$(stringify!($name)),*]);
        }
    };
}

targets! { syndrome exits state manifest vmmcfg spec device_tree }
