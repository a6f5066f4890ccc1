// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system description: Microkit's format, read strictly, every error in one pass.
//!
//! [`load`] gives a [`System`] or everything that is wrong. Reading (`read`) turns elements into the model and
//! reports what is wrong with an element by itself; checking (`check`) reports what is wrong between elements.
#![forbid(unsafe_code)]

mod check;
mod context;
mod element;
pub mod image;
pub mod limits;
pub mod model;
mod named_files;
mod number;
mod read;
pub mod search_path;

use std::path::Path;

pub use model::System;
pub use named_files::named_files_in;
pub use search_path::SearchPath;

use context::Context;
use element::Element;
use lazaret_diagnostic::{Diagnostic, Source, Span};

use lazaret_board::Board;

/// Reads and checks a description; its own folder comes last in the search path, unless that has it already.
pub fn load(path: &Path, board: &Board, files: &SearchPath) -> Result<System, Vec<Diagnostic>> {
    let files = files.clone().with(folder_of(path));
    let refuse = |why: String| {
        let source = Source { path: path.into(), text: "".into() };
        vec![Diagnostic::error(source, Span::default(), why)]
    };
    let bytes = limits::read_at_most(path, limits::MAX_DESCRIPTION);
    match String::from_utf8(bytes.map_err(|why| refuse(format!("The file {why}")))?) {
        Ok(text) => load_text(path, &text, board, &files),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let source = Source { path: path.into(), text: String::from_utf8_lossy(error.as_bytes()).into() };
            Err(vec![Diagnostic::error(source, Span { start: at, end: at + 3 }, "The file is not UTF-8 text")])
        }
    }
}

/// The folder that a description is in.
pub fn folder_of(description: &Path) -> &Path {
    description.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads and checks a text; the path is only named in errors.
pub fn load_text(path: &Path, text: &str, board: &Board, files: &SearchPath) -> Result<System, Vec<Diagnostic>> {
    let source = Source { path: path.into(), text: text.into() };
    let cx = Context::new(&source, board, files);
    let document = match parse(&source.text) {
        Ok(document) => document,
        Err(error) => return Err(vec![not_xml(&source, &error)]),
    };
    let root = Element::new(document.root_element(), &cx);
    if root.name() != "system" {
        let what = format!("The root element must be 'system', not '{}'", root.name());
        return Err(vec![cx.error(root.span(), what)]);
    }
    read::check_text(&document, &cx);
    let (mut system, page_size_given) = read::read(&root);
    check::check(&mut system, &page_size_given, &cx);
    let errors = cx.into_errors();
    if errors.is_empty() { Ok(system) } else { Err(errors) }
}

/// As XML, without more elements than a description has.
fn parse(text: &str) -> Result<roxmltree::Document<'_>, roxmltree::Error> {
    let options = roxmltree::ParsingOptions { nodes_limit: limits::MAX_NODES, ..Default::default() };
    roxmltree::Document::parse_with_options(text, options)
}

/// What is hardly meant in a valid system.
pub fn warnings(system: &System, board: &Board) -> Vec<Diagnostic> {
    check::warnings(system, board)
}

fn not_xml(source: &Source, error: &roxmltree::Error) -> Diagnostic {
    let pos = error.pos();
    let line = source.text.split_inclusive('\n').take(pos.row.saturating_sub(1) as usize).map(str::len).sum::<usize>();
    let column =
        source.text[line..].chars().take(pos.col.saturating_sub(1) as usize).map(char::len_utf8).sum::<usize>();
    let start = line + column;
    let length = source.text[start..].chars().next().map_or(0, char::len_utf8);
    if matches!(error, roxmltree::Error::NodesLimitReached) {
        let what = format!("More than {} elements, texts and comments", limits::MAX_NODES);
        return Diagnostic::error(source.clone(), Span::default(), what);
    }
    let text = error.to_string();
    // The place is in the first line already.
    let why = text.strip_suffix(&format!(" at {pos}")).unwrap_or(&text);
    Diagnostic::error(source.clone(), Span { start, end: start + length }, format!("Not well-formed XML: {why}"))
}
