// SPDX-License-Identifier: MIT OR Apache-2.0
//! A page of Markdown, as far as the tests look at it.

use std::path::{Path, PathBuf};
use std::process::Command;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Tracked files, and new ones that are not ignored.
pub fn files() -> Vec<String> {
    let git = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(git).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "git ls-files");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|path| root().join(path).is_file()).map(str::to_string).collect()
}

/// A page and its path from the project's root.
pub struct Page {
    pub path: String,
    pub text: String,
}

impl Page {
    pub fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_string(), text }
    }

    /// All of them. A page that is a link to another board's counts once.
    pub fn all() -> Vec<Self> {
        let name = |path: &str| path.rsplit('/').next().unwrap().to_string();
        let is_page = |path: &String| ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].contains(&name(path).as_str());
        let is_link = |path: &String| root().join(path).is_symlink();
        let pages = files().into_iter().filter(|path| is_page(path) && !is_link(path));
        pages.map(|path| Self::read(&path)).collect()
    }

    pub fn folder(&self) -> PathBuf {
        root().join(&self.path).parent().unwrap().to_path_buf()
    }

    /// Lines with their numbers, and whether each is inside a block of code.
    pub fn lines(&self) -> Vec<(usize, &str, bool)> {
        let mut in_code = false;
        let mut lines = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            if !is_fence {
                lines.push((index + 1, line, in_code));
            }
        }
        assert!(!in_code, "{}: a block of code does not end", self.path);
        lines
    }

    /// What stands between backticks in the text, with its line's number.
    pub fn quoted(&self) -> Vec<(usize, &str)> {
        let text = self.lines().into_iter().filter(|(_, _, in_code)| !in_code);
        text.flat_map(|(number, line, _)| line.split('`').skip(1).step_by(2).map(move |word| (number, word))).collect()
    }

    /// Tables that have this column: each row's cells by their column's name.
    pub fn rows_with(&self, column: &str) -> Vec<Vec<(&str, &str)>> {
        let mut rows = Vec::new();
        let mut header: Option<Vec<&str>> = None;
        for (_, line, _) in self.lines() {
            if line.starts_with("|---") {
                continue;
            }
            let Some(inner) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
                header = None;
                continue;
            };
            let cells: Vec<&str> = inner.split(" | ").map(str::trim).collect();
            match &header {
                Some(names) => rows.push(names.iter().copied().zip(cells).collect::<Vec<_>>()),
                None => header = Some(cells),
            }
        }
        rows.retain(|row| row.iter().any(|(name, _)| *name == column));
        rows
    }
}
