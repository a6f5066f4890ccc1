// SPDX-License-Identifier: MIT OR Apache-2.0
//! Program images: segments and symbols of an AArch64 ELF file, and patching of its variables.

use object::{
    LittleEndian,
    elf::{EM_AARCH64, ET_EXEC, FileHeader64, PF_R, PF_W, PF_X, PT_LOAD},
    read::elf::{FileHeader, ProgramHeader, Sym},
};
use std::collections::HashMap;

use lazaret_sdf::limits::MAX_PROGRAM;

use super::object::Perms;

/// Why a file is not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// Not ELF, or broken.
    #[error("is not a 64-bit little-endian ELF file: {0}")]
    NotElf(String),
    /// For another machine.
    #[error("is for another machine (ELF machine {0}), not AArch64")]
    Machine(u16),
    /// Object file or position-independent.
    #[error("is not a statically linked executable (ELF type {0})")]
    Type(u16),
    /// Nothing to load.
    #[error("has nothing to load")]
    Empty,
    /// A segment whose size makes no sense.
    #[error("has a segment at {0:#x} that does not fit into the address space")]
    Segment(u64),
    /// A variable that the manifest sets.
    #[error("has no variable `{0}`")]
    NoSymbol(String),
    /// A variable that is not a word.
    #[error("has a variable `{name}` of {size} bytes where 8 are needed")]
    SymbolSize {
        /// Symbol.
        name: String,
        size: u64,
    },
}

/// A loaded segment: memory as it is at the start.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Address.
    pub vaddr: u64,
    /// Contents, zeros at the end included.
    pub bytes: Vec<u8>,
    /// What it allows.
    pub perms: Perms,
}

#[derive(Clone, Debug)]
pub struct Program {
    /// First instruction.
    pub entry: u64,
    /// What to load, by address.
    pub segments: Vec<Segment>,
    symbols: HashMap<String, (u64, u64)>,
}

impl Program {
    /// Reads a file.
    pub fn parse(file: &[u8]) -> Result<Self, ElfError> {
        let broken = |error: object::read::Error| ElfError::NotElf(error.to_string());
        let header = FileHeader64::<LittleEndian>::parse(file).map_err(broken)?;
        let endian = header.endian().map_err(broken)?;
        match (header.e_machine(endian), header.e_type(endian)) {
            (EM_AARCH64, ET_EXEC) => {}
            (EM_AARCH64, other) => return Err(ElfError::Type(other.0)),
            (other, _) => return Err(ElfError::Machine(other.0)),
        }
        let (mut segments, mut taken) = (Vec::new(), 0u64);
        for program_header in header.program_headers(endian, file).map_err(broken)? {
            if program_header.p_type(endian) == PT_LOAD && program_header.p_memsz(endian) > 0 {
                taken = taken.saturating_add(program_header.p_memsz(endian));
                if taken > MAX_PROGRAM {
                    return Err(ElfError::Segment(program_header.p_vaddr(endian)));
                }
                segments.push(read_segment(program_header, file)?);
            }
        }
        segments.sort_by_key(|segment| segment.vaddr);
        if segments.is_empty() {
            return Err(ElfError::Empty);
        }
        Ok(Self { entry: header.e_entry(endian), segments, symbols: read_symbols(header, file).map_err(broken)? })
    }

    /// Address and size of a symbol.
    pub fn symbol(&self, name: &str) -> Option<(u64, u64)> {
        self.symbols.get(name).copied()
    }

    /// Sets a variable of one word.
    pub fn set_word(&mut self, name: &str, value: u64) -> Result<(), ElfError> {
        match self.symbol(name) {
            None => Err(ElfError::NoSymbol(name.into())),
            Some((_, size)) if size != 8 => Err(ElfError::SymbolSize { name: name.into(), size }),
            Some((vaddr, _)) => self.write(vaddr, &value.to_le_bytes()).ok_or_else(|| ElfError::NoSymbol(name.into())),
        }
    }

    /// Writes the start of a variable; at most as many bytes as it has. Returns whether there is one.
    pub fn set_bytes(&mut self, name: &str, bytes: &[u8]) -> bool {
        let Some((vaddr, size)) = self.symbol(name) else { return false };
        let len = bytes.len().min(size as usize);
        self.write(vaddr, &bytes[..len]).is_some()
    }

    /// Uses another file's symbols: the one that was not stripped. Nothing else of it is looked at.
    pub fn take_symbols_of(&mut self, file: &[u8]) -> Result<(), ElfError> {
        let broken = |error: object::read::Error| ElfError::NotElf(error.to_string());
        let header = FileHeader64::<LittleEndian>::parse(file).map_err(broken)?;
        self.symbols = read_symbols(header, file).map_err(broken)?;
        Ok(())
    }

    fn write(&mut self, vaddr: u64, bytes: &[u8]) -> Option<()> {
        self.segments.iter_mut().find_map(|segment| {
            let at = usize::try_from(vaddr.checked_sub(segment.vaddr)?).ok()?;
            segment.bytes.get_mut(at..at.checked_add(bytes.len())?)?.copy_from_slice(bytes);
            Some(())
        })
    }
}

fn read_segment(header: &object::elf::ProgramHeader64<LittleEndian>, file: &[u8]) -> Result<Segment, ElfError> {
    let endian = LittleEndian;
    let vaddr = header.p_vaddr(endian);
    let size = header.p_memsz(endian);
    let data = header.data(endian, file).map_err(|()| ElfError::NotElf("a segment lies outside the file".into()))?;
    if data.len() as u64 > size || vaddr.checked_add(size).is_none() {
        return Err(ElfError::Segment(vaddr));
    }
    let mut bytes = data.to_vec();
    bytes.resize(size as usize, 0);
    let flags = header.p_flags(endian);
    let has = |bit: object::elf::ProgramFlags| flags.0 & bit.0 != 0;
    let perms = Perms { read: has(PF_R), write: has(PF_W), execute: has(PF_X) };
    Ok(Segment { vaddr, bytes, perms })
}

fn read_symbols(header: &FileHeader64<LittleEndian>, file: &[u8]) -> object::read::Result<HashMap<String, (u64, u64)>> {
    let endian = LittleEndian;
    let table = header.sections(endian, file)?.symbols(endian, file, object::elf::SHT_SYMTAB)?;
    let mut symbols = HashMap::new();
    for symbol in table.iter() {
        let name = symbol.name(endian, table.strings())?;
        if !name.is_empty() && !symbol.is_undefined(endian) {
            symbols
                .insert(String::from_utf8_lossy(name).into_owned(), (symbol.st_value(endian), symbol.st_size(endian)));
        }
    }
    Ok(symbols)
}
