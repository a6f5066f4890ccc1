// SPDX-License-Identifier: MIT OR Apache-2.0
//! `pack`: an image from any kernel and root task, for trying things out.

use std::process::ExitCode;

use anyhow::Context;

use crate::arguments::PackArguments;

/// Writes the image.
pub fn run(arguments: &PackArguments) -> anyhow::Result<ExitCode> {
    let read = |path: &std::path::PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
    let spec = arguments.spec.as_ref().map(read).transpose()?;
    let packed = lazaret_image::pack(&read(&arguments.kernel)?, &read(&arguments.root_task)?, spec.as_deref())?;
    std::fs::write(&arguments.output, &packed.bytes).with_context(|| arguments.output.display().to_string())?;
    println!("{}: {} bytes", arguments.output.display(), packed.bytes.len());
    Ok(ExitCode::SUCCESS)
}
