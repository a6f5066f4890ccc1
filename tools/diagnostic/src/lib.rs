// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a user is told when something is wrong: a [`Problem`] with advice, or a [`Diagnostic`] that points at its place in
//! a text.
#![forbid(unsafe_code)]

mod colour;
mod diagnostic;
mod output;
mod problem;
mod refused;
mod source;

pub use colour::errors_in_colour;
pub use diagnostic::{Diagnostic, JsonDiagnostic, MOST_ERRORS, Severity, first_of_many};
pub use output::{make_folder, may_write, must_end_in, write_file};
pub use problem::{Problem, describe};
pub use refused::{BadDescription, EXIT_INVALID, print_all};
pub use source::{Source, Span};
