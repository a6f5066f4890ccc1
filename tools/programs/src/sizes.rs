// SPDX-License-Identifier: MIT OR Apache-2.0
//! How large the trusted programs are, and how large they may be.

use anyhow::{Context, bail};
use object::{Object, ObjectSection, SectionFlags, elf::SHF_EXECINSTR};
use serde::Serialize;

/// A measured size and its limit, in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Size {
    pub what: String,
    pub bytes: u64,
    /// At most that many, where there is a limit.
    pub limit: Option<u64>,
}

/// Limit of the kernel's code.
pub const KERNEL_TEXT: u64 = 200 << 10;
/// Limit of the code of a kernel that checks its own state: only tests run it.
pub const CHECKED_KERNEL_TEXT: u64 = 224 << 10;
/// Limit of the kernel's memory.
pub const KERNEL_MEMORY: u64 = 1 << 20;
/// Limit of the VMM's code.
pub const VMM_TEXT: u64 = 256 << 10;
/// What a stub for gdb may add to it.
pub const DEBUGGER_TEXT: u64 = 96 << 10;
/// Limit of the network driver's code: it reads what strangers send, with the right to write all memory.
pub const NETWORK_TEXT: u64 = 128 << 10;

impl Size {
    /// With a limit.
    pub fn limited(what: &str, bytes: u64, limit: u64) -> Self {
        Self { what: what.into(), bytes, limit: Some(limit) }
    }

    /// Without one.
    pub fn plain(what: &str, bytes: u64) -> Self {
        Self { what: what.into(), bytes, limit: None }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let limit = self.limit.map_or(String::new(), |limit| format!(" of at most {}", kib(limit)));
        format!("{:<28}{:>10}{limit}", self.what, kib(self.bytes))
    }
}

fn kib(bytes: u64) -> String {
    format!("{:.1} KiB", bytes as f64 / 1024.0)
}

/// Fails when something is larger than it may be.
pub fn check(sizes: &[Size]) -> anyhow::Result<()> {
    let over: Vec<_> = sizes.iter().filter(|s| s.limit.is_some_and(|limit| s.bytes > limit)).map(Size::line).collect();
    if !over.is_empty() {
        bail!("too large:\n{}", over.join("\n"));
    }
    Ok(())
}

/// Bytes of code in an ELF file.
pub fn text(elf: &[u8]) -> anyhow::Result<u64> {
    let elf = object::File::parse(elf).context("not an ELF file")?;
    let is_code = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & SHF_EXECINSTR.0 != 0);
    Ok(elf.sections().filter(|s| is_code(s.flags())).map(|s| s.size()).fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_kept() {
        assert!(check(&[Size::limited("kernel text", KERNEL_TEXT, KERNEL_TEXT), Size::plain("spec", 1 << 30)]).is_ok());
        let error = check(&[Size::limited("kernel text", KERNEL_TEXT + 1, KERNEL_TEXT)]).unwrap_err().to_string();
        assert!(error.contains("kernel text") && error.contains("200.0 KiB"), "{error}");
    }
}
