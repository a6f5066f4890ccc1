// SPDX-License-Identifier: MIT OR Apache-2.0
//! From images to a guest that can start.

mod device_nodes;
pub mod fdt;
pub mod image;
pub mod layout;
mod load;
mod seed;

pub use load::{Images, Loaded, load};
pub use seed::{LENGTH as SEED_LENGTH, Seed};

use crate::config::GuestKind;
use crate::vcpu::Width;
use core::fmt;

/// Linux keeps COMMAND_LINE_SIZE bytes, the last of which is 0: 2048 in arch/arm64/include/uapi/asm/setup.h, 1024 in
/// arch/arm's.
const fn longest_arguments(kind: GuestKind) -> usize {
    match kind {
        GuestKind::Linux64 => 2047,
        GuestKind::Linux32 => 1023,
        GuestKind::Bare64 | GuestKind::Bare32 => usize::MAX,
    }
}

/// Would the guest see all of its boot arguments?
pub fn check_arguments(kind: GuestKind, arguments: &str) -> Result<(), BootError> {
    let most = longest_arguments(kind);
    if arguments.len() > most { Err(BootError::LongArguments { most }) } else { Ok(()) }
}

/// Why a guest cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootError {
    /// Neither `ARM\x64` at offset 56 nor a zImage's magic number at offset 36, or shorter than the header.
    NotAnImage,
    /// A big-endian kernel.
    BigEndian,
    /// The image is of another width than the configuration says.
    WrongWidth {
        /// What the configuration says.
        kind: GuestKind,
        /// What the image is.
        image: Width,
    },
    /// A 32-bit guest on a core whose EL1 is 64-bit only.
    NoAarch32,
    /// A 32-bit guest on a kernel without our extension: seL4's vCPUs are 64-bit.
    KernelWithoutAarch32,
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
    /// A kernel would cut its command line off.
    LongArguments {
        /// Bytes that it keeps.
        most: usize,
    },
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnImage => {
                write!(
                    f,
                    "the guest is neither an arm64 Image (no magic at offset 56) nor a zImage (none at offset 36)"
                )
            }
            Self::BigEndian => write!(f, "the guest is a big-endian kernel"),
            Self::WrongWidth { kind, image } => {
                let image = match image {
                    Width::Aarch64 => "64-bit (an arm64 Image)",
                    Width::Aarch32 => "32-bit (a zImage)",
                };
                write!(f, "`guest = {}`, but its image is {image}", kind.name())
            }
            Self::NoAarch32 => write!(f, "the guest is 32-bit, and this core's EL1 is 64-bit only"),
            Self::KernelWithoutAarch32 => write!(f, "the guest is 32-bit, and this seL4 has 64-bit vCPUs only"),
            Self::TooLarge { needed, ram } => {
                write!(f, "the guest needs {needed:#x} bytes and has {ram:#x} bytes of RAM")
            }
            Self::RamNotMapped { asked, mapped } => {
                write!(f, "ram_size is {asked:#x}, but the manifest maps {mapped:#x} bytes")
            }
            Self::DeviceTree => write!(f, "bootargs do not fit in the device tree"),
            Self::LongArguments { most } => {
                write!(f, "bootargs are longer than the {most} bytes that the guest keeps of them")
            }
        }
    }
}
