// SPDX-License-Identifier: MIT OR Apache-2.0
//! The list fits the sources.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use mutants::all;

#[test]
fn every_mutant_applies() {
    for mutant in all() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components").join(mutant.file);
        let source = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}", mutant.file));
        assert_ne!(mutant.apply(&source).unwrap(), source, "{}", mutant.name);
    }
}

#[test]
fn names_are_different() {
    let names: HashSet<_> = all().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(names.len() >= 30);
}
