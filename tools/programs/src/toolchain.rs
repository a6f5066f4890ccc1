// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust toolchain for bare metal: the host's if it has the target, else Debian's with the library's source.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lazaret_diagnostic::Problem;

use crate::workspace::Workspace;

/// What all our programs for the machine are built for, and 64-bit guests.
pub const TARGET: &str = "aarch64-unknown-none-softfloat";
/// What 32-bit guests are built for.
pub const TARGET32: &str = "armv7a-none-eabi";
/// For every core, because one image is for all: Cortex-A53's erratum, which compilers know nothing of.
const NO_ERRATUM_843419: &str = "-Clink-arg=--fix-cortex-a53-843419";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "ld.lld";

/// How bare-metal programs are built here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toolchain {
    /// The host's cargo has the target's library.
    Host,
    /// Debian's cargo builds the library as well, from the package `rust-web-src`.
    Debian,
}

impl Toolchain {
    /// Finds one for the machine.
    pub fn detect() -> anyhow::Result<Self> {
        Self::detect_for(TARGET)
    }

    /// Finds one for a target.
    pub fn detect_for(target: &str) -> anyhow::Result<Self> {
        if has_target(Path::new("rustc"), target) {
            return Ok(Self::Host);
        }
        if debian_can_build() {
            return Ok(Self::Debian);
        }
        Err(Problem::new(
            format!("no Rust toolchain here builds for {target}"),
            format!(
                "run tools/lazaret, which installs what is missing, or one of\n\
                 rustup target add {target}\n\
                 apt-get install rustc-web cargo-web rust-web-src lld"
            ),
        ))
    }

    /// A `cargo` for `subcommand`, for a target.
    pub fn cargo(&self, subcommand: &str, target: &str) -> Command {
        let mut cargo = match self {
            Self::Host => Command::new(host_cargo()),
            Self::Debian => Command::new(DEBIAN_CARGO),
        };
        cargo.args([subcommand, "--target", target]);
        cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", self.flags(target).join("\x1f"));
        if *self == Self::Debian {
            let variable = target.to_uppercase().replace('-', "_");
            cargo.args(["-Zbuild-std=core", "-Zbuild-std-features=compiler-builtins-mem"]);
            cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN");
            cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), DEBIAN_LINKER);
        }
        cargo
    }

    /// What the compiler is told beside what the tree says.
    fn flags(&self, target: &str) -> Vec<String> {
        let rustc = if *self == Self::Debian { DEBIAN_RUSTC } else { "rustc" };
        let sysroot = first_line(Command::new(rustc).args(["--print", "sysroot"])).map(PathBuf::from);
        let mut flags = same_everywhere(&Workspace::find(), cargo_home(), sysroot);
        if target == TARGET {
            flags.push(NO_ERRATUM_843419.into());
        }
        flags
    }

    /// The compiler's own words about its version.
    pub fn version(&self) -> String {
        let rustc = if *self == Self::Debian { DEBIAN_RUSTC } else { "rustc" };
        first_line(Command::new(rustc).arg("--version")).unwrap_or_else(|| "unknown".into())
    }
}

/// Names of folders that are not part of what is built: the same source gives the same programs wherever it lies. A debugger
/// that is started in the tree's own folder finds our files.
fn same_everywhere(workspace: &Workspace, cargo: Option<PathBuf>, sysroot: Option<PathBuf>) -> Vec<String> {
    let tree = Some(workspace.root().to_path_buf());
    let target = Some(workspace.target().to_path_buf());
    // The last one that fits counts.
    let folders = [(sysroot, "rust"), (cargo, "cargo"), (tree, "."), (target, "target")];
    let known = folders.into_iter().filter_map(|(folder, name)| Some((folder?, name)));
    known.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}

/// Where cargo keeps what it fetched.
fn cargo_home() -> Option<PathBuf> {
    let default = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default)
}

/// The cargo that runs this, or the one in the path.
pub fn host_cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Does that compiler come with the target's `core`?
pub fn has_target(rustc: &Path, target: &str) -> bool {
    first_line(Command::new(rustc).args(["--print", "target-libdir", "--target", target]))
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .is_some_and(|files| files.flatten().any(|f| f.file_name().to_string_lossy().starts_with("libcore-")))
}

/// Are Debian's cargo, compiler, library source and linker here?
pub fn debian_can_build() -> bool {
    let Some(version) = first_line(Command::new(DEBIAN_RUSTC).arg("--version")) else { return false };
    let Some(sysroot) = first_line(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"])) else { return false };
    new_enough(&version)
        && Path::new(DEBIAN_CARGO).is_file()
        && Path::new(&sysroot).join("lib/rustlib/src/rust/library/core/Cargo.toml").exists()
        && first_line(Command::new(DEBIAN_LINKER).arg("--version")).is_some()
}

/// `rustc 1.95.0 (...)`: is that the version that the crates ask for, or a later one?
fn new_enough(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    let words: Vec<_> = version.split_whitespace().collect();
    words.get(1).is_some_and(|found| numbers(found) >= numbers(env!("CARGO_PKG_RUST_VERSION")))
}

/// First line of what a program prints; `None` when it cannot be run or fails.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(new_enough("rustc 1.95.0 (59807616e 2026-04-14)"));
        assert!(new_enough("rustc 1.103.0"));
        assert!(!new_enough("rustc 1.85.0 (built from a source tarball)"));
        assert!(!new_enough("nonsense"));
    }
}
