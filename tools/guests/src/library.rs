// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which shared libraries a program needs, and theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64, PT_INTERP};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

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

/// The file behind a path, following links that stay below `root`.
fn resolve(root: &Path, path: &str) -> Option<PathBuf> {
    let mut file = root.join(path);
    for _ in 0..8 {
        match std::fs::read_link(&file) {
            Ok(to) => {
                file = match to.strip_prefix("/") {
                    Ok(absolute) => root.join(absolute),
                    Err(_) => file.parent()?.join(to),
                }
            }
            Err(_) => return file.is_file().then_some(file),
        }
    }
    None
}
