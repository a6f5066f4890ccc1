// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in the 32-bit Linux guest's initramfs.

use super::userland::base;

/// The archive: busybox, and a program that watches its own child.
pub fn build(busybox: &[u8], watcher: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut archive = base(busybox, "watcher", "watcher: done")?;
    archive.program("bin/watcher", watcher)?;
    Ok(archive.finish()?)
}
