// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs`: documents that are made from the source.

use std::process::ExitCode;

use anyhow::Context;
use arm_trap_table::Documentation;

use crate::arguments::{DocsArguments, Document};

/// Writes the document.
pub fn run(arguments: &DocsArguments) -> anyhow::Result<ExitCode> {
    let text = match arguments.document {
        Document::Traps => Documentation.to_string(),
        Document::ShimHeader => debug_shim_c::header().to_string(),
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}
