// SPDX-License-Identifier: MIT OR Apache-2.0
//! An installed seL4 that somebody else built: what it is, and whether our programs can run on it.
//!
//! The folder has the form of seL4's `ninja install`: `bin/kernel.elf`, `libsel4/include` with the configuration and
//! the interface, `support` with the device tree and the platform's memory.

mod interface;
mod wanted;

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use lazaret_board::Board;
use lazaret_diagnostic::Problem;
use lazaret_programs::Config;
use lazaret_programs::sha256;
use sel4_prefix::{CONFIGURATION, INTERFACE_FILES, Options};

const KERNEL: &str = "bin/kernel.elf";
const DEVICE_TREE: &str = "support/kernel.dtb";
const PLATFORM: &str = "support/platform_gen.json";
/// Everything that is read, so that an empty folder is told as such.
const FILES: [&str; 7] = [
    KERNEL,
    CONFIGURATION,
    "libsel4/include/sel4/gen_config.json",
    INTERFACE_FILES[0],
    INTERFACE_FILES[1],
    INTERFACE_FILES[2],
    PLATFORM,
];

/// An installed seL4 that fits.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The folder.
    pub prefix: PathBuf,
    /// The kernel's ELF file.
    pub kernel: Vec<u8>,
    /// The device tree that it was built for.
    pub device_tree: Vec<u8>,
    /// RAM that it manages.
    pub memory: Vec<Range<u64>>,
    /// Bits of addresses that it gives programs and guests.
    pub address_bits: u8,
    /// Slots of its root CNode, as a power of two.
    pub root_cnode_bits: u8,
    /// The core that it was built for, as QEMU calls it.
    pub cpu: &'static str,
    /// The nearest of our configurations.
    pub config: Config,
    /// Configuration and interface are the documented ones, so programs for our kernel run on it as they are.
    pub is_documented: bool,
    /// Where it is not the documented one, a short name of its configuration.
    pub tag: String,
    /// It has the debug shim, as far as its symbols say.
    pub has_shim: bool,
}

impl Installed {
    /// Reads and checks; an error names everything that is wrong.
    pub fn load(prefix: &Path, board: &Board) -> anyhow::Result<Self> {
        if !prefix.is_dir() {
            return Err(refused(prefix, ["there is no such folder".to_string()]));
        }
        let missing: Vec<_> = FILES.into_iter().filter(|file| !prefix.join(file).is_file()).collect();
        if !missing.is_empty() {
            return Err(refused(prefix, missing.iter().map(|file| format!("there is no {file}"))));
        }
        let options = Options::read(&prefix.join(CONFIGURATION))?;
        let ours = Options::read(&board.folder.join("gen_config.json"))?;
        let wrong = wanted::check(&options, &ours);
        if !wrong.is_empty() {
            return Err(refused(prefix, wrong));
        }
        let labels = sel4_prefix::labels(prefix, &options)?;
        let too_old = interface::missing(&labels);
        if !too_old.is_empty() {
            return Err(refused(
                prefix,
                [format!("its interface is older than ours: it has no {}", too_old.join(", "))],
            ));
        }
        if !prefix.join(DEVICE_TREE).is_file() {
            return Err(refused(prefix, [format!("there is no {DEVICE_TREE}")]));
        }
        let config =
            if options.is_true("DEBUG_BUILD") && options.is_true("PRINTING") { Config::Debug } else { Config::Release };
        let same = options.differences(&ours, config == Config::Debug).is_empty() && interface::is_documented(&labels);
        let read =
            |file: &str| std::fs::read(prefix.join(file)).with_context(|| prefix.join(file).display().to_string());
        let kernel = read(KERNEL)?;
        Ok(Self {
            has_shim: has_shim(&kernel),
            kernel,
            device_tree: read(DEVICE_TREE)?,
            memory: memory(&prefix.join(PLATFORM))?,
            cpu: wanted::cpu(&options).context("no core that is known")?,
            address_bits: lazaret_board::address_bits(options.is_true("ARM_PA_SIZE_BITS_44")),
            root_cnode_bits: options.number("ROOT_CNODE_SIZE_BITS").map_or(0, |bits| bits.clamp(8, 24) as u8),
            config,
            is_documented: same,
            tag: sha256(&[read(CONFIGURATION)?, read(INTERFACE_FILES[0])?].concat())[..8].into(),
            prefix: prefix.canonicalize().unwrap_or(prefix.into()),
        })
    }
}

impl Installed {
    /// For people: where it is, what of its configuration matters, and what it is made of.
    pub fn describe(&self) -> String {
        let configuration = if self.is_documented { "the documented one".into() } else { self.tag.clone() };
        let shim = if self.has_shim { "with the debug shim" } else { "without the debug shim" };
        format!(
            "seL4 of {}, {}, {}, configuration {configuration}, {shim}, SHA-256 {}",
            self.prefix.display(),
            self.cpu,
            self.config.name(),
            sha256(&self.kernel)
        )
    }
}

/// Whether the debug shim is linked into a kernel: its symbols are. One that was stripped does not tell.
pub fn has_shim(kernel: &[u8]) -> bool {
    const NAME: &[u8] = b"debug_shim_enable";
    kernel.windows(NAME.len()).any(|window| window == NAME)
}

/// One error with everything that is wrong: in its line if that is one thing, else a line each.
fn refused(prefix: &Path, reasons: impl IntoIterator<Item = String>) -> anyhow::Error {
    let mut what = format!("{}: not a seL4 that this system runs on", prefix.display());
    match &reasons.into_iter().collect::<Vec<_>>()[..] {
        [one] => what.push_str(&format!(": {one}")),
        several => several.iter().for_each(|reason| what.push_str(&format!("\n  {reason}"))),
    }
    Problem::new(
        what,
        "give the folder that seL4's `ninja install` wrote; components/sel4-loader/README.md has the configuration",
    )
}

#[derive(Deserialize)]
struct PlatformFile {
    memory: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    start: u64,
    end: u64,
}

fn memory(path: &Path) -> anyhow::Result<Vec<Range<u64>>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let file: PlatformFile = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    if let Some(Region { start, end }) = file.memory.iter().find(|region| region.end < region.start) {
        let reason = format!("{}: memory from {start:#x} ends before that, at {end:#x}", path.display());
        return Err(refused(path, [reason]));
    }
    Ok(file.memory.iter().map(|region| region.start..region.end).collect())
}
