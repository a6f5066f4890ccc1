// SPDX-License-Identifier: MIT OR Apache-2.0
//! `shim`: the debug shim as a library for seL4's own kernel.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

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
    let target_dir = workspace.target().join("lazaret/shim");
    let mut cargo = Toolchain::detect()?.cargo("rustc", TARGET);
    cargo.args(["--release", "--locked", "-p", "debug-shim-c", "--crate-type", "staticlib"]);
    cargo.current_dir(workspace.root()).env("CARGO_TARGET_DIR", &target_dir);
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!("cargo could not build the shim");
    }
    let folder = &arguments.output;
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let built = target_dir.join(TARGET).join("release/libdebug_shim_c.a");
    let library = folder.join(LIBRARY);
    std::fs::copy(&built, &library).with_context(|| library.display().to_string())?;
    std::fs::write(folder.join("debug_shim.h"), debug_shim_c::header().to_string())?;
    std::fs::copy(workspace.root().join("components/debug-shim/glue.md"), folder.join("glue.md"))?;
    println!("{}: {LIBRARY}, debug_shim.h, glue.md", folder.display());
    Ok(ExitCode::SUCCESS)
}
