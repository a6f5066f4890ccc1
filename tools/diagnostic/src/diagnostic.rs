// SPDX-License-Identifier: MIT OR Apache-2.0
//! Something wrong in the description, and how it is shown.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::source::{Source, Span};

/// The longest text of an error: values that it quotes may be of any length.
const LONGEST_TEXT: usize = 2000;
/// The longest name of an element.
const LONGEST_NAME: usize = 64;
/// Bytes between the places of an error that are shown together.
const LONGEST_PIECE: usize = 10_000;
/// Bytes before and behind a place that are shown where its line is longer.
const AROUND: usize = 200;

/// At most so many bytes of it, and a sign that there were more.
fn cropped(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(" [...]");
    }
    text
}

/// Nobody reads more, and a text that a program wrote may have one for each line.
pub const MOST_ERRORS: usize = 100;

/// The first of many errors, in the order in which they come, and how many are not shown: these, and `left_out` more.
pub fn first_of_many(mut errors: Vec<Diagnostic>, left_out: usize) -> Vec<Diagnostic> {
    let left_out = left_out + errors.len().saturating_sub(MOST_ERRORS);
    errors.truncate(MOST_ERRORS);
    if let (1.., Some(last)) = (left_out, errors.last()) {
        let what = match left_out {
            1 => "At least 1 more error is not shown".into(),
            _ => format!("At least {left_out} more errors are not shown"),
        };
        errors.push(Diagnostic::error(last.source.clone(), last.span, what));
    }
    errors
}

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
            what: cropped(what.into(), LONGEST_TEXT),
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
        self.element = Some(cropped(element.into(), LONGEST_NAME));
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
        self.help = Some(cropped(help.into(), LONGEST_TEXT));
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
        let piece = self.piece();
        let text = &self.source.text[piece.clone()];
        let range = |span: Span| {
            let start = self.source.floor(span.start).clamp(piece.start, piece.end);
            start - piece.start..self.source.floor(span.end).clamp(start, piece.end) - piece.start
        };
        let is_shown = |span: &Span| piece.contains(&span.start) || span.start == piece.end;
        let mut primary = AnnotationKind::Primary.span(range(self.span));
        if let Some(label) = &self.label {
            primary = primary.label(label.as_str());
        }
        let others = self.also.iter().filter(|(span, _)| is_shown(span));
        let others = others.map(|(span, label)| AnnotationKind::Context.span(range(*span)).label(label.as_str()));
        let (row, _) = self.source.row_col(piece.start);
        let snippet = Snippet::source(text).line_start(row).annotation(primary).annotations(others);
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_level(level).element(snippet);
        for (span, label) in self.also.iter().filter(|(span, _)| !is_shown(span)) {
            group = group.element(Level::NOTE.message(format!("{label}: {}", self.source.location(*span))));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        format!("{}\n{}", self.headline(), renderer.render(&[group]))
    }

    /// What is shown of the text: the lines of all places, or, where these are too much, what is around the first one.
    fn piece(&self) -> Range<usize> {
        let spans = || self.also.iter().map(|(span, _)| span).chain([&self.span]);
        let lines = |span: &Span| self.source.line(span.start).start..self.source.line(span.end.max(span.start)).end;
        let first = spans().map(|span| lines(span).start).min().unwrap_or(0);
        let last = spans().map(|span| lines(span).end).max().unwrap_or(0);
        if last - first <= LONGEST_PIECE {
            return first..last;
        }
        let line = self.source.line(self.span.start);
        let from = self.source.floor(self.span.start.saturating_sub(AROUND)).max(line.start);
        from..self.source.floor(self.span.start + AROUND).clamp(from, line.end)
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
