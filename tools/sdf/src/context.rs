// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every step of reading shares: the text, the board, the files, and the errors so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::image::ProgramElf;
use super::search_path::SearchPath;
use lazaret_board::Board;
use lazaret_diagnostic::Diagnostic;
use lazaret_diagnostic::{Source, Span};

pub(super) struct Context<'a> {
    pub source: &'a Source,
    pub board: &'a Board,
    pub files: &'a SearchPath,
    errors: RefCell<Vec<Diagnostic>>,
    programs: RefCell<BTreeMap<PathBuf, Result<ProgramElf, String>>>,
}

impl<'a> Context<'a> {
    pub fn new(source: &'a Source, board: &'a Board, files: &'a SearchPath) -> Self {
        Context { source, board, files, errors: RefCell::default(), programs: RefCell::default() }
    }

    /// A new error at a place, to be filled in and then reported.
    pub fn error(&self, span: Span, what: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.source.clone(), span, what)
    }

    pub fn report(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Every error, in the order of the text.
    pub fn into_errors(self) -> Vec<Diagnostic> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.span);
        errors
    }

    /// The program in a file, read once however many protection domains run it.
    pub fn program(&self, path: &Path) -> Result<ProgramElf, String> {
        let mut programs = self.programs.borrow_mut();
        let read = || match std::fs::read(path) {
            Ok(bytes) => ProgramElf::parse(&bytes),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        programs.entry(path.to_path_buf()).or_insert_with(read).clone()
    }
}
