// SPDX-License-Identifier: MIT OR Apache-2.0
//! What runs in the virtual machines: files that a system description names in `prefill_path`.
//!
//! | name | is |
//! |---|---|
//! | `linux.img` | Debian's arm64 kernel as packaged today, or the one of `--guest-kernel` |
//! | `linux-initrd.img` | an initramfs of Debian's busybox and gdb; with the 32-bit program of the next line, if one can be built |
//! | `bare.img` | the bare-metal guest in `tests/guests` |
//! | `linux32.img`, `linux32-initrd.img`, `bare32.img` | the same in 32 bits; no gdb, but a program that watches another |
#![forbid(unsafe_code)]

mod apt;
mod debian;
mod initramfs;
mod kept;
mod kernel;
mod kernel_package;
mod library;
mod u_boot;
mod userland;
mod userland32;
mod xen;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

pub use apt::{Apt, Package};
pub use debian::{ARM64, ARMHF, Debian};
pub use initramfs::Initramfs;
pub use kernel::Arm64Image;
pub use u_boot::{u_boot, u_boot_guest};
pub use xen::xen;

use lazaret_programs::workspace::Workspace;
use lazaret_programs::{sha256, write_if_changed};

/// Linux, as file name.
pub const LINUX: &str = "linux.img";
/// Its initramfs, as file name.
pub const INITRD: &str = "linux-initrd.img";
/// The bare-metal guest, as file name.
pub const BARE: &str = "bare.img";
/// 32-bit Linux, as file name.
pub const LINUX32: &str = "linux32.img";
/// Its initramfs, as file name.
pub const INITRD32: &str = "linux32-initrd.img";
/// The 32-bit bare-metal guest, as file name.
pub const BARE32: &str = "bare32.img";
/// Package of the 32-bit bare-metal guest.
pub const BARE32_PACKAGE: &str = "bare-aarch32";
/// Package of the bare-metal guest.
pub const BARE_PACKAGE: &str = "bare-aarch64";
/// Package of the program that is debugged in Linux.
pub const DEBUGGEE_PACKAGE: &str = "debuggee";

/// Where a file came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file's name in the description.
    pub file: String,
    /// Package and version, or a path.
    pub from: String,
    /// Hash of its contents.
    pub sha256: String,
}

/// Which guest files a description names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// [`LINUX`].
    pub linux: bool,
    /// [`INITRD`].
    pub initrd: bool,
    /// [`BARE`].
    pub bare: bool,
    /// [`LINUX32`].
    pub linux32: bool,
    /// [`INITRD32`].
    pub initrd32: bool,
    /// [`BARE32`].
    pub bare32: bool,
}

impl Wanted {
    /// Of the files that a description names, those that are guests'.
    pub fn among(files: &BTreeSet<&str>) -> Self {
        let names = |file: &str| files.contains(file);
        Self {
            linux: names(LINUX),
            initrd: names(INITRD),
            bare: names(BARE),
            linux32: names(LINUX32),
            initrd32: names(INITRD32),
            bare32: names(BARE32),
        }
    }

    /// Packages to build for them.
    pub fn packages(self) -> Vec<&'static str> {
        let bare = self.bare.then_some(BARE_PACKAGE);
        bare.into_iter().chain(self.initrd.then_some(DEBUGGEE_PACKAGE)).collect()
    }

    /// Packages to build in 32 bits. A 64-bit Linux has a 32-bit program as well, if one can be built.
    pub fn packages32(self, can_build: bool) -> Vec<&'static str> {
        let bare = self.bare32.then_some(BARE32_PACKAGE);
        let debuggee = self.initrd32 || self.initrd && can_build;
        bare.into_iter().chain(debuggee.then_some(DEBUGGEE_PACKAGE)).collect()
    }
}

/// Where the packages were built.
#[derive(Debug, Clone, Copy)]
pub struct Executables<'a> {
    /// Of [`Wanted::packages`].
    pub wide: &'a Path,
    /// Of [`Wanted::packages32`], if there are any.
    pub narrow: Option<&'a Path>,
}

/// Puts the wanted files into `folder`.
pub fn provide(
    workspace: &Workspace,
    wanted: Wanted,
    guest_kernel: Option<&Path>,
    executables: Executables<'_>,
    folder: &Path,
) -> anyhow::Result<Vec<Origin>> {
    let mut origins = Vec::new();
    let narrow = executables.narrow;
    if wanted.bare {
        origins.push(bare([BARE_PACKAGE, BARE], executables.wide, folder)?);
    }
    if wanted.bare32 {
        origins.push(bare([BARE32_PACKAGE, BARE32], narrow.context(BARE32_PACKAGE)?, folder)?);
    }
    let debian = Debian::new(workspace.guests(), &ARMHF);
    if wanted.linux32 {
        let (image, origin) = debian.kernel()?;
        keep(&folder.join(LINUX32), &image)?;
        origins.push(origin);
    }
    if wanted.initrd32 {
        let watcher = read(narrow.context(DEBUGGEE_PACKAGE)?)?;
        let (initrd, from) = debian.initramfs(&[watcher])?;
        keep(&folder.join(INITRD32), &initrd)?;
        origins.extend(from);
    }
    let debian = Debian::new(workspace.guests(), &ARM64);
    if wanted.linux {
        origins.push(match guest_kernel {
            Some(path) => given_kernel(path, folder)?,
            None => {
                let (image, origin) = debian.kernel()?;
                keep(&folder.join(LINUX), &image)?;
                origin
            }
        });
    }
    if wanted.initrd {
        let programs = std::iter::once(executables.wide).chain(narrow).map(read).collect::<anyhow::Result<Vec<_>>>()?;
        let (initrd, from) = debian.initramfs(&programs)?;
        keep(&folder.join(INITRD), &initrd)?;
        origins.extend(from);
    }
    Ok(origins)
}

/// The program to debug, out of a folder.
fn read(executables: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(executables.join(DEBUGGEE_PACKAGE)).context(DEBUGGEE_PACKAGE)
}

/// A board's device tree as Debian's kernel package has it, kept where its path says.
pub fn device_tree(workspace: &Workspace, name: &str) -> anyhow::Result<(PathBuf, Origin)> {
    Debian::new(workspace.guests(), &ARM64).device_tree(name)
}

fn bare([package, file]: [&str; 2], executables: &Path, folder: &Path) -> anyhow::Result<Origin> {
    let elf = std::fs::read(executables.join(package)).with_context(|| package.to_string())?;
    let image = lazaret_image::flatten(&elf, "bare-metal guest")?.bytes;
    keep(&folder.join(file), &image)?;
    Ok(Origin { file: file.into(), from: format!("tests/guests/{package}"), sha256: sha256(&image) })
}

/// The kernel that `--guest-kernel` names.
pub fn read_given(path: &Path) -> anyhow::Result<Arm64Image> {
    let file = std::fs::read(path).with_context(|| format!("--guest-kernel {}", path.display()))?;
    Arm64Image::unpack(file).with_context(|| format!("--guest-kernel {}", path.display()))
}

fn given_kernel(path: &Path, folder: &Path) -> anyhow::Result<Origin> {
    let image = read_given(path)?;
    keep(&folder.join(LINUX), &image.bytes)?;
    Ok(Origin { file: LINUX.into(), from: path.display().to_string(), sha256: sha256(&image.bytes) })
}

fn keep(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    write_if_changed(path, contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_fetched() {
        let wanted = Wanted::among(&BTreeSet::from(["bare.img", "linux-initrd.img", "mine.img"]));
        assert_eq!((wanted.linux, wanted.initrd, wanted.bare), (false, true, true));
        assert!(wanted.packages32(false).is_empty());
        assert_eq!(wanted.packages32(true), [DEBUGGEE_PACKAGE]);
        assert_eq!(wanted.packages(), [BARE_PACKAGE, DEBUGGEE_PACKAGE]);
    }
}
