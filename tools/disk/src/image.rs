// SPDX-License-Identifier: MIT OR Apache-2.0
//! The image's file: an empty file system, and while it is being filled, behind that, what it is filled with.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use lazaret_diagnostic::Problem;

use crate::Size;

/// What a system counts a disk in, in bytes.
const BLOCK: u64 = 4096;

/// An image under construction. Until it is finished it has another name, and nothing is left of it if it never is.
#[derive(Debug)]
pub struct Image {
    output: PathBuf,
    partial: PathBuf,
    size: Size,
}

impl Image {
    /// With an empty file system (ext4).
    pub fn create(output: &Path, size: Size) -> anyhow::Result<Self> {
        let mut name = output.file_name().context("--output: no name of a file")?.to_os_string();
        name.push(".partial");
        let image = Self { output: output.into(), partial: output.with_file_name(name), size };
        let file = File::create(&image.partial).with_context(|| image.partial.display().to_string())?;
        file.set_len(size.bytes()).with_context(|| image.partial.display().to_string())?;
        image.format()?;
        Ok(image)
    }

    /// mke2fs is in folders that only root has on its path.
    fn format(&self) -> anyhow::Result<()> {
        let places = ["mke2fs", "/usr/sbin/mke2fs", "/sbin/mke2fs"];
        let run = |program: &str| {
            Command::new(program).args(["-q", "-F", "-t", "ext4", "-L", "root"]).arg(&self.partial).output()
        };
        let Some(output) = places.iter().find_map(|program| run(program).ok()) else {
            return Err(Problem::new("cannot run mke2fs", "install e2fsprogs"));
        };
        if !output.status.success() {
            bail!("mke2fs: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Where it is by now.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Where the file system ends, in mebibytes.
    pub const fn end(&self) -> u64 {
        self.size.mebibytes()
    }

    /// What comes behind the file system.
    pub fn behind(&self) -> anyhow::Result<Behind> {
        let mut file = OpenOptions::new().write(true).open(&self.partial)?;
        file.seek(SeekFrom::Start(self.size.bytes()))?;
        Ok(Behind(file))
    }

    /// The file system is all that is left, under the name that it was asked for.
    pub fn finish(self) -> anyhow::Result<()> {
        OpenOptions::new().write(true).open(&self.partial)?.set_len(self.size.bytes())?;
        std::fs::rename(&self.partial, &self.output).with_context(|| self.output.display().to_string())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.partial);
    }
}

/// A writer behind the file system.
#[derive(Debug)]
pub struct Behind(File);

impl Behind {
    /// All is there, and the file a disk again: a whole number of blocks.
    pub fn finish(mut self) -> std::io::Result<()> {
        let end = self.0.stream_position()?;
        self.0.set_len(end.next_multiple_of(BLOCK))
    }
}

impl Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
