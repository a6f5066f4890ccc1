// SPDX-License-Identifier: MIT OR Apache-2.0
//! The arm64 Image header (Linux, Documentation/arch/arm64/booting.rst).

use super::BootError;

const HEADER_SIZE: usize = 64;
const MAGIC: &[u8; 4] = b"ARM\x64";
const MAGIC_OFFSET: usize = 56;
const BIG_ENDIAN: u64 = 1;
/// Kernels older than 3.17 leave image_size zero and mean this offset.
const OLD_TEXT_OFFSET: u64 = 0x8_0000;

/// Where a kernel wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// From a 2 MiB-aligned base.
    pub text_offset: u64,
    /// Bytes in memory, at least those of the file.
    pub memory_size: u64,
}

impl Image {
    /// Read the header of a file.
    pub fn parse(file: &[u8]) -> Result<Self, BootError> {
        let header = file.first_chunk::<HEADER_SIZE>().ok_or(BootError::NotAnImage)?;
        if &header[MAGIC_OFFSET..MAGIC_OFFSET + 4] != MAGIC {
            return Err(BootError::NotAnImage);
        }
        let word = |offset: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&header[offset..offset + 8]);
            u64::from_le_bytes(bytes)
        };
        if word(24) & BIG_ENDIAN != 0 {
            return Err(BootError::BigEndian);
        }
        let (text_offset, image_size) = (word(8), word(16));
        let text_offset = if image_size == 0 { OLD_TEXT_OFFSET } else { text_offset };
        Ok(Self { text_offset, memory_size: image_size.max(file.len() as u64) })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    pub(crate) fn file(text_offset: u64, image_size: u64, flags: u64, length: usize) -> Vec<u8> {
        let mut file = vec![0; length];
        file[8..16].copy_from_slice(&text_offset.to_le_bytes());
        file[16..24].copy_from_slice(&image_size.to_le_bytes());
        file[24..32].copy_from_slice(&flags.to_le_bytes());
        file[56..60].copy_from_slice(b"ARMd");
        file
    }

    #[test]
    fn reads_the_header() {
        let image = Image::parse(&file(0x1000, 0x20000, 0xa, 100));
        assert_eq!(image, Ok(Image { text_offset: 0x1000, memory_size: 0x20000 }));
    }

    #[test]
    fn size_is_at_least_the_files() {
        assert_eq!(Image::parse(&file(0, 64, 0, 100)).map(|image| image.memory_size), Ok(100));
    }

    #[test]
    fn old_kernels_have_an_implied_offset() {
        let image = Image::parse(&file(7, 0, 0, 100));
        assert_eq!(image, Ok(Image { text_offset: 0x80000, memory_size: 100 }));
    }

    #[test]
    fn refuses_what_is_not_one() {
        assert_eq!(Image::parse(b"\x7fELF"), Err(BootError::NotAnImage));
        assert_eq!(Image::parse(&[0; 200]), Err(BootError::NotAnImage));
        assert_eq!(Image::parse(&file(0, 64, 1, 100)), Err(BootError::BigEndian));
    }
}
