// SPDX-License-Identifier: MIT OR Apache-2.0
//! No package has a dependency that it does not use, or that it has only to pass its names on; and what others link says
//! what each of its names is for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn folder(package: &Value) -> PathBuf {
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_path_buf()
}

/// The code of a package, without comments and without packages inside its folder.
fn code(folder: &Path, others: &BTreeSet<PathBuf>) -> String {
    let mut code = String::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !others.contains(&path) {
            code += &self::code(&path, others);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            text.lines().for_each(|line| code += &format!("{}\n", line.split("//").next().unwrap()));
        }
    }
    code
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Is the crate named where it is used, or are names that are passed on used here as well?
fn uses(code: &str, name: &str) -> bool {
    let (mut rest, mut passed_on) = (String::new(), BTreeSet::new());
    for (index, part) in code.split("pub use ").enumerate() {
        let (names, after) = if index == 0 { ("", part) } else { part.split_once(';').unwrap_or((part, "")) };
        if words(names).any(|word| word == name) {
            passed_on.extend(words(names).filter(|word| !["self", "as", name].contains(word)));
        }
        rest += after;
    }
    words(&rest).any(|word| word == name || passed_on.contains(word))
}

#[test]
fn every_dependency_is_used() {
    let packages = packages();
    let folders: BTreeSet<PathBuf> = packages.iter().map(folder).collect();
    let is_macros = |name: &str| {
        let package = packages.iter().find(|package| package["name"] == name);
        package.is_some_and(|package| package["targets"][0]["kind"][0] == "proc-macro")
    };
    let mut unused = Vec::new();
    for package in &packages {
        let code = code(&folder(package), &folders);
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap();
            // Rust wants a crate of its own for them, and the one that they belong to passes them on.
            if !is_macros(name) && !uses(&code, &name.replace('-', "_")) {
                unused.push(format!("{} has {name} and does not use it itself", package["name"]));
            }
        }
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

/// Folders of crates that are made to be linked by others: each of their names has a sentence. Elsewhere a name that says
/// it all may stand alone.
const LINKED_BY_OTHERS: &[&str] = &["abi/", "arm/", "debug-shim", "formats/", "sel4"];
/// Of those, programs.
const PROGRAMS: &[&str] = &["sel4-loader"];

#[test]
fn what_others_link_is_documented() {
    let packages = packages();
    let components = root().join("components");
    let mut without = Vec::new();
    for folder in packages.iter().map(folder) {
        let Ok(path) = folder.strip_prefix(&components) else { continue };
        let path = path.to_str().unwrap();
        let is_linked = LINKED_BY_OTHERS.iter().any(|prefix| path.starts_with(prefix));
        let text = std::fs::read_to_string(folder.join("src/lib.rs")).unwrap_or_default();
        if is_linked && !PROGRAMS.contains(&path) && !text.contains("#![deny(missing_docs)]") {
            without.push(path.to_string());
        }
    }
    assert!(without.is_empty(), "no #![deny(missing_docs)] in {without:?}");
}
