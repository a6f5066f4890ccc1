// SPDX-License-Identifier: MIT OR Apache-2.0
//! `pack`: an image from any kernel and root task, for trying things out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use lazaret_diagnostic::write_file;

/// `pack`
#[derive(Debug, Args)]
pub struct PackArguments {
    /// The kernel's ELF file
    #[arg(long, value_name = "ELF")]
    pub kernel: PathBuf,
    /// The root task's ELF file
    #[arg(long, value_name = "ELF")]
    pub root_task: PathBuf,
    /// The system specification
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The image
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Writes the image.
pub fn run(arguments: &PackArguments) -> anyhow::Result<ExitCode> {
    let read = |path: &std::path::PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
    let spec = arguments.spec.as_ref().map(read).transpose()?;
    let packed = lazaret_image::pack(&read(&arguments.kernel)?, &read(&arguments.root_task)?, spec.as_deref())?;
    write_file(&arguments.output, &packed.bytes)?;
    println!("{}: {} bytes", arguments.output.display(), packed.bytes.len());
    Ok(ExitCode::SUCCESS)
}
