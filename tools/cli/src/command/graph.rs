// SPDX-License-Identifier: MIT OR Apache-2.0
//! `graph`: the picture of a system.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::arguments::SystemArguments;
use clap::Args;
use lazaret_build::{Request, system};
use lazaret_diagnostic::must_end_in;
use lazaret_programs::workspace::Workspace;

/// `graph`
#[derive(Debug, Args)]
pub struct GraphArguments {
    /// Which system.
    #[command(flatten)]
    pub system: SystemArguments,
    /// The picture
    #[arg(short, long, value_name = "F.svg")]
    pub output: PathBuf,
}

/// Writes the picture.
pub fn run(workspace: &Workspace, arguments: &GraphArguments) -> anyhow::Result<ExitCode> {
    must_end_in(&arguments.output, "svg")?;
    let request =
        Request { search_path: arguments.system.search_path.clone(), ..Request::new(arguments.system.path(workspace)) };
    let options = lazaret_graph::Options {
        board: system::board(workspace, &arguments.system.board, arguments.system.config())?,
        files: system::search_path(workspace, &request),
        system: request.system,
        output: Some(arguments.output.clone()),
    };
    Ok(ExitCode::from(lazaret_graph::run(&options, &mut std::io::stdout(), &mut std::io::stderr())?))
}
