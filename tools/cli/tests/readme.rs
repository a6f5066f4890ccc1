// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the pages say of the source is what the source says.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// The table of seL4's API on the kernel's page is the one in the kernel's documentation.
#[test]
fn the_subset_table_is_the_kernel_s() {
    let page = "components/microkernel/README.md";
    let (readme, kernel) = (read(page), read("components/microkernel/src/lib.rs"));
    let rows: Vec<&str> = kernel.lines().filter_map(|line| line.strip_prefix("//! ")).collect();
    let start = rows.iter().position(|row| *row == "| object | invocation | here |").unwrap();
    let table: Vec<&str> = rows[start..].iter().take_while(|row| row.starts_with('|')).copied().collect();
    assert!(table.len() > 20);
    assert!(readme.contains(&table.join("\n")), "{page}: copy the table from components/microkernel/src/lib.rs");
}

#[test]
fn the_shim_s_header_is_the_generated_one() {
    let header = debug_shim_c::header().to_string();
    let file = "components/debug-shim/c/debug_shim.h";
    assert!(read(file) == header, "lazaret docs shim-header -o {file}");
}

/// Solid arrows of the picture, between crates.
fn drawn(readme: &str) -> BTreeSet<(String, String)> {
    let is_links = |picture: &&str| picture.trim_start().starts_with("flowchart");
    let picture = readme.split("```mermaid").skip(1).find(is_links).unwrap().split("```").next().unwrap();
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

/// What a package reaches by these links.
fn reached<'a>(links: &'a BTreeSet<(String, String)>, from: &str) -> BTreeSet<&'a str> {
    let direct = links.iter().filter(|(own, _)| own == from).map(|(_, to)| to.as_str());
    direct.flat_map(|to| std::iter::once(to).chain(reached(links, to))).collect()
}

/// Those that do not follow from others.
fn without_what_follows(links: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let follows = |from: &str, to: &str| {
        let others = links.iter().filter(|(own, other)| own == from && other != to);
        others.into_iter().any(|(_, other)| reached(links, other).contains(to))
    };
    links.iter().filter(|(from, to)| !follows(from, to)).cloned().collect()
}

#[test]
fn the_picture_of_the_tools_has_the_links_that_do_not_follow_from_others() {
    let drawn = drawn(&read("tools/README.md"));
    let rooms = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap().flatten();
    let rooms = rooms.filter(|entry| entry.path().join("Cargo.toml").is_file());
    let names: Vec<String> = rooms.map(|room| format!("lazaret-{}", room.file_name().to_string_lossy())).collect();
    let shown: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(drawn, without_what_follows(&linked(&shown)));
    let readme = read("tools/README.md");
    for name in names {
        let room = name.trim_start_matches("lazaret-");
        assert!(readme.contains(&format!("\n| `{room}` | ")), "tools/README.md has no row for {room}");
    }
}

#[test]
fn the_picture_s_arrows_are_the_links() {
    let drawn = drawn(&read("components/README.md"));
    let shown = drawn.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    assert_eq!(drawn, linked(&shown));
}
