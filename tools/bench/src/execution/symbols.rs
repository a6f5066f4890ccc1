// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which function an address of Lazaret's is in, and what was inlined there.

use std::collections::HashMap;
use std::path::Path;

use addr2line::Loader;
use anyhow::{Context, anyhow};

/// The programs of a system, by the level that they run at.
pub struct Symbols {
    programs: Vec<(u8, &'static str, Loader)>,
    known: HashMap<(u8, u64), Vec<String>>,
}

impl Symbols {
    /// Reads the executables of these names: one for each level.
    pub fn load(executables: &Path, names: &[(u8, &'static str)]) -> anyhow::Result<Self> {
        let mut programs = Vec::new();
        for &(level, name) in names {
            let path = executables.join(name);
            let loader = Loader::new(&path).map_err(|error| anyhow!("{error}")).context(path.display().to_string())?;
            programs.push((level, name, loader));
        }
        Ok(Self { programs, known: HashMap::new() })
    }

    /// From the program to the innermost inlined function.
    pub fn frames(&mut self, level: u8, pc: u64) -> &[String] {
        let programs = &self.programs;
        self.known.entry((level, pc)).or_insert_with(|| {
            let program = programs.iter().find(|(own, ..)| *own == level);
            program.map_or_else(|| vec![format!("EL{level}")], |(_, name, loader)| find(name, loader, pc))
        })
    }
}

fn find(program: &str, loader: &Loader, pc: u64) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(mut frames) = loader.find_frames(pc) {
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
            let file = frame.location.as_ref().and_then(|location| location.file).unwrap_or("");
            names.extend(name.map(|name| in_file(&short(&name), file)));
        }
    }
    if names.is_empty() {
        names.push(loader.find_symbol(pc).map_or_else(|| "(assembly)".into(), short));
    }
    names.push(program.into());
    names.reverse();
    names
}

/// Names alone are often `get`; the file says whose.
fn in_file(name: &str, path: &str) -> String {
    let mut parts = path.trim_end_matches(".rs").rsplit('/');
    match (parts.next().unwrap_or(""), parts.next().unwrap_or("")) {
        ("", _) => name.into(),
        ("mod" | "lib" | "main", folder) => format!("{folder}::{name}"),
        (file, _) => format!("{file}::{name}"),
    }
}

/// Without type arguments, traits and the first part of long paths.
fn short(name: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0usize;
    for c in name.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => (),
        }
    }
    let parts: Vec<_> = plain.split("::").filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => inner(name),
        parts => parts[parts.len().saturating_sub(2)..].join("::"),
    }
}

/// `<microkernel::x::Y as Trait>` alone.
fn inner(name: &str) -> String {
    let text = name.trim_start_matches('<');
    text.split([' ', '>', '<']).next().unwrap_or(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::{in_file, short};

    #[test]
    fn names_are_short_enough_for_a_table() {
        assert_eq!(short("microkernel::object::endpoint::send"), "endpoint::send");
        assert_eq!(short("vmm::vm::Vm<S>::exit"), "Vm::exit");
        assert_eq!(short("<vmm::frame::Frame as core::fmt::Debug>::fmt"), "fmt");
        assert_eq!(short("core::ptr::read::<u64>"), "ptr::read");
        assert_eq!(in_file("get", "src/object/reference.rs"), "reference::get");
        assert_eq!(in_file("get", "src/object/mod.rs"), "object::get");
        assert_eq!(in_file("get", ""), "get");
    }
}
