// SPDX-License-Identifier: MIT OR Apache-2.0
//! One command at a time in a folder that several write to.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

/// A folder that is this command's until this is dropped.
#[derive(Debug)]
#[must_use = "the folder is free again when this is dropped"]
pub struct FolderLock {
    _file: File,
}

/// The file in the folder that is locked; it stays, empty.
const NAME: &str = ".lock";

impl FolderLock {
    /// Waits until no other command has the folder, and says so if that is not at once.
    pub fn wait(folder: &Path) -> anyhow::Result<Self> {
        lazaret_diagnostic::make_folder(folder)?;
        let path = folder.join(NAME);
        let file = File::options().create(true).append(true).open(&path).with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("(another command works in {}: waiting for it)", folder.display());
                file.lock().with_context(|| path.display().to_string())?;
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| path.display().to_string()),
        }
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[test]
    fn one_at_a_time() {
        let folder = std::env::temp_dir().join(format!("lazaret-lock-{}", std::process::id()));
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let _lock = FolderLock::wait(&folder).unwrap();
                    most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, SeqCst);
                });
            }
        });
        assert_eq!(most.load(SeqCst), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
