// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which shared libraries a program needs, and theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64, PT_INTERP};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

/// As many as Linux follows.
const MOST_LINKS: usize = 40;
const FOLDERS: [&str; 4] = ["lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib", "usr/lib"];

/// Everything that `program`, a path below `root`, loads: path on the guest to file here.
pub fn closure(root: &Path, program: &str) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    let mut open = vec![program.to_string()];
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        let file = resolve(root, &path).with_context(|| format!("{path} is in no package"))?;
        let bytes = std::fs::read(&file)?;
        for name in needed(&bytes).with_context(|| path.clone())? {
            if seen.insert(name.clone()) {
                open.push(locate(root, &name).with_context(|| format!("{path} needs {name}: in no package"))?);
            }
        }
        found.insert(path, file);
    }
    Ok(found)
}

/// Names of libraries, and the path of the program's loader.
fn needed(bytes: &[u8]) -> anyhow::Result<Vec<String>> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let mut names = Vec::new();
    for segment in header.program_headers(endian, bytes)? {
        if segment.p_type(endian) == PT_INTERP {
            let path = segment.data(endian, bytes).map_err(|()| anyhow::anyhow!("cut off"))?;
            names.push(String::from_utf8_lossy(path).trim_end_matches('\0').to_string());
        }
    }
    let sections = header.sections(endian, bytes)?;
    if let Some((entries, link)) = sections.dynamic(endian, bytes)? {
        let strings = sections.strings(endian, bytes, link)?;
        for entry in entries.iter().filter(|e| e.tag(endian) == DT_NEEDED) {
            let name = entry.string(endian, strings)?;
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(names)
}

/// A library's path on the guest.
fn locate(root: &Path, name: &str) -> Option<String> {
    if let Some(absolute) = name.strip_prefix('/') {
        return resolve(root, absolute).map(|_| absolute.to_string());
    }
    FOLDERS.iter().map(|folder| format!("{folder}/{name}")).find(|path| resolve(root, path).is_some())
}

/// The file behind a path of the packages. Links are followed as the guest will: `/` is `root`, and nothing is above it.
pub fn resolve(root: &Path, path: &str) -> Option<PathBuf> {
    let mut open: Vec<OsString> = Vec::new();
    let push = |open: &mut Vec<OsString>, path: &Path| {
        open.extend(path.components().rev().map(|component| component.as_os_str().to_os_string()));
    };
    push(&mut open, Path::new(path));
    let (mut inside, mut links) = (PathBuf::new(), 0);
    while let Some(component) = open.pop() {
        match Path::new(&component).components().next()? {
            Component::RootDir | Component::Prefix(_) => inside = PathBuf::new(),
            Component::CurDir => {}
            Component::ParentDir => _ = inside.pop(),
            Component::Normal(name) => {
                inside.push(name);
                if let Ok(to) = std::fs::read_link(root.join(&inside)) {
                    links += 1;
                    inside.pop();
                    push(&mut open, &to);
                }
            }
        }
        if links > MOST_LINKS {
            return None;
        }
    }
    let file = root.join(inside);
    file.is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::os::unix::fs::symlink;

    #[test]
    fn links_of_a_package_stay_below_its_root() {
        let folder = std::env::temp_dir().join(format!("lazaret-links-{}", std::process::id()));
        let root = folder.join("root");
        std::fs::create_dir_all(root.join("usr/lib")).unwrap();
        std::fs::write(folder.join("secret"), "of the host").unwrap();
        std::fs::write(root.join("usr/lib/real"), "").unwrap();
        let link = |to: &str, at: &str| symlink(to, root.join(at)).unwrap();
        link("usr/lib", "lib");
        link("/usr/lib", "lib64");
        link("/usr/lib/real", "usr/lib/absolute");
        link("../../lib/real", "usr/lib/up");
        link("../../../../../../usr/lib/real", "usr/lib/above");
        link("../../../secret", "usr/lib/escape");
        link("/etc", "etc");
        link("loop", "loop");
        let real = Some(root.join("usr/lib/real"));
        for path in ["lib/real", "lib64/real", "usr/lib/absolute", "lib/up", "/lib64/above", "../lib/real"] {
            assert_eq!(resolve(&root, path), real, "{path}");
        }
        for path in ["usr/lib/escape", "etc/hostname", "etc/passwd", "loop", "usr/lib", "no/such"] {
            assert_eq!(resolve(&root, path), None, "{path}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
