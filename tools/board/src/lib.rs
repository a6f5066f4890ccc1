// SPDX-License-Identifier: MIT OR Apache-2.0
//! A board's facts, from its folder in `kernel-config`.
#![forbid(unsafe_code)]

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

/// What a manifest can be checked against.
#[derive(Debug, Clone)]
pub struct Board {
    /// The folder's name, which is Microkit's name of the board.
    pub name: String,
    /// The folder.
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
    /// The kernel's first byte.
    pub kernel_base: u64,
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
}

/// A device of this board in the place of another board's.
#[derive(Debug, Clone)]
pub struct StandIn {
    /// The other board.
    pub board: String,
    /// The device there.
    pub theirs: Device,
    /// The device here.
    pub ours: Device,
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
}

impl Device {
    /// First address and the one after the last.
    pub fn range(&self) -> Range<u64> {
        self.base..self.base + self.size
    }
}

impl Board {
    /// Reads `board.toml`, `platform.toml` and `memory.toml` in `kernel-config/NAME`.
    pub fn load(kernel_config: &Path, name: &str) -> anyhow::Result<Self> {
        let folder = kernel_config.join(name);
        if !folder.join("board.toml").is_file() {
            anyhow::bail!("no board '{name}': the boards are {}", Self::names(kernel_config).join(", "));
        }
        let kernel: KernelFile = read_toml(&folder.join("board.toml"))?;
        let platform: PlatformFile = read_toml(&folder.join("platform.toml"))?;
        let memory: MemoryFile = read_toml(&folder.join("memory.toml"))?;
        let stand_ins = platform.stand_in.map(|file| file.resolve(kernel_config, &platform.device)).transpose()?;
        Ok(Board {
            name: name.into(),
            config: if platform.debug { "debug" } else { "release" },
            memory: memory.memory.iter().map(|m| m.base..m.base + m.size).collect(),
            devices: platform.device,
            cores: platform.cores,
            domains: platform.domains,
            smc: platform.smc,
            max_irq: kernel.gic.max_irq,
            kernel_irqs: kernel.timer.irqs(),
            kernel_base: kernel.memory.kernel_base,
            compatible: kernel.machine.compatible,
            device_tree: platform.device_tree,
            stand_ins: stand_ins.unwrap_or_default(),
            image: platform.image,
            uart_clock: kernel.uart.clock,
            folder,
        })
    }

    /// Names of the boards that there are.
    pub fn names(kernel_config: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(kernel_config) else { return Vec::new() };
        let mut names: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.path().join("board.toml").is_file())
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

fn read_toml<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))
}

/// The kernel's part: sections and keys that only the kernel uses are skipped.
#[derive(Deserialize)]
struct KernelFile {
    machine: Machine,
    uart: Uart,
    memory: KernelMemory,
    gic: Gic,
    timer: Timer,
}

#[derive(Deserialize)]
struct Machine {
    compatible: String,
}

#[derive(Deserialize)]
struct Uart {
    clock: u64,
}

#[derive(Deserialize)]
struct KernelMemory {
    kernel_base: u64,
}

#[derive(Deserialize)]
struct Gic {
    max_irq: u32,
}

#[derive(Deserialize)]
struct Timer {
    hypervisor_ppi: u32,
    virtual_ppi: u32,
    maintenance_ppi: u32,
}

impl Timer {
    fn irqs(&self) -> Vec<(u32, &'static str)> {
        vec![
            (self.hypervisor_ppi, "the kernel's timer"),
            (self.virtual_ppi, "the guests' virtual timer"),
            (self.maintenance_ppi, "the virtual interrupt controller"),
        ]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformFile {
    cores: u8,
    domains: u16,
    smc: bool,
    debug: bool,
    image: String,
    device_tree: Option<String>,
    stand_in: Option<StandInFile>,
    device: Vec<Device>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StandInFile {
    for_board: String,
    devices: Vec<String>,
}

impl StandInFile {
    fn resolve(self, kernel_config: &Path, ours: &[Device]) -> anyhow::Result<Vec<StandIn>> {
        let there: PlatformFile = read_toml(&kernel_config.join(&self.for_board).join("platform.toml"))?;
        let find = |devices: &[Device], name: &str| {
            let found = devices.iter().find(|device| device.name == name).cloned();
            found.with_context(|| format!("stand_in: there is no device '{name}'"))
        };
        let both = |name: &String| {
            Ok(StandIn { board: self.for_board.clone(), theirs: find(&there.device, name)?, ours: find(ours, name)? })
        };
        self.devices.iter().map(both).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemoryFile {
    memory: Vec<MemoryRange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemoryRange {
    base: u64,
    size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_in_the_tree_loads() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
        let names = Board::names(&folder);
        for name in ["qemu_virt_aarch64", "rpi4b_1gb", "rpi4b_2gb", "rpi4b_4gb", "rpi4b_8gb"] {
            assert!(names.contains(&name.to_string()), "{names:?}");
        }
        for name in names {
            let board = Board::load(&folder, &name).unwrap();
            assert!(board.memory_size() > 0);
            assert!(board.is_memory(&(board.kernel_base..board.kernel_base + 1)));
        }
    }

    #[test]
    fn an_unknown_board_names_the_known_ones() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
        let error = Board::load(&folder, "pdp11").unwrap_err().to_string();
        assert!(error.contains("qemu_virt_aarch64"), "{error}");
    }
}
