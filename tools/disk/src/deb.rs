// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Debian package whose parts are not compressed: the guest would take long to unpack them.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use lazaret_guests::Package;
use tar::{Archive, Builder};

/// The package's files, as an archive.
pub fn files(package: &Package) -> anyhow::Result<Vec<u8>> {
    part(package, "--fsys-tarfile")
}

/// The same package, made of these files (deb(5): an archive of ar's with three members).
pub fn plain(package: &Package, files: &[u8]) -> anyhow::Result<Vec<u8>> {
    let control = part(package, "--ctrl-tarfile")?;
    let mut archive = b"!<arch>\n".to_vec();
    member(&mut archive, "debian-binary", b"2.0\n");
    member(&mut archive, "control.tar", &control);
    member(&mut archive, "data.tar", files);
    Ok(archive)
}

/// A member of an archive of ar's: its name, time, owner, group, mode and size, and what is in it, to an even number of bytes.
fn member(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, bytes.len());
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(bytes);
    if bytes.len() % 2 == 1 {
        archive.push(b'\n');
    }
}

/// What is no use before the packages are installed.
const LATER: [&str; 4] = ["usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale"];

/// Adds everything of an archive but its end, and documentation.
pub fn add_all<W: Write>(to: &mut Builder<W>, archive: &[u8]) -> anyhow::Result<()> {
    let mut archive = Archive::new(Cursor::new(archive));
    for entry in archive.entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        if LATER.iter().any(|folder| path.strip_prefix(".").unwrap_or(&path).starts_with(folder)) {
            continue;
        }
        let mut header = entry.header().clone();
        match entry.link_name()?.map(|link| link.into_owned()) {
            Some(link) => to.append_link(&mut header, path, link)?,
            None => to.append_data(&mut header, path, entry)?,
        }
    }
    Ok(())
}

fn part(package: &Package, which: &str) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new("dpkg-deb");
    let output = command.arg(which).arg(&package.path).stdin(Stdio::null()).output().context("cannot run dpkg-deb")?;
    if !output.status.success() {
        bail!("{}: {}", package.name, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tar::{EntryType, Header};

    #[test]
    fn members_begin_at_even_places() {
        let mut archive = Vec::new();
        member(&mut archive, "odd", b"abc");
        assert_eq!(archive.len(), 60 + 4);
        assert!(archive.starts_with(b"odd             0           0     0     100644  3         `\nabc\n"));
        member(&mut archive, "even", b"");
        assert_eq!(archive.len(), 60 + 4 + 60);
    }

    #[test]
    fn archives_are_joined_with_their_long_names_and_links() {
        let long = format!("./usr/{}name", "long/".repeat(40));
        let mut one = Builder::new(Vec::new());
        let mut file = |path: &str| {
            let mut header = Header::new_gnu();
            header.set_size(3);
            header.set_mode(0o4755);
            header.set_uid(7);
            one.append_data(&mut header, path, &b"abc"[..]).unwrap();
        };
        file(&long);
        file("./usr/share/doc/tool/readme");
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        header.set_uid(0);
        one.append_link(&mut header, "./usr/link", &long).unwrap();
        let one = one.into_inner().unwrap();
        let mut both = Builder::new(Vec::new());
        add_all(&mut both, &one).unwrap();
        add_all(&mut both, &one).unwrap();
        let both = both.into_inner().unwrap();
        let mut archive = Archive::new(&both[..]);
        let seen: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                let link = entry.link_name().unwrap().map(|link| link.display().to_string());
                (entry.path().unwrap().display().to_string(), header.uid().unwrap(), header.mode().unwrap(), link)
            })
            .collect();
        let once = [(long.clone(), 7, 0o4755, None), ("usr/link".into(), 0, 0o777, Some(long))];
        assert_eq!(seen, [once.clone(), once].concat());
    }
}
