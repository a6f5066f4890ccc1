// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory regions and their maps.

use std::path::PathBuf;

use super::MrIndex;
use lazaret_board::StandIn;
use lazaret_diagnostic::Span;

/// `map`: a memory region in an address space (a VM's: guest-physical).
#[derive(Debug, Clone)]
pub struct Map {
    /// Which region.
    pub region: MrIndex,
    /// Where it begins; aligned to the region's page size.
    pub vaddr: u64,
    /// Rights.
    pub perms: Perms,
    /// Normal memory if true, device memory if not.
    pub cached: bool,
    /// The attribute `vaddr`.
    pub span: Span,
}

/// Rights of a map; never write alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perms {
    /// `r`.
    pub read: bool,
    /// `w`.
    pub write: bool,
    /// `x`.
    pub execute: bool,
}

impl std::fmt::Display for Perms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pick = |on, letter| if on { letter } else { '-' };
        write!(f, "{}{}{}", pick(self.read, 'r'), pick(self.write, 'w'), pick(self.execute, 'x'))
    }
}

/// `memory_region`.
#[derive(Debug, Clone)]
pub struct MemoryRegion {
    /// Unique among memory regions.
    pub name: String,
    /// In bytes; a multiple of the page size.
    pub size: u64,
    /// As asked for, or the largest that fits the size and every address.
    pub page_size: PageSize,
    /// Where it lies.
    pub phys: PhysAddr,
    /// What it holds at the start.
    pub prefill: Option<Prefill>,
    /// The element.
    pub span: Span,
}

impl MemoryRegion {
    /// Number of pages.
    pub fn page_count(&self) -> u64 {
        self.size / self.page_size.bytes()
    }
}

/// Size of the pages of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageSize {
    /// 4 KiB.
    Small,
    /// 2 MiB.
    Large,
}

impl PageSize {
    /// Every page size, the smallest first.
    pub const ALL: [PageSize; 2] = [PageSize::Small, PageSize::Large];

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        1 << self.bits()
    }

    /// Its logarithm.
    pub const fn bits(self) -> u32 {
        match self {
            PageSize::Small => 12,
            PageSize::Large => 21,
        }
    }
}

/// Where a region lies in physical memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhysAddr {
    /// Anywhere, page by page.
    Anywhere,
    /// In one piece, at an address that the planner chooses, since a `setvar` asks for it.
    Contiguous,
    /// `phys_addr`.
    At(u64),
}

/// A region that names another board's device, and what it has here.
#[derive(Debug, Clone)]
pub struct MovedDevice {
    /// The region's name.
    pub region: String,
    /// Both devices.
    pub stand_in: StandIn,
}

impl std::fmt::Display for MovedDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StandIn { board, theirs, ours } = &self.stand_in;
        write!(f, "region '{}' names the {} of {board}", self.region, theirs.name)?;
        let Some(ours) = ours else {
            return write!(f, " at {:#x}; this board has none: there is an empty page instead", theirs.base);
        };
        write!(f, " at {:#x}; here that is at {:#x}", theirs.base, ours.base)?;
        match (theirs.irq, ours.irq) {
            (Some(theirs), Some(ours)) => write!(f, ", irq {ours} instead of {theirs}"),
            _ => Ok(()),
        }
    }
}

/// The first contents of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prefill {
    /// `prefill_path`.
    File {
        /// As written in the description.
        name: String,
        /// The file found; empty when files are not looked for.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// `prefill_bootinfo="fdt"`: the board's device tree.
    DeviceTree,
}
