// SPDX-License-Identifier: MIT OR Apache-2.0
//! An ELF's memory as the machine will see it: segments by address, the rest zero.

use object::{Architecture, Object, ObjectSegment, ObjectSymbol};

use super::ImageError;

/// Programs here are a few megabytes: a wild address must not make a file of gigabytes.
pub(super) const MAX_SIZE: u64 = 64 << 20;

/// A range of memory.
#[derive(Debug, Clone)]
pub struct Flat {
    /// Address of the first byte.
    pub start: u64,
    /// Contents.
    pub bytes: Vec<u8>,
}

impl Flat {
    /// Lays out the loadable segments of `elf`.
    pub fn from_elf(elf: &object::File<'_>, what: &'static str) -> Result<Self, ImageError> {
        let bad = |reason: &str| ImageError::Elf { what, reason: reason.into() };
        let segments: Vec<_> = elf.segments().filter(|s| s.size() > 0).collect();
        let start = segments.iter().map(|s| s.address()).min().ok_or_else(|| bad("nothing to load"))?;
        let ends: Option<Vec<_>> = segments.iter().map(|s| s.address().checked_add(s.size())).collect();
        let end = ends.and_then(|ends| ends.into_iter().max()).ok_or_else(|| bad("a segment wraps around"))?;
        if end - start > MAX_SIZE {
            return Err(bad("its segments are too far apart"));
        }
        // What is put behind it has addresses as well.
        if end.checked_add(2 * MAX_SIZE).is_none() {
            return Err(bad("it ends where addresses do"));
        }
        let mut flat = Self { start, bytes: vec![0; (end - start) as usize] };
        for segment in segments {
            let data = segment.data().map_err(|e| bad(&e.to_string()))?;
            flat.write(segment.address(), data).ok_or_else(|| bad("a segment has more in the file than in memory"))?;
        }
        Ok(flat)
    }

    /// Copies `data` to an address; `None` when it is not all inside.
    pub fn write(&mut self, address: u64, data: &[u8]) -> Option<()> {
        let from = usize::try_from(address.checked_sub(self.start)?).ok()?;
        self.bytes.get_mut(from..from.checked_add(data.len())?)?.copy_from_slice(data);
        Some(())
    }

    /// Adds zeros until the size is a multiple of `align`.
    pub fn pad(&mut self, align: u64) {
        self.bytes.resize((self.bytes.len() as u64).next_multiple_of(align) as usize, 0);
    }

    /// Address of the byte after the last.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

/// Parses an AArch64 ELF.
pub fn parse<'a>(bytes: &'a [u8], what: &'static str) -> Result<object::File<'a>, ImageError> {
    parse_for(&[Architecture::Aarch64], bytes, what)
}

/// Parses the ELF of a guest, of either width.
pub fn parse_guest<'a>(bytes: &'a [u8], what: &'static str) -> Result<object::File<'a>, ImageError> {
    parse_for(&[Architecture::Aarch64, Architecture::Arm], bytes, what)
}

fn parse_for<'a>(
    architectures: &[Architecture],
    bytes: &'a [u8],
    what: &'static str,
) -> Result<object::File<'a>, ImageError> {
    let elf = object::File::parse(bytes).map_err(|e| ImageError::Elf { what, reason: e.to_string() })?;
    if !architectures.contains(&elf.architecture()) {
        return Err(ImageError::Elf { what, reason: format!("it is for {:?}", elf.architecture()) });
    }
    Ok(elf)
}

/// Address and size of a symbol.
pub fn symbol(elf: &object::File<'_>, name: &str) -> Option<(u64, u64)> {
    elf.symbols().find(|s| s.name() == Ok(name)).map(|s| (s.address(), s.size()))
}
