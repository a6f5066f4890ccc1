// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which packages a disk gets.

use std::path::Path;

use lazaret_diagnostic::Problem;
use lazaret_guests::{ARM64, Apt, Package};

/// What makes a Debian, by apt's patterns: all else may depend on these without saying so.
const ESSENTIAL: [&str; 1] = ["?essential"];
/// What a guest is administered with: packages, an init, the network, ssh. `usr-is-merged` stands for a package that moves
/// files of old installations.
const BESIDE: [&str; 8] = [
    "?priority(required)",
    "apt",
    "iproute2",
    "openssh-server",
    "systemd-resolved",
    "systemd-sysv",
    "udev",
    "usr-is-merged",
];

/// What was fetched.
#[derive(Debug)]
pub struct Packages {
    /// Names of those without which no package can be installed, dependencies among them.
    pub essential: Vec<String>,
    /// All of them.
    pub all: Vec<Package>,
    /// Lines of apt's list of sources: where they came from.
    pub sources: Vec<String>,
}

impl Packages {
    /// Asks the archive; its answers and files are kept in a folder.
    pub fn fetch(folder: &Path, more: &[String]) -> anyhow::Result<Self> {
        let apt = Apt::new(folder.join("apt"), ARM64.architecture())?;
        // One list of several may be in the middle of a change at the mirror; the others will do.
        if let Err(error) = apt.update() {
            eprintln!("{error}: trying with the lists that came");
        }
        apt.has_releases()?;
        for name in more {
            apt.would_install(&[name]).map_err(|error| {
                let what = format!("--package {name}: it cannot be installed: {error:#}");
                Problem::new(what, "'apt search WORD' finds what packages are called")
            })?;
        }
        let more = more.iter().map(String::as_str);
        let wanted: Vec<&str> = ESSENTIAL.into_iter().chain(BESIDE).chain(more).collect();
        // One of them wants a package that merges folders, and this one is what is chosen below.
        let essential = apt.would_install(&[ESSENTIAL[0], "usr-is-merged"])?;
        Ok(Self { essential, all: apt.download_with_dependencies(&wanted)?, sources: apt.sources()? })
    }
}
