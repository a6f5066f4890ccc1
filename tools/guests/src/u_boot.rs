// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's U-Boot for the Raspberry Pi: not a guest, but what can start us there.

use anyhow::Context;

use super::kept::Kept;
use super::library::resolve;
use lazaret_programs::workspace::Workspace;

const PACKAGE: &str = "u-boot-rpi";
/// The one that runs on every 64-bit board, in its package.
const FILE: &str = "usr/lib/u-boot/rpi_arm64/u-boot.bin";

/// The boot loader as the firmware would start it, and its package's name and version.
pub fn u_boot(workspace: &Workspace) -> anyhow::Result<(Vec<u8>, String)> {
    let take = |package: &std::path::Path| std::fs::read(resolve(package, FILE).context(FILE)?).context(FILE);
    Kept { name: "u-boot", package: |_| Ok(PACKAGE.into()), take }.get(workspace)
}
