// SPDX-License-Identifier: MIT OR Apache-2.0
//! `shim`: the debug shim as a library for seL4's own kernel.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use lazaret_diagnostic::{make_folder, write_file};
use lazaret_programs::toolchain::{TARGET, Toolchain};
use lazaret_programs::workspace::Workspace;

/// `shim`
#[derive(Debug, Args)]
pub struct ShimArguments {
    /// The folder for library, header and description
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// The library's name in the folder.
const LIBRARY: &str = "libdebug_shim.a";

/// Writes the library, its header and the description of the glue.
pub fn run(workspace: &Workspace, arguments: &ShimArguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.output;
    make_folder(folder)?;
    let target_dir = workspace.target().join("lazaret/shim");
    let mut cargo = Toolchain::detect()?.cargo("rustc", TARGET);
    cargo.args(["--release", "--locked", "-p", "debug-shim-c", "--crate-type", "staticlib"]);
    cargo.current_dir(workspace.root()).env("CARGO_TARGET_DIR", &target_dir);
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!("cargo could not build the shim");
    }
    let built = target_dir.join(TARGET).join("release/libdebug_shim_c.a");
    let copy = |from: &Path, name: &str| {
        write_file(&folder.join(name), std::fs::read(from).with_context(|| from.display().to_string())?)
    };
    copy(&built, LIBRARY)?;
    write_file(&folder.join("debug_shim.h"), debug_shim_c::header().to_string())?;
    copy(&workspace.root().join("components/debug-shim/glue.md"), "glue.md")?;
    println!("{}: {LIBRARY}, debug_shim.h, glue.md", folder.display());
    Ok(ExitCode::SUCCESS)
}
