// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's Xen for arm64, kept in `target/guests`.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::apt::{Apt, Package};
use super::debian::is_fresh;
use super::{Arm64Image, Debian};
use crate::workspace::Workspace;

/// Depends on the hypervisor's package, whose name has a version in it.
const SYSTEM: &str = "xen-system-arm64";
const HYPERVISOR: &str = "xen-hypervisor-";

/// The hypervisor, ready to be started, and its package's name and version.
pub fn xen(workspace: &Workspace) -> anyhow::Result<(Vec<u8>, String)> {
    let folder = workspace.guests();
    let (kept, version) = (folder.join("xen.img"), folder.join("xen.version"));
    let read = || -> Option<_> { Some((std::fs::read(&kept).ok()?, std::fs::read_to_string(&version).ok()?)) };
    if let (true, Some(found)) = (is_fresh(&version), read()) {
        return Ok(found);
    }
    match (fetch(&folder), read()) {
        (Ok((image, from)), _) => {
            std::fs::write(&kept, &image).with_context(|| kept.display().to_string())?;
            std::fs::write(&version, &from)?;
            Ok((image, from))
        }
        (Err(error), Some(old)) => {
            eprintln!("{error}: going on with what was fetched before");
            Ok(old)
        }
        (Err(error), None) => Err(error),
    }
}

fn fetch(folder: &Path) -> anyhow::Result<(Vec<u8>, String)> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let apt = Apt::new(Debian::apt_folder(folder), "arm64")?;
    apt.update()?;
    let package = apt.download(&apt.dependency(SYSTEM, HYPERVISOR)?)?;
    let image = unpack(&package, &folder.join("xen"))?;
    Ok((image, format!("Debian {} {}", package.name, package.version)))
}

fn unpack(package: &Package, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let _ = std::fs::remove_dir_all(folder);
    package.extract(folder)?;
    let boot = std::fs::read_dir(folder.join("boot")).context("the Xen package has no /boot")?;
    let is_xen = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("xen-"));
    let mut files: Vec<_> = boot.flatten().map(|entry| entry.path()).filter(is_xen).collect();
    files.sort();
    let image = files.iter().find_map(|path| Arm64Image::unpack(std::fs::read(path).ok()?).ok());
    std::fs::remove_dir_all(folder)?;
    Ok(image.context("the Xen package has no arm64 image")?.bytes)
}
