// SPDX-License-Identifier: MIT OR Apache-2.0
//! How large a disk is.

use std::str::FromStr;

/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;
/// What the packages need, with room to work.
const LEAST: u64 = 1024;
/// More is a slip of the finger: the host's file systems hold no such file.
const MOST: u64 = 4 << 20;

/// A number of mebibytes that is enough for a Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(u64);

impl Size {
    /// Of the file system, in mebibytes.
    pub const fn mebibytes(self) -> u64 {
        self.0
    }

    /// Of the file system, in bytes.
    pub const fn bytes(self) -> u64 {
        self.0 * MIB
    }
}

/// `2G`, `1536M`.
impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("M", 1), ("G", 1 << 10), ("T", 1 << 20)];
        let found = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
        let number = found.and_then(|(number, factor)| number.parse::<u64>().ok()?.checked_mul(factor));
        match number {
            Some(LEAST..=MOST) => Ok(Self(number.unwrap_or(LEAST))),
            Some(_) => Err("it is between 1G and 4T".into()),
            None => Err("it is a number with M, G or T, as 2G".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_and_bounds() {
        assert_eq!("2G".parse::<Size>().unwrap().bytes(), 2 << 30);
        assert_eq!("1024M".parse::<Size>().unwrap().mebibytes(), 1024);
        assert_eq!("4T".parse::<Size>().unwrap().bytes(), 4 << 40);
        for text in ["", "G", "2", "2g", "-1G", "1.5G", "1023M", "0G", "5T", "99999999999999T", "2 G"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
