// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's Xen for arm64.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Arm64Image;
use super::kept::Kept;
use super::library::resolve;
use lazaret_programs::workspace::Workspace;

/// Depends on the hypervisor's package, whose name has a version in it.
const SYSTEM: &str = "xen-system-arm64";
const HYPERVISOR: &str = "xen-hypervisor-";

/// The hypervisor, ready to be started, and its package's name and version.
pub fn xen(workspace: &Workspace) -> anyhow::Result<(Vec<u8>, String)> {
    Kept { name: "xen", package: |apt| apt.dependency(SYSTEM, HYPERVISOR), take }.get(workspace)
}

fn take(package: &Path) -> anyhow::Result<Vec<u8>> {
    let boot = std::fs::read_dir(package.join("boot")).context("no /boot")?;
    let is_xen = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("xen-"));
    let mut files: Vec<_> = boot.flatten().map(|entry| entry.path()).filter(is_xen).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let inside = path.strip_prefix(package).ok()?.to_str()?;
        Arm64Image::unpack(std::fs::read(resolve(package, inside)?).ok()?).ok()
    };
    let image = files.iter().find_map(read);
    Ok(image.context("no arm64 image in /boot")?.bytes)
}
