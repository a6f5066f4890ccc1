// SPDX-License-Identifier: MIT OR Apache-2.0
//! A description that is refused: every error in it is printed, and nothing is written.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::Diagnostic;

/// Exit code of a description with errors.
pub const EXIT_INVALID: u8 = 2;

/// A description with errors: they are told apart from failures, by exit code 2 as all bad input.
#[derive(Debug, thiserror::Error)]
#[error("{} error(s) in the system description", .0.len())]
pub struct BadDescription(pub Vec<Diagnostic>);

impl BadDescription {
    /// Prints every error.
    pub fn print(&self) -> ExitCode {
        let _ = print_all(&self.0, crate::errors_in_colour(), &mut io::stderr());
        ExitCode::from(EXIT_INVALID)
    }
}

/// Prints diagnostics as every command does, an empty line after each.
pub fn print_all<'a>(
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
    colour: bool,
    err: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in diagnostics {
        let text = if colour { diagnostic.render_coloured() } else { diagnostic.render() };
        writeln!(err, "{text}\n")?;
    }
    Ok(())
}
