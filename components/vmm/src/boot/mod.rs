// SPDX-License-Identifier: MIT OR Apache-2.0
//! From images to a guest that can start.

pub mod fdt;
pub mod image;
pub mod layout;
mod load;

pub use load::{Images, Loaded, load};

use core::fmt;

/// Why a guest cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootError {
    /// No `ARM\x64` at offset 56, or shorter than the header.
    NotAnImage,
    /// A big-endian kernel.
    BigEndian,
    /// Kernel, initrd and device tree need more than the RAM.
    TooLarge {
        /// Bytes needed.
        needed: u64,
        /// Bytes of RAM.
        ram: u64,
    },
    /// The manifest maps less RAM than the configuration asks for.
    RamNotMapped {
        /// Bytes asked for.
        asked: u64,
        /// Bytes mapped.
        mapped: u64,
    },
    /// The boot arguments do not fit in the device tree.
    DeviceTree,
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnImage => write!(f, "the guest is not an arm64 Image (no magic at offset 56)"),
            Self::BigEndian => write!(f, "the guest is a big-endian kernel"),
            Self::TooLarge { needed, ram } => {
                write!(f, "the guest needs {needed:#x} bytes and has {ram:#x} bytes of RAM")
            }
            Self::RamNotMapped { asked, mapped } => {
                write!(f, "ram_size is {asked:#x}, but the manifest maps {mapped:#x} bytes")
            }
            Self::DeviceTree => write!(f, "bootargs do not fit in the device tree"),
        }
    }
}
