// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where program images and prefill files are looked for.

use std::path::{Path, PathBuf};

/// Folders, in order; the first that has the file wins.
#[derive(Debug, Clone)]
pub struct SearchPath {
    folders: Vec<PathBuf>,
    look: bool,
}

impl SearchPath {
    /// Looks in these folders.
    pub fn new<P: Into<PathBuf>>(folders: impl IntoIterator<Item = P>) -> Self {
        SearchPath { folders: folders.into_iter().map(Into::into).collect(), look: true }
    }

    /// Looks nowhere: files are taken to be there, their contents unknown (pictures, editors).
    pub fn unchecked() -> Self {
        SearchPath { folders: Vec::new(), look: false }
    }

    /// Are files looked for at all?
    pub fn is_checked(&self) -> bool {
        self.look
    }

    /// The folders.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The same, with one more folder, unless it is there already.
    pub fn with(mut self, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        if !self.folders.contains(&folder) {
            self.folders.push(folder);
        }
        self
    }

    /// The file of that name.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| Path::is_file(path))
    }

    /// The folders as a list for people.
    pub fn describe(&self) -> String {
        self.folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}
