// SPDX-License-Identifier: MIT OR Apache-2.0
//! The components on rust-sel4's crates in place of ours: `LAZARET_RUST_SEL4` names a checkout of version 5.0.0, and
//! `test --kernel PREFIX` the seL4 whose headers those crates are made from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use lazaret_programs::toolchain::{TARGET, Toolchain};
use lazaret_programs::workspace::Workspace;
use libtest_mimic::Trial;

use crate::DEFAULT_BOARD;
use crate::Scenario;
use crate::sel4;
use crate::trial;

const SCENARIO: Scenario = ("rust-sel4-components", components);
/// What is built of ours.
const COMPONENTS: [&str; 3] = ["root-task", "vmm", "serial"];
/// Folders of the checkout that replace what has the same name here, with the crates within.
const THEIRS: [&str; 3] = ["sel4", "sel4-root-task", "sel4-microkit"];

/// Without a checkout and a kernel it says why it does not run.
pub fn trials() -> Option<Trial> {
    let here = checkout().is_some() && sel4::prefix().is_some();
    if !here {
        let what = "no checkout of rust-sel4 (LAZARET_RUST_SEL4) with an installed seL4 (--kernel PREFIX) was given";
        println!("  {}: skipped, {what}", SCENARIO.0);
    }
    trial(DEFAULT_BOARD, SCENARIO, true).map(|trial| trial.with_ignored_flag(!here))
}

fn checkout() -> Option<PathBuf> {
    std::env::var_os("LAZARET_RUST_SEL4").map(PathBuf::from)
}

/// cargo, with the `--config` of components/sel4-loader/README.md, takes each crate from the checkout, and compiles all.
fn components() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let folder = workspace.output(DEFAULT_BOARD, "rust-sel4");
    let tree = folder.join("tree");
    // cargo rewrites Cargo.lock for an override: not ours.
    copy(workspace.root(), &tree, &["target", ".git"])?;
    let checkout = checkout().context("no checkout")?.join("crates").canonicalize()?;
    let paths: Vec<_> = THEIRS.iter().map(|name| format!("{:?}", checkout.join(name))).collect();
    let mut cargo = Toolchain::detect()?.cargo("check", TARGET);
    cargo.args(["--config", &format!("paths=[{}]", paths.join(","))]);
    cargo.arg("--message-format=json").args(COMPONENTS.iter().flat_map(|name| ["-p", name]));
    cargo.current_dir(&tree).env("CARGO_TARGET_DIR", folder.join("build"));
    cargo.env("SEL4_PREFIX", sel4::prefix().context("no kernel")?).env("RUSTC_BOOTSTRAP", "1");
    let output = cargo.output().context("cannot run cargo")?;
    let (messages, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    anyhow::ensure!(output.status.success(), "cargo check failed:\n{messages}\n{errors}");
    let compiled = packages(&messages)?;
    for name in THEIRS {
        let is_theirs = |id: &&String| id.contains(&format!("{}#", checkout.join(name).display()));
        anyhow::ensure!(compiled.iter().any(|id| is_theirs(&id)), "{name} was not taken from the checkout");
        let ours = tree.join("components").join(name).display().to_string();
        let left = compiled.iter().find(|id| id.contains(&format!("{ours}#")));
        anyhow::ensure!(left.is_none(), "{name} of ours was compiled as well");
    }
    for name in COMPONENTS {
        anyhow::ensure!(compiled.iter().any(|id| id.contains(&format!("/components/{name}#"))), "{name} was left out");
    }
    println!("  {} compile against {}", COMPONENTS.join(", "), checkout.display());
    Ok(())
}

/// The packages that cargo says it has compiled.
fn packages(messages: &str) -> anyhow::Result<Vec<String>> {
    let message = |line| serde_json::from_str::<serde_json::Value>(line).context("cargo's messages");
    let messages: Vec<_> = messages.lines().map(message).collect::<anyhow::Result<_>>()?;
    let artifacts = messages.iter().filter(|message| message["reason"] == "compiler-artifact");
    Ok(artifacts.filter_map(|message| message["package_id"].as_str().map(String::from)).collect())
}

/// A folder with all in it, but for what has one of these names at its top.
fn copy(from: &Path, to: &Path, without: &[&str]) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if without.iter().any(|other| name == *other) {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target, &[])?;
        } else if !fs::read(&target).is_ok_and(|old| fs::read(entry.path()).is_ok_and(|new| old == new)) {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
