// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where program images and prefill files are looked for.

use std::path::{Path, PathBuf};

/// Folders, in order; the first that has the file wins.
#[derive(Debug, Clone)]
pub struct SearchPath {
    folders: Vec<PathBuf>,
    look: bool,
    pending: Vec<String>,
}

impl SearchPath {
    /// Looks in these folders.
    pub fn new<P: Into<PathBuf>>(folders: impl IntoIterator<Item = P>) -> Self {
        SearchPath { folders: folders.into_iter().map(Into::into).collect(), look: true, pending: Vec::new() }
    }

    /// Looks nowhere: files are taken to be there, their contents unknown (pictures, editors).
    pub fn unchecked() -> Self {
        SearchPath { folders: Vec::new(), look: false, pending: Vec::new() }
    }

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

    /// Files that a build will make: that they are not there yet is no error.
    pub fn with_pending<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.pending.extend(names.into_iter().map(str::to_string));
        self
    }

    /// The same without a folder: what an earlier build left there will be made anew.
    pub fn without(mut self, folder: &Path) -> Self {
        self.folders.retain(|other| other != folder);
        self
    }

    /// Is there nothing to look at, although the file is named rightly?
    pub fn is_pending(&self, name: &str) -> bool {
        let is_made = self.pending.iter().any(|pending| pending == name);
        !self.look || (is_made && self.find(name).is_none())
    }

    /// The folders as a list for people.
    pub fn describe(&self) -> String {
        self.folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}
