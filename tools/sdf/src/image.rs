// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a program image must be: an AArch64 executable in ELF.

use std::collections::BTreeMap;
use std::ops::Range;

use object::elf::{EM_AARCH64, ET_EXEC, PF_W, PF_X, PT_LOAD};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};

use super::limits::{MAX_PROGRAM, MAX_SEGMENTS, MIN_STACK, pd_top};

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
        check_segments(&segments, file.entry())?;
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
        memory_size(&self.segments)
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

fn memory_size(segments: &[Segment]) -> u64 {
    let sizes = segments.iter().map(|segment| segment.pages()).map(|pages| pages.end - pages.start);
    sizes.fold(0, u64::saturating_add)
}

/// What would only be found when the program is loaded, or when it begins to run.
fn check_segments(segments: &[Segment], entry: u64) -> Result<(), String> {
    if segments.len() > MAX_SEGMENTS {
        return Err(format!("has {} segments to load, more than {MAX_SEGMENTS}", segments.len()));
    }
    let size = memory_size(segments);
    if size > MAX_PROGRAM {
        return Err(format!("needs {size:#x} bytes of memory, more than {MAX_PROGRAM:#x}"));
    }
    let mut by_address: Vec<_> = segments.iter().map(Segment::pages).collect();
    by_address.sort_by_key(|pages| pages.start);
    if let Some(high) = by_address.last().filter(|pages| pages.end > pd_top(MIN_STACK)) {
        return Err(format!("has a segment up to {:#x}, beyond the end of a program's memory", high.end));
    }
    if let Some([_, second]) = by_address.array_windows().find(|[first, second]| first.end > second.start) {
        return Err(format!("has two segments in the page at {:#x}", second.start));
    }
    if !segments.iter().any(|segment| segment.execute && segment.range.contains(&entry)) {
        return Err(format!("begins at {entry:#x}, where none of its code is"));
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn code(range: Range<u64>) -> Segment {
        Segment { range, write: false, execute: true }
    }

    #[test]
    fn what_would_fail_later_is_told_before() {
        let at = |start: u64| code(start..start + 0x1000);
        assert_eq!(check_segments(&[at(0x20_0000), at(0x20_1000)], 0x20_0ffc), Ok(()));
        let many: Vec<_> = (0..=MAX_SEGMENTS as u64).map(|n| at(0x20_0000 + 0x1000 * n)).collect();
        let top = pd_top(MIN_STACK);
        for (segments, entry, why) in [
            (many, 0x20_0000, "65 segments"),
            (vec![code(0x20_0000..0x20_0000 + MAX_PROGRAM + 1)], 0x20_0000, "more than 0x10000000"),
            (vec![code(0..u64::MAX), code(0..u64::MAX)], 0, "more than 0x10000000"),
            (vec![at(top)], top, "beyond the end"),
            (vec![at(0x20_0000), code(0x20_0800..0x20_0900)], 0x20_0000, "two segments in the page at 0x200000"),
            (vec![at(0x20_0000)], 0x20_1000, "begins at 0x201000"),
            (vec![Segment { execute: false, ..at(0x20_0000) }], 0x20_0000, "none of its code"),
        ] {
            let error = check_segments(&segments, entry).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
