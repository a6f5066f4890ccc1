// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that a user asked for: that one cannot be written is told by its name, and before the work rather than after it.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use crate::Problem;

/// Refuses a path that could not be written, as long as nothing has been done. What is there stays as it is.
pub fn may_write(path: &Path) -> anyhow::Result<()> {
    try_to_write(path).map_err(|error| refused(path, &error))
}

/// Writes a whole file: another command, or one that is stopped, never finds a part of it.
pub fn write_file(path: &Path, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let write = || {
        // A pipe or a terminal cannot be replaced, and nobody reads it twice.
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            return std::fs::write(path, &contents);
        }
        // What a link names is replaced, not the link.
        let target = path.canonicalize().unwrap_or_else(|_| path.into());
        let beside = beside(&target);
        std::fs::write(&beside, &contents).and_then(|()| std::fs::rename(&beside, &target)).inspect_err(|_| {
            let _ = std::fs::remove_file(&beside);
        })
    };
    write().map_err(|error| refused(path, &error))
}

/// Makes a folder and those that it is in.
pub fn make_folder(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).map_err(|error| refused(path, &error))
}

/// Refuses a name whose ending promises another kind of file.
pub fn must_end_in(path: &Path, ending: &str) -> anyhow::Result<()> {
    match path.extension() {
        Some(found) if !found.eq_ignore_ascii_case(ending) => Err(Problem::new(
            format!("{}: what is written there is {}", path.display(), ending.to_uppercase()),
            format!("give a name that ends in .{ending}; other programs turn it into other formats"),
        )),
        _ => Ok(()),
    }
}

fn try_to_write(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // To open a pipe would wait for its reader.
        Ok(found) if !found.is_file() => Ok(()),
        Ok(_) => OpenOptions::new().append(true).open(path).map(drop),
        Err(_) => {
            let beside = beside(path);
            std::fs::write(&beside, "").and_then(|()| std::fs::remove_file(&beside))
        }
    }
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.new", std::process::id(), NUMBER.fetch_add(1, Relaxed)));
    path.with_file_name(name)
}

fn refused(path: &Path, error: &io::Error) -> anyhow::Error {
    Problem::new(
        format!("cannot write {}: {error}", path.display()),
        "give a path whose folder is there and may be written to",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lazaret-output-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn what_cannot_be_written_is_named_and_nothing_is_left() {
        let folder = folder("refused");
        for path in [folder.clone(), folder.join("no/such/file")] {
            for result in [may_write(&path), write_file(&path, "x")] {
                let error = result.unwrap_err().to_string();
                assert!(error.contains(&path.display().to_string()), "{error}");
            }
        }
        may_write(&folder.join("new")).unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_also_behind_a_link() {
        let folder = folder("replaced");
        let (file, link) = (folder.join("file"), folder.join("link"));
        std::fs::write(&file, "old and long").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        may_write(&link).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"old and long");
        write_file(&link, "new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
        write_file(Path::new("/dev/null"), "x").unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_ending_is_a_promise() {
        assert!(must_end_in(Path::new("g.png"), "svg").is_err());
        for good in ["g.svg", "g.SVG", "g", "/dev/stdout"] {
            must_end_in(Path::new(good), "svg").unwrap();
        }
    }
}
