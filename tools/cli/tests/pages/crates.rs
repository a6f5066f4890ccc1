// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every crate and every top-level folder has a page.

use std::collections::BTreeSet;

use crate::page::{Page, files};

const TOP: [&str; 4] = ["components", "kernel-config", "tests", "tools"];
/// A page says at least what is in its crate and who may depend on it.
const FEWEST_WORDS: usize = 25;

#[test]
fn every_crate_has_a_page() {
    let files: BTreeSet<String> = files().into_iter().collect();
    let crates = files.iter().filter_map(|path| path.strip_suffix("/Cargo.toml"));
    let without: Vec<_> = crates.chain(TOP).filter(|folder| !files.contains(&format!("{folder}/README.md"))).collect();
    assert!(without.is_empty(), "no README.md in {without:#?}");
    for page in Page::all() {
        let words = page.text.split_whitespace().count();
        assert!(words >= FEWEST_WORDS, "{} has {words} words only", page.path);
    }
}
