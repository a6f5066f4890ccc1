// SPDX-License-Identifier: MIT OR Apache-2.0
//! The copy that the mistakes are made in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::{Mutant, Suite, Verdict};

const MEMBERS: [&str; 29] = [
    "components/formats/board-file",
    "components/formats/sel4-prefix",
    "components/abi/sel4",
    "components/abi/lazaret",
    "components/abi/microkit",
    "components/abi/sddf",
    "components/arm/debug-bits",
    "components/arm/load-store",
    "components/arm/syndrome",
    "components/arm/trap-table",
    "components/debug-shim",
    "components/debug-shim/aarch64",
    "components/drivers/block",
    "components/drivers/debug-line",
    "components/drivers/network",
    "components/drivers/serial",
    "components/microkernel",
    "components/sel4",
    "components/sel4-config",
    "components/sel4-config/macros",
    "components/sel4-microkit",
    "components/sel4-microkit/macros",
    "components/sel4-runtime",
    "components/sel4-vcpu-debug",
    "components/virtio",
    "components/vmm",
    "tests/model",
    "tests/proof",
    "tests/property",
];
/// What the members' builds read.
const CONFIGURATION: &str = "kernel-config";
/// For one process of a suite, in seconds of processor time, however busy the host is. A mutant may loop.
const LIMIT: &str = "300";

/// A workspace with the tested crates and their tests.
#[derive(Debug)]
pub struct Copy {
    original: PathBuf,
    root: PathBuf,
}

impl Copy {
    /// Brings `root` up to date with `original`; what has not changed keeps its time, and need not be built again.
    pub fn new(original: &Path, root: &Path) -> anyhow::Result<Self> {
        let copy = Self { original: original.into(), root: root.into() };
        let manifest = fs::read_to_string(original.join("Cargo.toml"))?;
        let (_, rest) = manifest.split_once("\n]\n").context("a list of members")?;
        copy.write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\nmembers = {MEMBERS:?}\n{rest}"))?;
        // The copy needs a part of it, so cargo rewrites it once.
        if !root.join("Cargo.lock").exists() {
            fs::copy(original.join("Cargo.lock"), root.join("Cargo.lock"))?;
        }
        for folder in MEMBERS.into_iter().chain([CONFIGURATION]) {
            copy.refresh(Path::new(folder))?;
        }
        copy.fetch()?;
        Ok(copy)
    }

    /// Suites run offline, and may be the first thing that is built on a machine.
    fn fetch(&self) -> anyhow::Result<()> {
        let status = Command::new("cargo").args(["fetch", "--quiet"]).current_dir(&self.root).status()?;
        anyhow::ensure!(status.success(), "cargo cannot fetch what the tests are built with");
        Ok(())
    }

    /// Runs the suites on the sources as they are.
    pub fn unchanged(&self, suite: Suite) -> anyhow::Result<Verdict> {
        self.run(suite)
    }

    /// Runs these suites on a mutant until one catches it.
    pub fn mutated(&self, mutant: &Mutant, suites: &[Suite]) -> anyhow::Result<Verdict> {
        let file = format!("components/{}", mutant.file);
        let source = fs::read_to_string(self.original.join(&file)).context(file.clone())?;
        self.write(&file, &mutant.apply(&source)?)?;
        let verdict = self.first_that_catches(suites);
        self.write(&file, &source)?;
        verdict
    }

    fn first_that_catches(&self, suites: &[Suite]) -> anyhow::Result<Verdict> {
        for &suite in suites {
            match self.run(suite)? {
                Verdict::Survived => (),
                other => return Ok(other),
            }
        }
        Ok(Verdict::Survived)
    }

    fn run(&self, suite: Suite) -> anyhow::Result<Verdict> {
        let mut command = Command::new("bash");
        command.args(["-c", "ulimit -t \"$1\"; shift; exec \"$@\"", "bash", LIMIT]);
        command.args(["cargo", "test", "--offline", "--no-fail-fast"]).args(suite.arguments());
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", self.root.join("target"));
        command
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            .env_remove("LAZARET_FULL")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        let output = command.stdin(Stdio::null()).output().context("cannot run cargo")?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Ok(suite.verdict(output.status.success(), &text))
    }

    /// What is in the original, and nothing else: a file that has moved would be there twice.
    fn refresh(&self, folder: &Path) -> anyhow::Result<()> {
        for entry in fs::read_dir(self.root.join(folder)).into_iter().flatten() {
            let (entry, original) = (entry?, self.original.join(folder));
            let is_gone = !original.join(entry.file_name()).exists();
            match entry.file_type()?.is_dir() {
                true if is_gone => fs::remove_dir_all(entry.path())?,
                false if is_gone => fs::remove_file(entry.path())?,
                _ => {}
            }
        }
        for entry in fs::read_dir(self.original.join(folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.refresh(&path)?;
            } else if let Ok(text) = fs::read_to_string(entry.path()) {
                self.write(&path, &text)?;
            }
        }
        Ok(())
    }

    fn write(&self, file: impl AsRef<Path>, text: &str) -> anyhow::Result<()> {
        let path = self.root.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        fs::create_dir_all(path.parent().context("a folder")?)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
