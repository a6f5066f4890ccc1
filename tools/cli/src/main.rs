// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `lazaret` command line: 0 = done, 1 = it ran and the answer is no, 2 = bad input or a missing tool.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use lazaret_cli::arguments::{Arguments, Command};
use lazaret_cli::{command, doctor};
use lazaret_diagnostic::BadDescription;
use lazaret_programs::workspace::Workspace;

/// What a shell says of a program that wrote to a pipe which nobody reads any more.
const ENDED_BY_CLOSED_PIPE: i32 = 128 + 13;

fn main() -> ExitCode {
    end_quietly_without_a_reader();
    let arguments = Arguments::parse();
    run(&arguments.command).unwrap_or_else(|error| match error.downcast_ref::<BadDescription>() {
        Some(bad) => bad.print(),
        None => {
            eprintln!("{}", lazaret_diagnostic::describe(&error));
            ExitCode::from(2)
        }
    })
}

/// `... | head` closes our output: there is nobody to tell, and nothing has gone wrong.
fn end_quietly_without_a_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to std") && text.contains("Broken pipe") {
            std::process::exit(ENDED_BY_CLOSED_PIPE);
        }
        usual(panic);
    }));
}

fn run(what: &Command) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find();
    match what {
        Command::Run(arguments) => command::run::run(&workspace, arguments),
        Command::Build(arguments) => command::build::run(&workspace, arguments),
        Command::Check(arguments) => command::check::run(&workspace, arguments),
        Command::Test(arguments) => command::test::run(&workspace, arguments),
        Command::Bench(arguments) => command::bench::run(&workspace, arguments),
        Command::Audit(arguments) => command::audit::run(&workspace, arguments),
        Command::Graph(arguments) => command::graph::run(&workspace, arguments),
        Command::Docs(arguments) => command::docs::run(arguments),
        Command::Trace(arguments) => command::trace::run(&workspace, arguments),
        Command::Debug(arguments) => command::debug::run(&workspace, arguments),
        Command::Inject(arguments) => command::inject::run(&workspace, arguments),
        Command::Shim(arguments) => command::shim::run(&workspace, arguments),
        Command::Disk(arguments) => command::disk::run(&workspace, arguments),
        Command::Doctor => doctor::run(&workspace),
        Command::Pack(arguments) => command::pack::run(arguments),
    }
}
