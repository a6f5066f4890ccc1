// SPDX-License-Identifier: MIT OR Apache-2.0
//! A folder for sockets that command a machine: nobody else's, and gone when it is not needed any more.

use std::collections::hash_map::RandomState;
use std::fs::DirBuilder;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Names that are tried: one is enough unless somebody guesses.
const TRIES: usize = 16;

/// The folder. Its path is short, because a socket's path may have some hundred bytes at most.
#[derive(Debug)]
pub struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// A new one: one that is there already, whoever made it, is never taken.
    pub fn new() -> anyhow::Result<Self> {
        Self::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> anyhow::Result<Self> {
        for _ in 0..TRIES {
            // Each state has keys of its own, which the system draws.
            let number = RandomState::new().build_hasher().finish();
            let path = parent.join(format!("lazaret-{number:016x}"));
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                result => return result.map(|()| Self(path)).with_context(|| parent.display().to_string()),
            }
        }
        anyhow::bail!("somebody makes folders in {} before this program can", parent.display())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_is_ours_alone_and_goes() {
        let (one, other) = (PrivateFolder::new().unwrap(), PrivateFolder::new().unwrap());
        assert_ne!(one.path(), other.path());
        assert_eq!(one.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::write(one.join("qmp"), "").unwrap();
        let path = one.path().to_path_buf();
        drop(one);
        assert!(!path.exists());
        assert!(PrivateFolder::below(Path::new("/no/such/folder")).unwrap_err().to_string().contains("/no/such"));
    }
}
