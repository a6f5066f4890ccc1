// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files that a description names, as they were packed.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use lazaret_programs::sha256;
use lazaret_sdf::{SearchPath, System};
use serde::Serialize;

use crate::made::MADE;

/// A file that went into an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// As the description names it.
    pub file: String,
    /// Where it was found.
    pub path: PathBuf,
    /// SHA-256 of its contents.
    pub sha256: String,
    /// The build makes a file of this name, and the user's came before it.
    pub replaces_ours: bool,
}

impl Input {
    /// All of them; `made` is the folder of what the build makes.
    pub fn of(system: &System, files: &SearchPath, made: &Path) -> anyhow::Result<Vec<Self>> {
        let input = |file: &str| {
            let path = files.find(file).with_context(|| format!("{file} is gone"))?;
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let replaces_ours = MADE.contains(&file) && !path.starts_with(made);
            Ok(Self { file: file.into(), path, sha256: sha256(&bytes), replaces_ours })
        };
        system.file_names().into_iter().map(input).collect()
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.path.display())?;
        if self.replaces_ours { f.write_str(", not the one that comes with Lazaret") } else { Ok(()) }
    }
}
