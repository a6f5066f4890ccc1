// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds an initramfs: a cpio archive in the "newc" form that Linux unpacks into its first file system.

use std::collections::BTreeSet;
use std::io::Write;

use cpio::newc::{Builder, trailer};

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
const LINK: u32 = 0o120_777;
const CHARACTER_DEVICE: u32 = 0o020_600;

/// An archive under construction. Paths have no leading slash.
#[derive(Default)]
pub struct Initramfs {
    bytes: Vec<u8>,
    paths: BTreeSet<String>,
}

impl Initramfs {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a folder and those that it is in.
    pub fn folder(&mut self, path: &str) -> std::io::Result<()> {
        if path.is_empty() || self.paths.contains(path) {
            return Ok(());
        }
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.folder(parent)?;
        }
        self.add(path, FOLDER, &[], |b| b)
    }

    /// Adds a file that anybody may read.
    pub fn file(&mut self, path: &str, contents: &[u8]) -> std::io::Result<()> {
        self.add_in_folder(path, FILE, contents)
    }

    /// Adds a file that anybody may run.
    pub fn program(&mut self, path: &str, contents: &[u8]) -> std::io::Result<()> {
        self.add_in_folder(path, PROGRAM, contents)
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: &str, to: &str) -> std::io::Result<()> {
        self.add_in_folder(path, LINK, to.as_bytes())
    }

    /// Adds a character device.
    pub fn device(&mut self, path: &str, major: u32, minor: u32) -> std::io::Result<()> {
        self.add(path, CHARACTER_DEVICE, &[], |b| b.rdev_major(major).rdev_minor(minor))
    }

    /// Has a path been added?
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// The archive.
    pub fn finish(self) -> std::io::Result<Vec<u8>> {
        trailer(self.bytes)
    }

    fn add_in_folder(&mut self, path: &str, mode: u32, contents: &[u8]) -> std::io::Result<()> {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.folder(folder)?;
        }
        self.add(path, mode, contents, |b| b)
    }

    fn add(
        &mut self,
        path: &str,
        mode: u32,
        contents: &[u8],
        more: impl FnOnce(Builder) -> Builder,
    ) -> std::io::Result<()> {
        if !self.paths.insert(path.to_string()) {
            return Ok(());
        }
        let builder = more(Builder::new(path).ino(self.paths.len() as u32).mode(mode).nlink(1));
        let mut writer = builder.write(std::mem::take(&mut self.bytes), contents.len() as u32);
        writer.write_all(contents)?;
        self.bytes = writer.finish()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_before_what_is_in_them() {
        let mut archive = Initramfs::new();
        archive.program("usr/bin/tool", b"x").unwrap();
        archive.link("usr/bin/alias", "tool").unwrap();
        archive.device("dev/console", 5, 1).unwrap();
        archive.program("usr/bin/tool", b"twice").unwrap();
        let bytes = archive.finish().unwrap();
        let mut reader = &bytes[..];
        let mut seen = Vec::new();
        loop {
            let entry = cpio::newc::Reader::new(reader).unwrap();
            if entry.entry().is_trailer() {
                break;
            }
            seen.push((entry.entry().name().to_string(), entry.entry().mode(), entry.entry().file_size()));
            reader = entry.finish().unwrap();
        }
        let names: Vec<_> = seen.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["usr", "usr/bin", "usr/bin/tool", "usr/bin/alias", "dev/console"]);
        assert_eq!(seen[2].1, PROGRAM);
        assert_eq!((seen[3].1, seen[3].2), (LINK, 4));
        assert_eq!(bytes.len() % 4, 0);
    }
}
