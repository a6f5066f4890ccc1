// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in the 32-bit Linux guest's initramfs.

use super::Initramfs;
use super::userland::base;

/// The archive: busybox, and a program that watches its own child.
pub fn build(busybox: &[u8], programs: &[Vec<u8>]) -> anyhow::Result<Initramfs> {
    let mut archive = base(busybox, "watcher", "watcher: done")?;
    programs.iter().try_for_each(|watcher| add_programs(&mut archive, watcher))?;
    Ok(archive)
}

/// One file with two names: it debugs its own child, or tries the debug registers itself.
pub(super) fn add_programs(archive: &mut Initramfs, watcher: &[u8]) -> anyhow::Result<()> {
    archive.program("bin/watcher", watcher)?;
    archive.link("bin/accesses", "watcher")?;
    Ok(())
}
