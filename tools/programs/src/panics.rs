// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a program for the machine can panic: each branch of its code to one of core's functions that do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use addr2line::Loader;
use anyhow::{Context, anyhow};
use object::{Object, ObjectSection, ObjectSymbol};

/// In the names of core's functions that panic, mangled or not.
const WORDS: [&str; 5] = ["panicking", "unwrap_failed", "expect_failed", "index_fail", "slice_error_fail"];
/// Ours, and the only other code that is not core's.
const OURS: &str = "components/";
const LIBRARY: &str = "dtoolkit";
/// Whatever has no line of ours: core's own code, such as the formatting of text.
pub const CORE: &str = "core";

/// The files with such places, ours from `components/` on, and how many each has.
pub fn sites(elf: &Path) -> anyhow::Result<BTreeMap<String, usize>> {
    let bytes = std::fs::read(elf).with_context(|| elf.display().to_string())?;
    let file = object::File::parse(&*bytes)?;
    let loader = Loader::new(elf).map_err(|error| anyhow!("{error}")).with_context(|| elf.display().to_string())?;
    let panics = |name: &str| WORDS.iter().any(|word| name.contains(word));
    let targets: BTreeSet<u64> =
        file.symbols().filter(|symbol| symbol.name().is_ok_and(panics)).map(|symbol| symbol.address()).collect();
    anyhow::ensure!(!targets.is_empty(), "{}: not even the panic handler's caller is there", elf.display());
    let text = file.section_by_name(".text").context("no .text")?;
    let code = text.data()?.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()));
    let mut files = BTreeMap::new();
    for (pc, word) in (text.address()..).step_by(4).zip(code) {
        let within = loader.find_symbol(pc).is_some_and(panics);
        if !within && branch(pc, word).is_some_and(|target| targets.contains(&target)) {
            *files.entry(blamed(&loader, pc)).or_default() += 1;
        }
    }
    Ok(files)
}

/// The target of `b` or `bl`.
fn branch(pc: u64, word: u32) -> Option<u64> {
    let is_branch = word & 0x7c00_0000 == 0x1400_0000;
    let words = i64::from((word << 6) as i32 >> 6);
    is_branch.then(|| pc.wrapping_add_signed(words * 4))
}

/// The innermost of the inlined functions that is ours, by its file.
fn blamed(loader: &Loader, pc: u64) -> String {
    let mut files = Vec::new();
    if let Ok(mut frames) = loader.find_frames(pc) {
        while let Ok(Some(frame)) = frames.next() {
            files.extend(frame.location.and_then(|location| location.file).map(str::to_string));
        }
    }
    let ours = files.iter().find_map(|file| file.rfind(OURS).map(|at| file[at..].to_string()));
    ours.unwrap_or_else(|| if files.iter().any(|f| f.contains(LIBRARY)) { LIBRARY.into() } else { CORE.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_lead_both_ways() {
        assert_eq!(branch(0x1000, 0x9400_0002), Some(0x1008));
        assert_eq!(branch(0x1000, 0x17ff_ffff), Some(0xffc));
        assert_eq!(branch(0x1000, 0xd65f_03c0), None);
    }
}
