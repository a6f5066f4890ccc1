// SPDX-License-Identifier: MIT OR Apache-2.0
//! What runs in the virtual machines: files that a system description names in `prefill_path`.
//!
//! | name | is |
//! |---|---|
//! | `linux.img` | Debian's arm64 kernel as packaged today, or the one of `--guest-kernel` |
//! | `linux-initrd.img` | an initramfs of Debian's busybox and gdb |
//! | `bare.img` | the bare-metal guest in `tests/guests` |

mod apt;
mod debian;
mod initramfs;
mod kernel;
mod library;
mod userland;
mod xen;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

pub use debian::Debian;
pub use initramfs::Initramfs;
pub use kernel::Arm64Image;
pub use xen::xen;

use crate::programs::write_if_changed;
use crate::workspace::Workspace;

/// Linux, as file name.
pub const LINUX: &str = "linux.img";
/// Its initramfs, as file name.
pub const INITRD: &str = "linux-initrd.img";
/// The bare-metal guest, as file name.
pub const BARE: &str = "bare.img";
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
}

impl Wanted {
    /// Looks for the names in the description's text.
    pub fn by(description: &str) -> Self {
        let names = |file: &str| description.contains(&format!("\"{file}\""));
        Self { linux: names(LINUX), initrd: names(INITRD), bare: names(BARE) }
    }

    /// Packages to build for them.
    pub fn packages(self) -> Vec<&'static str> {
        let bare = self.bare.then_some(BARE_PACKAGE);
        bare.into_iter().chain(self.initrd.then_some(DEBUGGEE_PACKAGE)).collect()
    }
}

/// Puts the wanted files into `folder`; `executables` is where the packages were built.
pub fn provide(
    workspace: &Workspace,
    wanted: Wanted,
    guest_kernel: Option<&Path>,
    executables: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<Origin>> {
    let mut origins = Vec::new();
    if wanted.bare {
        origins.push(bare(executables, folder)?);
    }
    let debian = Debian::new(workspace.guests());
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
        let debuggee = std::fs::read(executables.join(DEBUGGEE_PACKAGE)).context(DEBUGGEE_PACKAGE)?;
        let (initrd, from) = debian.initramfs(&debuggee)?;
        keep(&folder.join(INITRD), &initrd)?;
        origins.extend(from);
    }
    Ok(origins)
}

/// A board's device tree as Debian's kernel package has it, kept where its path says.
pub fn device_tree(workspace: &Workspace, name: &str) -> anyhow::Result<(PathBuf, Origin)> {
    Debian::new(workspace.guests()).device_tree(name)
}

fn bare(executables: &Path, folder: &Path) -> anyhow::Result<Origin> {
    let elf = std::fs::read(executables.join(BARE_PACKAGE)).context(BARE_PACKAGE)?;
    let image = crate::image::flatten(&elf, "bare-metal guest")?.bytes;
    keep(&folder.join(BARE), &image)?;
    Ok(Origin { file: BARE.into(), from: "tests/guests/bare-aarch64".into(), sha256: sha256(&image) })
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

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_fetched() {
        let text = r#"<memory_region name="k" prefill_path="bare.img" /><x prefill_path="linux-initrd.img"/>"#;
        assert_eq!(Wanted::by(text), Wanted { linux: false, initrd: true, bare: true });
        assert_eq!(Wanted::by(text).packages(), [BARE_PACKAGE, DEBUGGEE_PACKAGE]);
    }

    #[test]
    fn hashes_are_the_usual_ones() {
        assert!(sha256(b"").starts_with("e3b0c44298fc1c14"));
    }
}
