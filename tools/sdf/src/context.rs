// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every step of reading shares: the text, the board, the files, and the errors so far.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::image::ProgramElf;
use super::limits::{MAX_PROGRAM_FILE, read_at_most};
use super::search_path::SearchPath;
use lazaret_board::Board;
use lazaret_diagnostic::{Diagnostic, MOST_ERRORS, Source, Span, first_of_many};

pub(super) struct Context<'a> {
    pub source: &'a Source,
    pub board: &'a Board,
    pub files: &'a SearchPath,
    errors: RefCell<Vec<Diagnostic>>,
    left_out: Cell<usize>,
    programs: RefCell<BTreeMap<PathBuf, Result<ProgramElf, String>>>,
}

impl<'a> Context<'a> {
    pub fn new(source: &'a Source, board: &'a Board, files: &'a SearchPath) -> Self {
        Context {
            source,
            board,
            files,
            errors: RefCell::default(),
            left_out: Cell::new(0),
            programs: RefCell::default(),
        }
    }

    /// A new error at a place, to be filled in and then reported.
    pub fn error(&self, span: Span, what: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.source.clone(), span, what)
    }

    /// Of a text with very many errors the first ones that are found are kept, and the others counted.
    pub fn report(&self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.left_out.set(self.left_out.get() + 1);
        } else {
            self.errors.borrow_mut().push(diagnostic);
        }
    }

    /// Is it no use to look for more errors of a kind?
    pub fn is_full(&self) -> bool {
        self.errors.borrow().len() >= MOST_ERRORS
    }

    /// Every error that was kept, in the order of the text, and how many were not.
    pub fn into_errors(self) -> Vec<Diagnostic> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.span);
        first_of_many(errors, self.left_out.get())
    }

    /// The program in a file, read once however many protection domains run it.
    pub fn program(&self, path: &Path) -> Result<ProgramElf, String> {
        let mut programs = self.programs.borrow_mut();
        let read = || ProgramElf::parse(&read_at_most(path, MAX_PROGRAM_FILE)?);
        programs.entry(path.to_path_buf()).or_insert_with(read).clone()
    }
}
