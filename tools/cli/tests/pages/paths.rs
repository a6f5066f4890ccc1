// SPDX-License-Identifier: MIT OR Apache-2.0
//! Paths and links in the pages lead somewhere.

use crate::page::{Page, root};

/// Words in backticks with a slash are paths, from the page's folder, its sources or the project's root; but not those of
/// the guest or of the computer, patterns, and what is written beside a slash.
fn is_path(word: &str) -> bool {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    is_plain && word.contains('/') && !word.starts_with('/') && !word.ends_with("/n")
}

#[test]
fn every_path_in_backticks_is_there() {
    let mut missing = Vec::new();
    let mut paths = 0;
    for page in Page::all() {
        let bases = [root(), page.folder(), page.folder().join("src")];
        for (number, word) in page.quoted().into_iter().filter(|(_, word)| is_path(word)) {
            paths += 1;
            if !bases.iter().any(|base| base.join(word).exists()) {
                missing.push(format!("{}:{number}: {word}", page.path));
            }
        }
    }
    assert!(paths > 20, "only {paths} paths were found");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The anchor that a heading has on the project's pages.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Targets of `[text](target)`.
fn links(page: &Page) -> Vec<(usize, String)> {
    let text = page.lines().into_iter().filter(|(_, _, in_code)| !in_code);
    let targets = |line: &str| -> Vec<String> {
        line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_string()).collect()
    };
    text.flat_map(|(number, line, _)| targets(line).into_iter().map(move |target| (number, target))).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut found = 0;
    for page in Page::all() {
        for (number, target) in links(&page) {
            found += 1;
            let (path, wanted) = target.split_once('#').unwrap_or((&target, ""));
            let file = if path.is_empty() { root().join(&page.path) } else { page.folder().join(path) };
            let has_anchor = || {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                text.lines().any(|line| line.starts_with('#') && anchor(line) == wanted)
            };
            if !file.exists() || !wanted.is_empty() && !has_anchor() {
                broken.push(format!("{}:{number}: {target}", page.path));
            }
        }
    }
    assert!(found > 10, "only {found} links were found");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
