// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds the programs that run on the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use lazaret_board::Board;

use crate::lock::FolderLock;
use crate::toolchain::{TARGET, TARGET32, Toolchain};
use crate::workspace::Workspace;

/// Which kernel configuration: Microkit's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Config {
    /// The kernel prints, and helps the audit.
    #[default]
    Debug,
    /// The kernel is silent.
    Release,
    /// As debug, and the kernel checks its own state after each entry: slow.
    Checked,
    /// As debug, and of the extension the kernel has its first version only.
    Earlier,
}

impl Config {
    /// Does the kernel print, and let programs print?
    pub fn prints(self) -> bool {
        self != Self::Release
    }

    /// Its name in paths and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
            Self::Checked => "checked",
            Self::Earlier => "earlier",
        }
    }
}

/// Folders of what was built, for the machine and 64-bit guests, and for 32-bit guests.
const PROGRAMS: &str = "programs";
const PROGRAMS32: &str = "programs32";

/// Slots of the root CNode, as a power of two, where they are all looked at again and again.
const CHECKED_CNODE_BITS: u8 = 13;

/// The keys of the extension's first version.
const EARLIER: [&str; 3] = ["LAZARET_VCPU_DEBUG", "LAZARET_VCPU_FAULT_HVC", "LAZARET_VCPU_FAULT_CONTEXT"];

/// What to build for.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    /// The tree.
    pub workspace: &'a Workspace,
    /// The board's name.
    pub board: &'a str,
    /// The kernel's configuration.
    pub config: Config,
}

impl Setting<'_> {
    /// The folder of what is built.
    pub fn output(&self) -> PathBuf {
        self.workspace.output(self.board, self.config.name())
    }

    /// The board whose `gen_config.json` this one has.
    fn owner(&self) -> anyhow::Result<String> {
        Board::owner(&self.workspace.kernel_config(), self.board)
    }

    /// Where cargo builds. Of boards with the same kernel configuration only kernel and drivers are built anew.
    fn shared(&self) -> anyhow::Result<PathBuf> {
        Ok(self.workspace.output(&self.owner()?, self.config.name()))
    }

    /// Builds packages, optimised, and tells where their executables are.
    pub fn build(&self, toolchain: &Toolchain, packages: &[&str]) -> anyhow::Result<PathBuf> {
        let programs = self.output().join(PROGRAMS);
        self.cargo_build(TARGET, toolchain, packages, &self.write_prefix()?, &self.shared()?, programs)
    }

    /// The same for the kernel of that prefix, in another folder.
    pub fn build_for(
        &self,
        toolchain: &Toolchain,
        packages: &[&str],
        prefix: &Path,
        output: &Path,
    ) -> anyhow::Result<PathBuf> {
        self.cargo_build(TARGET, toolchain, packages, prefix, output, output.join(PROGRAMS))
    }

    /// Builds programs of 32-bit guests, which know no kernel.
    pub fn build_for_guests32(&self, packages: &[&str]) -> anyhow::Result<PathBuf> {
        let toolchain = Toolchain::detect_for(TARGET32)?;
        let programs = self.output().join(PROGRAMS32);
        self.cargo_build(TARGET32, &toolchain, packages, &self.write_prefix()?, &self.shared()?, programs)
    }

    fn cargo_build(
        &self,
        target: &str,
        toolchain: &Toolchain,
        packages: &[&str],
        prefix: &Path,
        output: &Path,
        programs: PathBuf,
    ) -> anyhow::Result<PathBuf> {
        let target_dir = output.join("build");
        let _lock = FolderLock::wait(&target_dir)?;
        for selected in selections(packages) {
            let mut cargo = toolchain.cargo("build", target);
            cargo.args(["--release", "--locked"]).args(selected);
            self.run_cargo(cargo, packages, prefix, &target_dir, &programs)?;
        }
        Ok(programs)
    }

    fn run_cargo(
        &self,
        mut cargo: Command,
        packages: &[&str],
        prefix: &Path,
        target_dir: &Path,
        programs: &Path,
    ) -> anyhow::Result<()> {
        if !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            cargo.arg("--quiet");
        }
        cargo.current_dir(self.workspace.root()).env("CARGO_TARGET_DIR", target_dir);
        cargo.env("SEL4_PREFIX", prefix).env("LAZARET_BOARD", self.board);
        cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped()).stderr(Stdio::inherit());
        let output = cargo.output().context("cannot run cargo")?;
        if !output.status.success() {
            bail!("cargo could not build {}", packages.join(", "));
        }
        take_executables(&output.stdout, programs)
    }

    /// The kernel's configuration as a tree in the form of seL4's installation prefix.
    fn write_prefix(&self) -> anyhow::Result<PathBuf> {
        let source = self.workspace.kernel_config().join(self.owner()?).join("gen_config.json");
        let text = std::fs::read_to_string(&source).with_context(|| source.display().to_string())?;
        let mut options: Map<String, Value> =
            serde_json::from_str(&text).with_context(|| source.display().to_string())?;
        for key in ["DEBUG_BUILD", "PRINTING"] {
            options.insert(key.into(), Value::Bool(self.config.prints()));
        }
        if self.config == Config::Checked {
            options.insert("LAZARET_CHECK_INVARIANTS".into(), Value::Bool(true));
            // Each check looks at all of them.
            options.insert("ROOT_CNODE_SIZE_BITS".into(), Value::String(CHECKED_CNODE_BITS.to_string()));
        }
        if self.config == Config::Earlier {
            let later =
                options.iter_mut().filter(|(key, _)| key.starts_with("LAZARET_") && !EARLIER.contains(&&***key));
            later.for_each(|(_, value)| *value = Value::Bool(false));
        }
        let prefix = self.shared()?.join("sel4");
        let include = prefix.join("libsel4/include");
        write_if_changed(&include.join("kernel/gen_config.json"), &serde_json::to_vec_pretty(&options)?)?;
        write_if_changed(&include.join("sel4/gen_config.json"), b"{}\n")?;
        Ok(prefix)
    }
}

/// Programs that are made of another one's package with a feature, and cargo's arguments for them: features of one build
/// are those of all that it builds.
const VARIANTS: [(&str, &[&str]); 2] = [
    ("vmm-smp", &["-p", "vmm", "--bin", "vmm-smp", "--features", "smp"]),
    ("vmm-debug", &["-p", "vmm", "--bin", "vmm-debug", "--features", "debugger"]),
];

/// Cargo's arguments for each build that these programs need.
fn selections(packages: &[&str]) -> Vec<Vec<String>> {
    let own = |arguments: &[&str]| arguments.iter().map(ToString::to_string).collect::<Vec<_>>();
    let is_variant = |package: &&str| VARIANTS.iter().any(|(name, _)| name == package);
    let plain: Vec<_> = packages.iter().filter(|package| !is_variant(package)).flat_map(|p| ["-p", p]).collect();
    let first = (!plain.is_empty()).then(|| own(&[&["--bins"], &plain[..]].concat()));
    let variants = VARIANTS.iter().filter(|(name, _)| packages.contains(name)).map(|(_, arguments)| own(arguments));
    first.into_iter().chain(variants).collect()
}

/// Copies what cargo says that it has built, or had built before, so that the next build in its folder, for another board
/// or kernel, does not change it.
fn take_executables(messages: &[u8], to: &Path) -> anyhow::Result<()> {
    for line in messages.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")) {
        let message: Value = serde_json::from_slice(line).context("cargo's messages")?;
        let Some(executable) = message["executable"].as_str().map(Path::new) else { continue };
        let name = executable.file_name().context("an executable without a name")?;
        let bytes = std::fs::read(executable).with_context(|| executable.display().to_string())?;
        write_if_changed(&to.join(name), &bytes)?;
    }
    Ok(())
}

/// Leaves the time stamp alone when there is nothing new: cargo rebuilds by it.
pub fn write_if_changed(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == contents) {
        return Ok(());
    }
    path.parent().map(lazaret_diagnostic::make_folder).transpose()?;
    lazaret_diagnostic::write_file(path, contents)
}
