// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong when a valid manifest is planned.

use lazaret_diagnostic::{Diagnostic, Source, Span};

/// An error, and where in the manifest it comes from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The element.
    pub span: Span,
}

impl PlanError {
    /// Without help.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, span }
    }

    /// With a line of help.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With the text that it points into.
    pub fn into_diagnostic(self, source: &Source) -> Diagnostic {
        let Self { message: what, help, span } = self;
        Diagnostic { help, ..Diagnostic::error(source.clone(), span, what) }
    }
}
