// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a program image must be: an AArch64 executable in ELF.

use std::collections::BTreeMap;
use std::ops::Range;

use object::elf::{EM_AARCH64, ET_EXEC, PF_W, PF_X, PT_LOAD};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};

const ZERO: object::elf::ProgramFlags = object::elf::ProgramFlags(0);

/// What later stages need to know of a program.
#[derive(Debug, Clone, Default)]
pub struct ProgramElf {
    /// First instruction.
    pub entry: u64,
    /// Loadable segments.
    pub segments: Vec<Segment>,
    /// Defined symbols: address and size.
    pub symbols: BTreeMap<String, (u64, u64)>,
}

/// A loadable segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Virtual addresses, as in the file (not rounded to pages).
    pub range: Range<u64>,
    /// May be written.
    pub write: bool,
    /// May be executed.
    pub execute: bool,
}

impl Segment {
    /// Virtual addresses rounded outwards to pages.
    pub fn pages(&self) -> Range<u64> {
        self.range.start & !0xfff..self.range.end.saturating_add(0xfff) & !0xfff
    }
}

impl ProgramElf {
    /// Reads an AArch64 executable; the error says what the file is instead.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        check_identity(bytes)?;
        let file: ElfFile64<'_, Endianness> =
            ElfFile64::parse(bytes).map_err(|e| format!("is a broken ELF file: {e}"))?;
        let endian = Endianness::Little;
        let header = file.elf_header();
        if header.e_machine(endian) != EM_AARCH64 {
            return Err(format!("is an ELF file for {}, not for AArch64", machine_name(header.e_machine(endian))));
        }
        if header.e_type(endian) != ET_EXEC {
            return Err("is an ELF file but not a statically linked executable".into());
        }
        let segments = segments(&file)?;
        if segments.is_empty() {
            return Err("is an ELF file without anything to load".into());
        }
        let symbols = file
            .symbols()
            .filter(|symbol| symbol.is_definition() || symbol.address() != 0)
            .filter_map(|symbol| Some((symbol.name().ok()?.to_string(), (symbol.address(), symbol.size()))))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        Ok(ProgramElf { entry: file.entry(), segments, symbols })
    }

    /// Bytes of memory that the segments take, in whole pages.
    pub fn memory_size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.pages()).map(|pages| pages.end - pages.start).sum()
    }
}

fn check_identity(bytes: &[u8]) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    if !bytes.starts_with(b"\x7fELF") {
        return Err("is not an ELF file".into());
    }
    match (bytes.get(4), bytes.get(5)) {
        (Some(1), _) => Err("is a 32-bit ELF file, not AArch64".into()),
        (_, Some(2)) => Err("is a big-endian ELF file".into()),
        (Some(2), Some(1)) => Ok(()),
        _ => Err("is a broken ELF file: bad identification".into()),
    }
}

fn segments(file: &ElfFile64<'_, Endianness>) -> Result<Vec<Segment>, String> {
    let endian = Endianness::Little;
    let mut segments = Vec::new();
    for header in file.elf_program_headers() {
        let size = header.p_memsz(endian);
        if header.p_type(endian) != PT_LOAD || size == 0 {
            continue;
        }
        let start = header.p_vaddr(endian);
        let end = start.checked_add(size).ok_or("is a broken ELF file: a segment wraps around")?;
        header.data(endian, file.data()).map_err(|()| "is a broken ELF file: a segment lies outside it")?;
        let flags = header.p_flags(endian);
        segments.push(Segment { range: start..end, write: flags & PF_W != ZERO, execute: flags & PF_X != ZERO });
    }
    Ok(segments)
}

fn machine_name(machine: object::elf::Machine) -> String {
    match machine {
        object::elf::EM_X86_64 => "x86-64".into(),
        object::elf::EM_386 => "x86".into(),
        object::elf::EM_ARM => "32-bit Arm".into(),
        object::elf::EM_RISCV => "RISC-V".into(),
        other => format!("machine {}", other.0),
    }
}
