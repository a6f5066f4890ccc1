// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things are.

use std::path::{Path, PathBuf};

/// The project's tree.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// `LAZARET_ROOT` (the start script sets it), else the tree that this program was built from.
    pub fn find() -> Self {
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = std::env::var_os("LAZARET_ROOT").map_or(built_from, PathBuf::from);
        let root = root.canonicalize().unwrap_or(root);
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        Self { root, target }
    }

    /// The top of the tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything that is built or fetched goes below.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The boards' folders.
    pub fn kernel_config(&self) -> PathBuf {
        self.root.join("kernel-config")
    }

    /// What users' descriptions start from: one text for each kind of guest.
    pub fn guest_configurations(&self) -> PathBuf {
        self.root.join("components/vmm/config")
    }

    /// A description that only tests use. What its virtual machines are configured with lies beside it.
    pub fn test_system(&self, name: &str) -> PathBuf {
        self.root.join("tests/systems").join(format!("{name}.system"))
    }

    /// What belongs to one board and configuration: images, programs, configuration tree.
    pub fn output(&self, board: &str, config: &str) -> PathBuf {
        self.target.join("lazaret").join(board).join(config)
    }

    /// Fetched packages and what was made of them.
    pub fn guests(&self) -> PathBuf {
        self.target.join("guests")
    }
}
