// SPDX-License-Identifier: MIT OR Apache-2.0
//! The aliases in `.cargo/config.toml` check all code that is for the machine only, and rust-analyzer's setting in
//! CONTRIBUTING.md calls each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::page::{Page, root};

/// What only the machine compiles.
const CONDITION: &str = "target_os = \"none\"";

/// Our packages: their folder, and which of ours each one links.
fn packages() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let linked = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        dependencies.filter(|dependency| dependency["kind"].is_null()).map(|d| text(&d["name"])).collect()
    };
    let folder = |package: &Value| text(&package["manifest_path"]).replace("Cargo.toml", "src");
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (text(&package["name"]), (folder(package), linked(package)))).collect()
}

fn has_machine_code(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().any(|path| match path.is_dir() {
        true => has_machine_code(&path),
        false => std::fs::read_to_string(&path).is_ok_and(|text| text.contains(CONDITION)),
    })
}

#[test]
fn the_checks_for_the_machine_leave_nothing_out() {
    let text = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    let contributing = Page::read("CONTRIBUTING.md").text;
    let packages = packages();
    let mut open = Vec::new();
    for (alias, words) in config["alias"].as_table().unwrap() {
        let call = format!("cargo {alias} --message-format=json");
        assert!(contributing.contains(&call), "CONTRIBUTING.md: the setting does not call '{call}'");
        let words = words.as_array().unwrap().iter().map(|word| word.as_str().unwrap());
        open.extend(words.filter_map(|word| word.strip_prefix("--package=")).map(str::to_string));
    }
    let mut checked = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some((_, linked)) = packages.get(&name)
            && checked.insert(name)
        {
            open.extend(linked.iter().cloned());
        }
    }
    let of_machine = packages.iter().filter(|(_, (folder, _))| has_machine_code(Path::new(folder)));
    let left_out: Vec<_> = of_machine.map(|(name, _)| name).filter(|name| !checked.contains(*name)).collect();
    assert!(left_out.is_empty(), ".cargo/config.toml checks nothing of {left_out:?}");
}
