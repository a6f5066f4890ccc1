// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the README says of the source is what the source says.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// The README's table of seL4's API is the one in the kernel's documentation.
#[test]
fn the_subset_table_is_the_kernel_s() {
    let (readme, kernel) = (read("README.md"), read("components/microkernel/src/lib.rs"));
    let rows: Vec<&str> = kernel.lines().filter_map(|line| line.strip_prefix("//! ")).collect();
    let start = rows.iter().position(|row| *row == "| object | invocation | here |").unwrap();
    let table: Vec<&str> = rows[start..].iter().take_while(|row| row.starts_with('|')).copied().collect();
    assert!(table.len() > 20);
    assert!(readme.contains(&table.join("\n")), "README.md: copy the table from components/microkernel/src/lib.rs");
}

#[test]
fn the_shim_s_header_is_the_generated_one() {
    let header = debug_shim_c::header().to_string();
    let file = "components/debug-shim/c/debug_shim.h";
    assert!(read(file) == header, "lazaret docs shim-header -o {file}");
}

/// Solid arrows of the picture, between crates.
fn drawn(readme: &str) -> BTreeSet<(String, String)> {
    let picture = readme.split("```mermaid").nth(1).unwrap().split("```").next().unwrap();
    let arrows = picture.lines().filter_map(|line| line.trim().split_once(" --> "));
    arrows.map(|(from, to)| (from.to_string(), to.to_string())).collect()
}

/// Links between the crates that the picture shows, without macro crates.
fn linked(shown: &BTreeSet<&str>) -> BTreeSet<(String, String)> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut links = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let from = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            if dependency["kind"].is_null() && shown.contains(from) && shown.contains(to) {
                links.insert((from.to_string(), to.to_string()));
            }
        }
    }
    links
}

#[test]
fn the_picture_s_arrows_are_the_links() {
    let drawn = drawn(&read("README.md"));
    let shown = drawn.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    assert_eq!(drawn, linked(&shown));
}
