// SPDX-License-Identifier: MIT OR Apache-2.0
//! `tests/unsafe.md` has each claim of the source that makes some code sound, word for word, and no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if entry.is_dir() && (name != "target" || folder.ends_with("src")) {
            sources(&entry, found);
        } else if name.ends_with(".rs") {
            found.push(entry);
        }
    }
}

/// The comments that begin so, each with its following lines.
fn claims(text: &str) -> Vec<String> {
    let begin = ["// SAFE", "TY: "].concat();
    let mut all: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in text.lines().map(str::trim_start) {
        match (line.strip_prefix(&begin), line.strip_prefix("//")) {
            (Some(first), _) => {
                all.push(first.trim().into());
                is_inside = true;
            }
            (None, Some(more)) if is_inside => {
                let last = all.last_mut().expect("a claim has begun");
                *last = format!("{last} {}", more.trim()).trim().into();
            }
            _ => is_inside = false,
        }
    }
    all
}

#[test]
fn proof_every_claim_is_on_the_page() {
    let mut files = Vec::new();
    ["components", "tests", "tools"].iter().for_each(|folder| sources(&root().join(folder), &mut files));
    let mut wanted = BTreeMap::new();
    for file in files {
        let found = claims(&fs::read_to_string(&file).expect("a source"));
        if !found.is_empty() {
            let name = file.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
            wanted.insert(name, found);
        }
    }
    let page = fs::read_to_string(root().join("tests/unsafe.md")).expect("the page");
    let mut listed = BTreeMap::new();
    for section in page.split("\n## ").skip(1) {
        let mut lines = section.lines();
        let name = lines.next().unwrap_or_default().to_owned();
        assert!(section.contains("\nNoticed by: "), "{name}: by what would it be noticed?");
        listed.insert(name, lines.filter_map(|line| line.strip_prefix("* ")).map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(wanted.len() > 30, "the sources were not found");
    for (name, found) in &wanted {
        assert_eq!(listed.get(name), Some(found), "{name}: the page says something else than the source");
    }
    let gone: Vec<_> = listed.keys().filter(|name| !wanted.contains_key(*name)).collect();
    assert!(gone.is_empty(), "not in the source any more: {gone:?}");
}
