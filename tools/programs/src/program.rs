// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs: what their files are made of.

use std::path::Path;

use anyhow::Context;
use object::{Object, ObjectSection, SectionFlags, elf::SHF_ALLOC};
use serde::Serialize;

/// A program's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Program {
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Name and size of each section that is in memory when it runs.
    pub sections: Vec<(String, u64)>,
}

impl Program {
    /// Reads an ELF file.
    pub fn read(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        Self::parse(name, &bytes).with_context(|| path.display().to_string())
    }

    fn parse(name: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let file = object::File::parse(bytes).context("not an ELF file")?;
        let is_loaded = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & SHF_ALLOC.0 != 0);
        let loaded = file.sections().filter(|section| is_loaded(section.flags()) && section.size() > 0);
        let sections = loaded.map(|section| (section.name().unwrap_or("?").to_string(), section.size())).collect();
        Ok(Program { name: name.into(), sha256: sha256(bytes), sections })
    }

    /// Bytes of memory.
    pub fn memory(&self) -> u64 {
        self.sections.iter().map(|(_, size)| *size).fold(0, u64::saturating_add)
    }
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
    fn refuses_what_is_no_program() {
        assert!(Program::parse("x", b"text").unwrap_err().to_string().contains("ELF"));
        assert!(Program::read(Path::new("no/such/folder"), "x").unwrap_err().to_string().contains("no/such/folder/x"));
    }

    #[test]
    fn hashes_are_the_usual_ones() {
        assert!(sha256(b"").starts_with("e3b0c44298fc1c14"));
    }
}
