// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a guest's file says about itself: the arm64 Image header (Linux, Documentation/arch/arm64/booting.rst), or that of
//! a zImage (Documentation/arch/arm/booting.rst and arch/arm/boot/compressed/head.S).

use super::BootError;
use crate::config::GuestKind;
use crate::vcpu::Width;

const HEADER_SIZE: usize = 64;
const MAGIC: &[u8; 4] = b"ARM\x64";
const MAGIC_OFFSET: usize = 56;
const BIG_ENDIAN: u64 = 1;
/// Kernels older than 3.17 leave image_size zero and mean this offset.
const OLD_TEXT_OFFSET: u64 = 0x8_0000;

/// A zImage: the magic number, from where to where it is, and (in new ones) a word that shows its byte order.
const ZIMAGE_MAGIC: u32 = 0x016f_2818;
const ZIMAGE_MAGIC_OFFSET: usize = 0x24;
const ZIMAGE_START: usize = 0x28;
const ZIMAGE_END: usize = 0x2c;
/// A bare-metal program is linked for this offset.
const BARE32_OFFSET: u64 = 0x8000;
/// A kernel decompresses itself to the start of RAM; from here on it is not in its own way.
const LINUX32_OFFSET: u64 = 32 << 20;

/// Where a kernel wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// What it is written for.
    pub width: Width,
    /// From a 2 MiB-aligned base.
    pub text_offset: u64,
    /// Bytes in memory, at least those of the file.
    pub memory_size: u64,
}

impl Image {
    /// Read the header of a file, which must be of the kind that the configuration says.
    pub fn of(kind: GuestKind, file: &[u8]) -> Result<Self, BootError> {
        let mut image = Self::parse(file)?;
        if image.width != kind.width() {
            return Err(BootError::WrongWidth { kind, image: image.width });
        }
        if kind == GuestKind::Linux32 {
            image.text_offset = LINUX32_OFFSET;
        }
        Ok(image)
    }

    /// Read the header of a file.
    pub fn parse(file: &[u8]) -> Result<Self, BootError> {
        let header = file.first_chunk::<HEADER_SIZE>().ok_or(BootError::NotAnImage)?;
        if let Some(size) = zimage(header) {
            let memory_size = size?.max(file.len() as u64);
            return Ok(Self { width: Width::Aarch32, text_offset: BARE32_OFFSET, memory_size });
        }
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
        Ok(Self { width: Width::Aarch64, text_offset, memory_size: image_size.max(file.len() as u64) })
    }
}

/// The size of a zImage, if that is what it is.
fn zimage(header: &[u8; HEADER_SIZE]) -> Option<Result<u64, BootError>> {
    let word = |offset: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&header[offset..offset + 4]);
        u32::from_le_bytes(bytes)
    };
    match word(ZIMAGE_MAGIC_OFFSET) {
        ZIMAGE_MAGIC => Some(Ok(word(ZIMAGE_END).wrapping_sub(word(ZIMAGE_START)).into())),
        magic if magic.swap_bytes() == ZIMAGE_MAGIC => Some(Err(BootError::BigEndian)),
        _ => None,
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
        assert_eq!(image, Ok(Image { width: Width::Aarch64, text_offset: 0x1000, memory_size: 0x20000 }));
    }

    #[test]
    fn size_is_at_least_the_files() {
        assert_eq!(Image::parse(&file(0, 64, 0, 100)).map(|image| image.memory_size), Ok(100));
    }

    #[test]
    fn old_kernels_have_an_implied_offset() {
        let image = Image::parse(&file(7, 0, 0, 100));
        assert_eq!(image, Ok(Image { width: Width::Aarch64, text_offset: 0x80000, memory_size: 100 }));
    }

    pub(crate) fn zimage_file(start: u32, end: u32, length: usize) -> Vec<u8> {
        let mut file = vec![0; length];
        file[0x24..0x28].copy_from_slice(&ZIMAGE_MAGIC.to_le_bytes());
        file[0x28..0x2c].copy_from_slice(&start.to_le_bytes());
        file[0x2c..0x30].copy_from_slice(&end.to_le_bytes());
        file
    }

    #[test]
    fn reads_a_zimage() {
        let image = Image::parse(&zimage_file(0, 0x2000, 100));
        assert_eq!(image, Ok(Image { width: Width::Aarch32, text_offset: 0x8000, memory_size: 0x2000 }));
        let image = Image::of(GuestKind::Linux32, &zimage_file(0x1000, 0x1010, 100));
        assert_eq!(image, Ok(Image { width: Width::Aarch32, text_offset: 32 << 20, memory_size: 100 }));
        let mut big = zimage_file(0, 0x2000, 100);
        big[0x24..0x28].reverse();
        assert_eq!(Image::parse(&big), Err(BootError::BigEndian));
    }

    #[test]
    fn the_image_has_the_width_that_the_configuration_says() {
        let (wide, narrow) = (file(0, 64, 0, 100), zimage_file(0, 64, 100));
        for kind in [GuestKind::Bare32, GuestKind::Linux32] {
            assert!(Image::of(kind, &narrow).is_ok());
            let error = Image::of(kind, &wide).expect_err("too wide");
            assert_eq!(error, BootError::WrongWidth { kind, image: Width::Aarch64 });
        }
        for kind in [GuestKind::Bare64, GuestKind::Linux64] {
            assert!(Image::of(kind, &wide).is_ok());
            let error = Image::of(kind, &narrow).expect_err("too narrow");
            let named = std::format!("{error}");
            assert_eq!(named, std::format!("`guest = {}`, but its image is 32-bit (a zImage)", kind.name()));
        }
    }

    #[test]
    fn refuses_what_is_not_one() {
        assert_eq!(Image::parse(b"\x7fELF"), Err(BootError::NotAnImage));
        assert_eq!(Image::parse(&[0; 200]), Err(BootError::NotAnImage));
        assert_eq!(Image::parse(&file(0, 64, 1, 100)), Err(BootError::BigEndian));
    }
}
