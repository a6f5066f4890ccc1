// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form of `board.toml`. Its first sections are the kernel's and the drivers', whose build scripts read them as well
//! (`components/formats/board-file`); the others are only read here.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Board, Device, FILE, StandIn};

/// A board that is another one with its own memory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    same_as: String,
    ram: Vec<RamRange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoardFile {
    machine: MachineSection,
    memory: MemorySection,
    uart: UartSection,
    /// The second UART, of which the tools need to know only that there is one.
    debug_uart: Option<toml::Table>,
    gic: GicSection,
    timer: TimerSection,
    /// Registers that the kernel sets before anything else: nothing for the tools.
    #[serde(rename = "register", default)]
    _registers: Vec<toml::Table>,
    platform: PlatformSection,
    stand_in: Option<StandInSection>,
    ram: Vec<RamRange>,
    device: Vec<Device>,
    qemu: Option<Emulation>,
}

/// Sections of the kernel have more keys than these.
#[derive(Deserialize)]
struct MachineSection {
    compatible: String,
}

#[derive(Deserialize)]
struct MemorySection {
    kernel_base: u64,
}

#[derive(Deserialize)]
struct UartSection {
    clock: u64,
}

#[derive(Deserialize)]
struct GicSection {
    max_irq: u32,
}

#[derive(Deserialize)]
struct TimerSection {
    hypervisor_ppi: u32,
    virtual_ppi: u32,
    maintenance_ppi: u32,
}

impl TimerSection {
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
struct PlatformSection {
    cores: u8,
    domains: u16,
    smc: bool,
    debug: bool,
    image: String,
    device_tree: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RamRange {
    base: u64,
    size: u64,
}

/// How QEMU plays a board: section `qemu`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emulation {
    /// Executable.
    pub program: String,
    /// `-M`.
    pub machine: String,
    /// `-cpu`.
    pub cpu: String,
    /// `-m`.
    pub memory: String,
    /// Anything else.
    #[serde(default)]
    pub more: Vec<String>,
    /// `-device` of a disk, at the place where programs look for one; a board without it has none.
    pub drive: Option<String>,
    /// `-device` of a network card that `--net` connects; if there is none, it is refused.
    pub network: Option<String>,
    /// The scenarios of `tests/qemu` run on it.
    #[serde(default)]
    pub scenarios: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StandInSection {
    for_board: String,
    devices: Vec<String>,
    #[serde(default)]
    missing: Vec<String>,
}

impl StandInSection {
    fn resolve(self, kernel_config: &Path, ours: &[Device]) -> anyhow::Result<Vec<StandIn>> {
        let (_, there) = read(kernel_config, &self.for_board)?;
        let find = |devices: &[Device], name: &str| {
            let found = devices.iter().find(|device| device.name == name).cloned();
            found.with_context(|| format!("stand_in: there is no device '{name}'"))
        };
        let stand_in = |name: &String, ours: Option<Device>| {
            Ok(StandIn { board: self.for_board.clone(), theirs: find(&there.device, name)?, ours })
        };
        let here = self.devices.iter().map(|name| stand_in(name, Some(find(ours, name)?)));
        here.chain(self.missing.iter().map(|name| stand_in(name, None))).collect()
    }
}

/// A board's file; of a variant the other board's, with the variant's memory. And the name of the board whose file it is.
pub(super) fn read(kernel_config: &Path, name: &str) -> anyhow::Result<(String, BoardFile)> {
    let variant: toml::Table = parse(kernel_config, name)?;
    if !variant.contains_key("same_as") {
        return Ok((name.into(), parse(kernel_config, name)?));
    }
    let Variant { same_as, ram } = parse(kernel_config, name)?;
    // That file must be a whole one: here, `same_as` is an unknown key.
    let whole: BoardFile = parse(kernel_config, &same_as)?;
    Ok((same_as, BoardFile { ram, ..whole }))
}

fn parse<T: DeserializeOwned>(kernel_config: &Path, name: &str) -> anyhow::Result<T> {
    let path = kernel_config.join(name).join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))
}

/// What matters here of the kernel's configuration.
#[derive(Deserialize)]
struct KernelConfiguration {
    #[serde(rename = "ARM_PA_SIZE_BITS_44")]
    has_44_bits: bool,
    #[serde(rename = "ROOT_CNODE_SIZE_BITS")]
    root_cnode_bits: String,
}

impl KernelConfiguration {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("gen_config.json");
        let text = std::fs::read_to_string(&path).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))
    }
}

/// Bits of an input address: a core with 40 bits of physical addresses starts its stage 2 a level below.
pub fn address_bits(has_44_bits: bool) -> u8 {
    if has_44_bits { 44 } else { 39 }
}

pub(super) fn load(kernel_config: &Path, name: &str) -> anyhow::Result<Board> {
    let (owner, file) = read(kernel_config, name)?;
    let BoardFile { platform, device, .. } = file;
    let stand_ins = file.stand_in.map(|section| section.resolve(kernel_config, &device)).transpose()?;
    let folder = kernel_config.join(owner);
    let kernel = KernelConfiguration::read(&folder)?;
    let bits = kernel.root_cnode_bits.parse().ok().filter(|bits| (8..=24).contains(bits));
    Ok(Board {
        name: name.into(),
        folder,
        address_bits: address_bits(kernel.has_44_bits),
        root_cnode_bits: bits.context("ROOT_CNODE_SIZE_BITS")?,
        config: if platform.debug { "debug" } else { "release" },
        memory: file.ram.iter().map(|ram| ram.base..ram.base + ram.size).collect(),
        devices: device,
        cores: platform.cores,
        domains: platform.domains,
        smc: platform.smc,
        max_irq: file.gic.max_irq,
        kernel_irqs: file.timer.irqs(),
        kernel_base: file.memory.kernel_base,
        kernel_is_ours: true,
        compatible: file.machine.compatible,
        device_tree: platform.device_tree,
        stand_ins: stand_ins.unwrap_or_default(),
        image: platform.image,
        uart_clock: file.uart.clock,
        has_debug_uart: file.debug_uart.is_some(),
        qemu: file.qemu,
    })
}
