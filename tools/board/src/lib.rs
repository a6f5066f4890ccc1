// SPDX-License-Identifier: MIT OR Apache-2.0
//! A board's facts, from its folder in `kernel-config`.
//!
//! Every folder there that has a `board.toml` is a board: nothing else lists them.
#![forbid(unsafe_code)]

mod file;

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use file::{Emulation, address_bits};

/// The file that makes a folder a board's.
const FILE: &str = "board.toml";

/// What a description can be checked against, and how the board is started.
#[derive(Debug, Clone)]
pub struct Board {
    /// The folder's name, which is Microkit's name of the board.
    pub name: String,
    /// The folder of the kernel's configuration and of the card's files: another one's for a board that is the same but
    /// for its memory.
    pub folder: PathBuf,
    /// `debug` or `release`: Microkit's name of the kernel configuration.
    pub config: &'static str,
    /// RAM that an image may count on.
    pub memory: Vec<Range<u64>>,
    /// Everything else that has an address.
    pub devices: Vec<Device>,
    /// Cores that the kernel starts.
    pub cores: u8,
    /// Domains that the kernel's schedule knows.
    pub domains: u16,
    /// User level may make SMC calls.
    pub smc: bool,
    /// The highest interrupt number.
    pub max_irq: u32,
    /// Interrupts that the kernel keeps: (number, what).
    pub kernel_irqs: Vec<(u32, &'static str)>,
    /// Bits of addresses that the kernel's configuration promises to programs and guests.
    pub address_bits: u8,
    /// Slots of the root task's CNode, as a power of two.
    pub root_cnode_bits: u8,
    /// The kernel's first byte.
    pub kernel_base: u64,
    /// The kernel is ours; what an installed seL4 takes of memory, and from where, it alone knows.
    pub kernel_is_ours: bool,
    /// What its device tree says that it is compatible with.
    pub compatible: String,
    /// Its device tree's path among those of Debian's kernel package; `None`: the machine brings its own.
    pub device_tree: Option<String>,
    /// Devices that a description for another board means.
    pub stand_ins: Vec<StandIn>,
    /// The image's name where the board's loader looks for it.
    pub image: String,
    /// Of the kernel's UART, in Hz.
    pub uart_clock: u64,
    /// It has a second UART for a debug line.
    pub has_debug_uart: bool,
    /// How QEMU plays it, if it can.
    pub qemu: Option<Emulation>,
}

/// What is here in the place of another board's device.
#[derive(Debug, Clone)]
pub struct StandIn {
    /// The other board.
    pub board: String,
    /// The device there.
    pub theirs: Device,
    /// The device here; there may be none of the kind.
    pub ours: Option<Device>,
}

/// A device's address range.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// What it is.
    pub name: String,
    /// Its first address.
    pub base: u64,
    /// In bytes.
    pub size: u64,
    /// Its (first) interrupt.
    pub irq: Option<u32>,
    /// The kernel's own: user level never gets it.
    #[serde(default)]
    pub kernel: bool,
    /// Of virtual machines, and never of a protection domain.
    #[serde(default)]
    pub guests_only: bool,
    /// It reads and writes memory by itself.
    #[serde(default)]
    pub dma: bool,
    /// A row of small devices, behind the last of which there may be more of them.
    #[serde(default)]
    pub row: bool,
}

impl Device {
    /// First address and the one after the last.
    pub fn range(&self) -> Range<u64> {
        self.base..self.base + self.size
    }
}

impl Board {
    /// Reads `kernel-config/NAME/board.toml`.
    pub fn load(kernel_config: &Path, name: &str) -> anyhow::Result<Self> {
        let folder = kernel_config.join(name);
        if !folder.join(FILE).is_file() {
            anyhow::bail!("no board '{name}': the boards are {}", Self::names(kernel_config).join(", "));
        }
        file::load(kernel_config, name)
    }

    /// The board whose kernel configuration this one has: itself, unless it is the same as another but for its memory.
    pub fn owner(kernel_config: &Path, name: &str) -> anyhow::Result<String> {
        Ok(file::read(kernel_config, name)?.0)
    }

    /// Names of the boards that there are.
    pub fn names(kernel_config: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(kernel_config) else { return Vec::new() };
        let mut names: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.path().join(FILE).is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Is it started from a card?
    pub fn has_card(&self) -> bool {
        self.folder.join("card").is_dir()
    }

    /// Bytes of RAM.
    pub fn memory_size(&self) -> u64 {
        self.memory.iter().map(|range| range.end - range.start).sum()
    }

    /// Does RAM hold that whole range?
    pub fn is_memory(&self, range: &Range<u64>) -> bool {
        self.memory.iter().any(|m| m.start <= range.start && range.end <= m.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boards() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config")
    }

    #[test]
    fn every_board_in_the_tree_loads() {
        let names = Board::names(&boards());
        assert!(names.contains(&"qemu_virt_aarch64".to_string()), "{names:?}");
        for name in names {
            let board = Board::load(&boards(), &name).unwrap();
            assert!(board.memory_size() > 0);
            assert!(board.is_memory(&(board.kernel_base..board.kernel_base + 1)));
            assert!(board.folder.join("gen_config.json").is_file());
            assert_eq!((board.address_bits, board.root_cnode_bits), (44, 17), "{}", board.name);
        }
    }

    #[test]
    fn an_unknown_board_names_the_known_ones() {
        let error = Board::load(&boards(), "pdp11").unwrap_err().to_string();
        assert!(error.contains("qemu_virt_aarch64"), "{error}");
    }

    #[test]
    fn boards_that_differ_in_memory_share_everything_else() {
        let [small, large] = ["rpi4b_1gb", "rpi4b_8gb"].map(|name| Board::load(&boards(), name).unwrap());
        assert_eq!((&small.folder, small.devices.len()), (&large.folder, large.devices.len()));
        assert_eq!((small.name.as_str(), large.memory_size() > small.memory_size()), ("rpi4b_1gb", true));
        assert_eq!(Board::owner(&boards(), "rpi4b_1gb").unwrap(), "rpi4b_4gb");
        assert_eq!(Board::owner(&boards(), "qemu_virt_aarch64").unwrap(), "qemu_virt_aarch64");
    }
}
