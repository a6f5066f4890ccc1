// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root task's memory, with the system spec behind it.

use microkernel::payload::ALIGN;
use object::Object;

use super::flat::{parse, symbol};
use super::{Flat, ImageError};

const SPEC_SYMBOL: &str = "LAZARET_SPEC";

/// The root task's memory and where it starts.
#[derive(Debug, Clone)]
pub struct RootTask {
    /// A multiple of a page.
    pub memory: Flat,
    /// First instruction.
    pub entry: u64,
    spec_symbol: Option<u64>,
}

impl RootTask {
    /// Flattens the root task's ELF.
    pub fn load(elf: &[u8]) -> Result<Self, ImageError> {
        let elf = parse(elf, "root task")?;
        let mut memory = Flat::from_elf(&elf, "root task")?;
        memory.pad(ALIGN);
        let spec_symbol = symbol(&elf, SPEC_SYMBOL).filter(|&(_, size)| size >= 16).map(|(address, _)| address);
        Ok(Self { memory, entry: elf.entry(), spec_symbol })
    }

    /// Puts the spec behind the task's memory and tells the task where it is.
    pub fn append_spec(&mut self, spec: &[u8]) -> Result<(), ImageError> {
        let at = self.spec_symbol.ok_or(ImageError::NoSpecSymbol)?;
        let place = [self.memory.end(), spec.len() as u64].map(u64::to_le_bytes).concat();
        self.memory.write(at, &place).ok_or(ImageError::NoSpecSymbol)?;
        self.memory.bytes.extend_from_slice(spec);
        self.memory.pad(ALIGN);
        Ok(())
    }
}
