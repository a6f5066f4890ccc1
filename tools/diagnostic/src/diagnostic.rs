// SPDX-License-Identifier: MIT OR Apache-2.0
//! Something wrong in the description, and how it is shown.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::source::{Source, Span};

/// Does it stop the build?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Yes.
    Error,
    /// No.
    Warning,
}

/// An error or a warning with its place.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, without the element and the place.
    pub what: String,
    /// The element's name, when the fault is one element's.
    pub element: Option<String>,
    /// The file.
    pub source: Source,
    /// The place.
    pub span: Span,
    /// A few words at the place.
    pub label: Option<String>,
    /// Other places that play a part.
    pub also: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
}

/// A diagnostic as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct JsonDiagnostic {
    severity: Severity,
    message: String,
    what: String,
    element: Option<String>,
    file: String,
    row: usize,
    col: usize,
    end_row: usize,
    end_col: usize,
    help: Option<String>,
}

impl Diagnostic {
    /// An error, to be filled in.
    pub fn error(source: Source, span: Span, what: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            what: what.into(),
            element: None,
            source,
            span,
            label: None,
            also: Vec::new(),
            help: None,
        }
    }

    /// A warning, to be filled in.
    pub fn warning(source: Source, span: Span, what: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(source, span, what) }
    }

    /// Names the element.
    pub fn on(mut self, element: &str) -> Self {
        self.element = Some(element.into());
        self
    }

    /// Puts a few words at the place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Points at another place as well.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The first line: Microkit's form.
    pub fn headline(&self) -> String {
        let location = self.source.location(self.span);
        let severity = match self.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        match &self.element {
            Some(element) => format!("{severity}: {} on element '{element}': {location}", self.what),
            None => format!("{severity}: {}: {location}", self.what),
        }
    }

    /// First line, snippet and help, without colour.
    pub fn render(&self) -> String {
        self.render_with(Renderer::plain())
    }

    /// First line, snippet and help, in colour.
    pub fn render_coloured(&self) -> String {
        self.render_with(Renderer::styled())
    }

    fn render_with(&self, renderer: Renderer) -> String {
        let range = |span: Span| {
            let start = self.source.floor(span.start);
            start..self.source.floor(span.end).max(start)
        };
        let mut primary = AnnotationKind::Primary.span(range(self.span));
        if let Some(label) = &self.label {
            primary = primary.label(label.as_str());
        }
        let others =
            self.also.iter().map(|(span, label)| AnnotationKind::Context.span(range(*span)).label(label.as_str()));
        let snippet = Snippet::source(&*self.source.text).annotation(primary).annotations(others);
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_level(level).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        format!("{}\n{}", self.headline(), renderer.render(&[group]))
    }

    /// For `--json`.
    pub fn to_json(&self) -> JsonDiagnostic {
        let (row, col) = self.source.row_col(self.span.start);
        let (end_row, end_col) = self.source.row_col(self.span.end);
        JsonDiagnostic {
            severity: self.severity,
            message: self.headline(),
            what: self.what.clone(),
            element: self.element.clone(),
            file: self.source.path.display().to_string(),
            row,
            col,
            end_row,
            end_col,
            help: self.help.clone(),
        }
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render())
    }
}

impl std::error::Error for Diagnostic {}
