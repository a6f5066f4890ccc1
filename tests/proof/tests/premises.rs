// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the small-model argument (`proof`'s crate documentation) takes for granted about the shim's source.

use std::fs;
use std::path::{Path, PathBuf};

/// The shim, and all that it links: nothing else can be reached from its code.
const CRATES: [&str; 4] = ["debug-shim", "abi/lazaret", "abi/sel4", "arm/debug-bits"];
/// By none of these may two calls share anything that is not among their arguments.
const FORBIDDEN: [&str; 17] = [
    "static",
    "thread_local",
    "extern",
    "asm",
    "global_asm",
    "std",
    "alloc",
    "UnsafeCell",
    "RefCell",
    "OnceCell",
    "LazyCell",
    "Rc",
    "Arc",
    "Mutex",
    "AtomicBool",
    "AtomicU32",
    "AtomicU64",
];
/// The files whose types have cells: one core's state, one vCPU's, one bank.
const WITH_CELLS: [&str; 3] = ["bank.rs", "shim.rs", "vcpu.rs"];

fn components() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components")
}

/// The production sources of a crate: no tests, no fakes, no other crate in a folder of it.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if entry.is_dir() && !["fake", "tests"].contains(&name) {
            found.extend(sources(&entry));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&entry).expect("a source");
            // Unit tests are at the end of a file.
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().replace("&'static", "&");
            found.push((entry, text));
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.lines().enumerate().map(|(number, line)| (number + 1, line.split("//").next().unwrap_or("")));
    code.flat_map(|(number, line)| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_').map(move |word| (number, word))
    })
}

#[test]
fn proof_premise_nothing_is_shared_but_by_arguments() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for folder in CRATES {
        for (path, text) in sources(&components().join(folder).join("src")) {
            seen += 1;
            let is_forbidden = |(_, word): &(usize, &str)| FORBIDDEN.contains(word);
            let found = words(&text).filter(is_forbidden);
            wrong.extend(found.map(|(line, word)| format!("{}:{line} {word}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 10, "the sources were not found");
}

#[test]
fn proof_premise_the_compiler_refuses_unsafe_code() {
    for folder in CRATES {
        let text = fs::read_to_string(components().join(folder).join("src/lib.rs")).expect("a crate");
        assert!(text.contains("#![forbid(unsafe_code)]"), "{folder}");
    }
}

#[test]
fn proof_premise_the_shim_links_nothing_else() {
    let manifest = fs::read_to_string(components().join("debug-shim/Cargo.toml")).expect("a manifest");
    let linked =
        manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("dependencies");
    let names: Vec<_> =
        linked.lines().filter_map(|line| line.split('.').next()).filter(|name| !name.is_empty()).collect();
    let ours = |name: &&str| ["lazaret-abi", "sel4-abi", "arm-debug-bits"].contains(name);
    assert!(!names.is_empty() && names.iter().all(ours), "{names:?}");
}

#[test]
fn proof_premise_cells_are_the_core_s_and_the_vcpu_s() {
    let with_cells = |(path, text): &(PathBuf, String)| {
        words(text)
            .any(|(_, word)| word == "Cell")
            .then(|| path.file_name().and_then(|name| name.to_str()).map(str::to_owned))
            .flatten()
    };
    let mut found: Vec<_> = sources(&components().join("debug-shim/src")).iter().filter_map(with_cells).collect();
    found.sort();
    assert_eq!(found, WITH_CELLS);
}

#[test]
fn proof_premise_names_are_only_compared() {
    let text = fs::read_to_string(components().join("debug-shim/src/shim.rs")).expect("a source");
    assert!(text.contains("pub trait Handle: Copy + PartialEq {"), "more can be asked of a vCPU's name");
}
