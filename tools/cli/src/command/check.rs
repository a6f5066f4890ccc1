// SPDX-License-Identifier: MIT OR Apache-2.0
//! `check`: the description, nothing else.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::arguments::SystemArguments;
use clap::Args;
use lazaret_build::{MADE, Request, system};
use lazaret_programs::workspace::Workspace;
use lazaret_sdf::{SearchPath, named_files_in};

/// `check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The system description
    pub file: Option<PathBuf>,
    /// Which system.
    #[command(flatten)]
    pub system: SystemArguments,
    /// The verdict as JSON
    #[arg(long)]
    pub json: bool,
    /// Do not look for the files that it names
    #[arg(long)]
    pub no_files: bool,
}

/// Prints the verdict. Files that a build makes are no errors before the first build.
pub fn run(workspace: &Workspace, arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    let path = arguments.file.clone().unwrap_or_else(|| arguments.system.path(workspace));
    let request = Request {
        board: arguments.system.board.clone(),
        config: arguments.system.config(),
        search_path: arguments.system.search_path.clone(),
        ..Request::new(&path)
    };
    let files = system::search_path(workspace, &request);
    let named = named_files_in(&path);
    let missing: Vec<_> = MADE.into_iter().filter(|f| named.contains(*f) && files.find(f).is_none()).collect();
    if !missing.is_empty() && !arguments.no_files {
        eprintln!("(not built yet, and therefore not looked at: {})", missing.join(", "));
    }
    let options = lazaret_check::Options {
        board: system::board(workspace, &request.board, request.config)?,
        files: if arguments.no_files { SearchPath::unchecked() } else { files.with_pending(missing) },
        system: path,
        json: arguments.json,
        colour: lazaret_diagnostic::errors_in_colour(),
    };
    let mut verdict = Vec::new();
    let code = lazaret_check::run(&options, &mut verdict, &mut std::io::stderr())?;
    // Whoever reads only its beginning has seen enough.
    match std::io::stdout().write_all(&verdict) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::from(code)),
    }
}
