// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the guest that installs finds behind the file system: an archive of the essential packages' files, of all packages,
//! of what our disks have beside Debian's, and of the scripts that install them.

use std::io::BufWriter;

use anyhow::Context;
use tar::{Builder, EntryType, Header};

use crate::deb;
use crate::image::Behind;
use crate::packages::Packages;

/// Runs in the initramfs, with the disk mounted at `/disk`.
const START: &str = include_str!("guest/start.sh");
/// Runs on the disk.
const PACKAGES: &str = include_str!("guest/packages.sh");
/// Every card gets its address from whoever gives one.
const NETWORK: &str = "[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n";
const FSTAB: &str = "/dev/vda / ext4 errors=remount-ro 0 1\n";
const HOSTS: &str = "127.0.0.1 localhost\n127.0.1.1 debian\n";

/// Documentation and translations are left out, as in Debian's images for containers: they are most of a package's files.
/// Licences stay.
const WITHOUT: &str = "path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
";

/// Folders that are links in each Debian of today, before any package says so.
const MERGED: [&str; 3] = ["bin", "sbin", "lib"];

/// What goes onto a disk.
#[derive(Debug)]
pub struct Contents<'a> {
    pub packages: &'a Packages,
    /// Lines of root's file of keys.
    pub key: Option<&'a str>,
}

impl Contents<'_> {
    /// Writes the archive.
    pub fn write(&self, to: Behind) -> anyhow::Result<()> {
        let mut archive = Builder::new(BufWriter::new(to));
        for name in MERGED {
            folder(&mut archive, &format!("usr/{name}"))?;
            link(&mut archive, name, &format!("usr/{name}"))?;
        }
        for package in &self.packages.all {
            let files = deb::files(package)?;
            if self.packages.essential.contains(&package.name) {
                deb::add_all(&mut archive, &files).with_context(|| package.name.clone())?;
            }
            file(&mut archive, &format!("install/{}.deb", package.name), 0o644, &deb::plain(package, &files)?)?;
        }
        for (path, mode, text) in self.files() {
            file(&mut archive, &path, mode, text.as_bytes())?;
        }
        archive.into_inner()?.into_inner().context("the image cannot be written")?.finish()?;
        Ok(())
    }

    /// Paths, modes, contents. What is below `install/files` is put over the packages' files.
    fn files(&self) -> Vec<(String, u32, String)> {
        let ours = |path: &str, text: &str| (format!("install/files/{path}"), 0o644, text.to_string());
        let mut files = vec![
            ("install/start".to_string(), 0o755, START.to_string()),
            ("install/packages".to_string(), 0o755, PACKAGES.to_string()),
            ("etc/dpkg/dpkg.cfg.d/without-documentation".to_string(), 0o644, WITHOUT.to_string()),
            ours("etc/apt/sources.list", &lines(&self.packages.sources)),
            ours("etc/fstab", FSTAB),
            ours("etc/hostname", "debian\n"),
            ours("etc/hosts", HOSTS),
            ours("etc/systemd/network/80-dhcp.network", NETWORK),
        ];
        if let Some(key) = self.key {
            files.push(("install/authorized_keys".into(), 0o600, key.into()));
        }
        files
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

type Archive = Builder<BufWriter<Behind>>;

fn header(kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

fn file(archive: &mut Archive, path: &str, mode: u32, bytes: &[u8]) -> std::io::Result<()> {
    archive.append_data(&mut header(EntryType::Regular, mode, bytes.len()), path, bytes)
}

fn folder(archive: &mut Archive, path: &str) -> std::io::Result<()> {
    archive.append_data(&mut header(EntryType::Directory, 0o755, 0), path, &[][..])
}

fn link(archive: &mut Archive, path: &str, to: &str) -> std::io::Result<()> {
    archive.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, to)
}
