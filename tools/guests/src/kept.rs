// SPDX-License-Identifier: MIT OR Apache-2.0
//! One file out of one of Debian's arm64 packages, kept in `target/guests`.

use std::path::Path;

use anyhow::Context;

use super::Debian;
use super::apt::{Apt, Package};
use super::debian::is_fresh;
use lazaret_diagnostic::write_file;
use lazaret_programs::lock::FolderLock;
use lazaret_programs::sha256;
use lazaret_programs::workspace::Workspace;

/// What is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// Name of the file here, without ending.
    pub name: &'static str,
    /// The package; the archive is asked when the name has a version in it.
    pub package: fn(&Apt) -> anyhow::Result<String>,
    /// Takes the file out of the unpacked package.
    pub take: fn(&Path) -> anyhow::Result<Vec<u8>>,
}

impl Kept {
    /// The file, and its package's name and version. What is here is good enough when nobody answers.
    pub(super) fn get(self, workspace: &Workspace) -> anyhow::Result<(Vec<u8>, String)> {
        let folder = workspace.guests();
        let _lock = FolderLock::wait(&folder)?;
        let [kept, version] = ["img", "version"].map(|ending| folder.join(self.name).with_extension(ending));
        let read = || -> Option<_> {
            let (image, version) = (std::fs::read(&kept).ok()?, std::fs::read_to_string(&version).ok()?);
            let (hash, from) = version.split_once(' ')?;
            (sha256(&image) == hash).then(|| (image, from.to_string()))
        };
        if let (true, Some(found)) = (is_fresh(&version), read()) {
            return Ok(found);
        }
        match (self.fetch(&folder), read()) {
            (Ok((image, from)), _) => {
                write_file(&kept, &image)?;
                write_file(&version, format!("{} {from}", sha256(&image)))?;
                Ok((image, from))
            }
            (Err(error), Some(old)) => {
                eprintln!("{error}: going on with what was fetched before");
                Ok(old)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn fetch(self, folder: &Path) -> anyhow::Result<(Vec<u8>, String)> {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let apt = Apt::new(Debian::apt_folder(folder), "arm64")?;
        apt.update()?;
        apt.has_releases()?;
        let package = apt.download(&(self.package)(&apt)?)?;
        let image = self.unpack(&package, &folder.join(self.name))?;
        Ok((image, format!("Debian {} {}", package.name, package.version)))
    }

    fn unpack(self, package: &Package, folder: &Path) -> anyhow::Result<Vec<u8>> {
        let _ = std::fs::remove_dir_all(folder);
        package.extract(folder)?;
        let image = (self.take)(folder).with_context(|| format!("the package {}", package.name))?;
        std::fs::remove_dir_all(folder)?;
        Ok(image)
    }
}
