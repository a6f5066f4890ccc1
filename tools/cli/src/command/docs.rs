// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs`: documents that are made from the source.

use std::path::PathBuf;
use std::process::ExitCode;

use arm_trap_table::Documentation;
use clap::{Args, ValueEnum};
use lazaret_diagnostic::write_file;

/// Which document.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Document {
    /// Every trapped debug register: access, reset, mask, what happens, and the test of its isolation
    Traps,
    /// Every call of a guest by HVC or SMC: numbers, callers, arguments that count, answers
    Calls,
    /// The C header of the debug shim as a library for seL4's own kernel
    ShimHeader,
}

/// `docs`
#[derive(Debug, Args)]
pub struct DocsArguments {
    /// Which one
    #[arg(value_enum)]
    pub document: Document,
    /// The file, instead of standard output
    #[arg(short, long, value_name = "F")]
    pub output: Option<PathBuf>,
}

/// Writes the document.
pub fn run(arguments: &DocsArguments) -> anyhow::Result<ExitCode> {
    let text = match arguments.document {
        Document::Traps => Documentation.to_string(),
        Document::Calls => vmm::exit::call::Documentation.to_string(),
        Document::ShimHeader => debug_shim_c::header().to_string(),
    };
    match &arguments.output {
        Some(path) => write_file(path, text)?,
        None => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}
