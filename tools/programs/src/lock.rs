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
    /// Takes it if nobody has it.
    pub fn take(folder: &Path) -> anyhow::Result<Option<Self>> {
        let (file, name) = Self::open(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).context(name),
        }
    }

    /// Waits until no other command has the folder, and says so if that is not at once.
    pub fn wait(folder: &Path) -> anyhow::Result<Self> {
        if let Some(lock) = Self::take(folder)? {
            return Ok(lock);
        }
        eprintln!("(another command works in {}: waiting for it)", folder.display());
        let (file, name) = Self::open(folder)?;
        file.lock().context(name)?;
        Ok(Self { _file: file })
    }

    /// The file, and what it is called.
    fn open(folder: &Path) -> anyhow::Result<(File, String)> {
        lazaret_diagnostic::make_folder(folder)?;
        let path = folder.join(NAME);
        let name = path.display().to_string();
        let file = File::options().create(true).append(true).open(path).with_context(|| name.clone())?;
        Ok((file, name))
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
        let lock = FolderLock::take(&folder).unwrap();
        assert!(lock.is_some() && FolderLock::take(&folder).unwrap().is_none());
        drop(lock);
        assert!(FolderLock::take(&folder).unwrap().is_some());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
