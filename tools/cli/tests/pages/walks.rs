// SPDX-License-Identifier: MIT OR Apache-2.0
//! The walks in components/README.md go through files that are there, by names that are in them.

use crate::page::{Page, root};

/// Does the text have this name as a word of its own?
fn has_name(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

#[test]
fn every_step_of_a_walk_is_where_it_says() {
    let page = Page::read("components/README.md");
    let steps = page.rows_with("what happens");
    assert!(steps.len() > 40, "only {} steps were found", steps.len());
    let wrong: Vec<_> = steps
        .iter()
        .filter_map(|row| {
            let [(_, file), (_, name), _] = row[..] else { panic!("{row:?} is no step") };
            let (file, name) = (file.trim_matches('`'), name.trim_matches('`'));
            let is_there = std::fs::read_to_string(root().join(file)).is_ok_and(|text| has_name(&text, name));
            (!is_there).then(|| format!("{file} has no {name}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}: {}", page.path, wrong.join("; "));
}
