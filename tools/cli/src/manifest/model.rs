// SPDX-License-Identifier: MIT OR Apache-2.0
//! A valid system: what `load` gives when the description has no error.
//!
//! Names are resolved to indices, defaults are filled in, files are found, page sizes are chosen.

use std::ops::Index;
use std::path::PathBuf;

use super::image::ProgramElf;
use super::source::{Source, Span};

/// A checked system description.
#[derive(Debug, Clone)]
pub struct System {
    /// The description's text, for errors of later stages.
    pub source: Source,
    /// Every protection domain; a parent comes before its children.
    pub protection_domains: Vec<ProtectionDomain>,
    /// Every memory region.
    pub memory_regions: Vec<MemoryRegion>,
    /// Every channel.
    pub channels: Vec<Channel>,
    /// The domain schedule, if the description has one.
    pub domains: Option<Domains>,
}

impl System {
    /// The protection domain of that name.
    pub fn protection_domain(&self, name: &str) -> Option<(PdIndex, &ProtectionDomain)> {
        self.pds().find(|(_, pd)| pd.name == name)
    }

    /// Every protection domain with its index.
    pub fn pds(&self) -> impl Iterator<Item = (PdIndex, &ProtectionDomain)> {
        self.protection_domains.iter().enumerate().map(|(index, pd)| (PdIndex(index), pd))
    }

    /// Every memory region with its index.
    pub fn regions(&self) -> impl Iterator<Item = (MrIndex, &MemoryRegion)> {
        self.memory_regions.iter().enumerate().map(|(index, region)| (MrIndex(index), region))
    }

    /// The children of a protection domain.
    pub fn children(&self, parent: PdIndex) -> impl Iterator<Item = (PdIndex, &ProtectionDomain)> {
        self.pds().filter(move |(_, pd)| pd.parent.as_ref().is_some_and(|link| link.pd == parent))
    }

    /// Every channel end of a protection domain: (own end, other end).
    pub fn ends(&self, pd: PdIndex) -> impl Iterator<Item = (&End, &End)> {
        self.channels
            .iter()
            .flat_map(|Channel { ends: [a, b], .. }| [(a, b), (b, a)])
            .filter(move |(own, _)| own.pd == pd)
    }

    /// Does anybody call or fault into this protection domain, so that it needs an endpoint?
    pub fn needs_endpoint(&self, pd: PdIndex) -> bool {
        self[pd].virtual_machine.is_some()
            || self.children(pd).next().is_some()
            || self.ends(pd).any(|(_, other)| other.pp)
    }

    /// Number of virtual machines.
    pub fn virtual_machine_count(&self) -> usize {
        self.protection_domains.iter().filter(|pd| pd.virtual_machine.is_some()).count()
    }
}

impl Index<PdIndex> for System {
    type Output = ProtectionDomain;
    fn index(&self, index: PdIndex) -> &ProtectionDomain {
        &self.protection_domains[index.0]
    }
}

impl Index<MrIndex> for System {
    type Output = MemoryRegion;
    fn index(&self, index: MrIndex) -> &MemoryRegion {
        &self.memory_regions[index.0]
    }
}

/// Position in `System::protection_domains`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PdIndex(pub usize);

/// Position in `System::memory_regions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MrIndex(pub usize);

/// `protection_domain`.
#[derive(Debug, Clone)]
pub struct ProtectionDomain {
    /// Unique among protection domains.
    pub name: String,
    /// The parent, and this child's id there.
    pub parent: Option<ParentLink>,
    /// Priority, budget, period.
    pub scheduling: Scheduling,
    /// Runs only on its callers' time.
    pub passive: bool,
    /// In bytes, whole pages.
    pub stack_size: u64,
    /// The core that it runs on.
    pub cpu: u8,
    /// May make SMC calls.
    pub smc: bool,
    /// May use the FPU.
    pub fpu: bool,
    /// The scheduling domain.
    pub domain: Option<u8>,
    /// `program_image`.
    pub program: ProgramImage,
    /// `map`s of the protection domain itself.
    pub maps: Vec<Map>,
    /// Interrupts that it handles.
    pub irqs: Vec<Irq>,
    /// Symbols to patch in its program: of maps, irqs, channels, children, vCPUs and `setvar`s.
    pub setvars: Vec<SetVar>,
    /// `cspace`: further capabilities.
    pub shared_caps: Vec<SharedCap>,
    /// Its virtual machine.
    pub virtual_machine: Option<VirtualMachine>,
    /// Its start tag.
    pub span: Span,
}

/// Who takes a child's faults, and under which id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentLink {
    /// The parent.
    pub pd: PdIndex,
    /// The child's id in the parent.
    pub id: u8,
}

/// Scheduling parameters; times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduling {
    /// 0 to 254.
    pub priority: u8,
    /// At most the period.
    pub budget_us: u64,
    /// At least the budget.
    pub period_us: u64,
}

/// `program_image`.
#[derive(Debug, Clone)]
pub struct ProgramImage {
    /// As written in the description.
    pub name: String,
    /// The file found; empty when files are not looked for.
    pub path: PathBuf,
    /// The file that has the symbols, when it is another one.
    pub symbols_path: Option<PathBuf>,
    /// What the file says; `None` when files are not looked for.
    pub elf: Option<ProgramElf>,
    /// The element.
    pub span: Span,
}

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

/// `irq`.
#[derive(Debug, Clone)]
pub struct Irq {
    /// The interrupt number of the interrupt controller (an SPI's starts at 32).
    pub number: u32,
    /// The id under which the protection domain knows it, 0 to 61.
    pub id: u8,
    /// Level or edge.
    pub trigger: Trigger,
    /// The element.
    pub span: Span,
}

/// How an interrupt line signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// As long as the line is high.
    Level,
    /// Once for each rise.
    Edge,
}

/// A symbol of the program that gets a value (a 64-bit word).
#[derive(Debug, Clone)]
pub struct SetVar {
    /// The symbol.
    pub symbol: String,
    /// What it gets.
    pub value: SetVarValue,
    /// The element that asks for it.
    pub span: Span,
}

/// What a patched symbol holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetVarValue {
    /// `setvar_vaddr`.
    Vaddr(u64),
    /// `setvar_size`: the region's size.
    Size(u64),
    /// `setvar_prefill_size`: the prefill file's size.
    PrefillSize(u64),
    /// `setvar_id`: a channel's, irq's, child's or vCPU's id.
    Id(u64),
    /// `setvar` with `region_paddr`: the planner decides where a region without `phys_addr` lies.
    RegionPaddr(MrIndex),
}

/// `cap_tcb`, `cap_sc`, `cap_vspace`: a capability of another protection domain, handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedCap {
    /// Which of its capabilities.
    pub kind: SharedCapKind,
    /// Whose.
    pub owner: PdIndex,
    /// Slot among the user capabilities, 1 to 63.
    pub slot: u8,
    /// The element.
    pub span: Span,
}

/// Which capability a `cspace` element hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedCapKind {
    /// `cap_tcb`.
    Tcb,
    /// `cap_sc`.
    SchedContext,
    /// `cap_vspace`.
    VSpace,
}

/// `virtual_machine`.
#[derive(Debug, Clone)]
pub struct VirtualMachine {
    /// Unique among virtual machines.
    pub name: String,
    /// Of each vCPU.
    pub scheduling: Scheduling,
    /// One or more.
    pub vcpus: Vec<Vcpu>,
    /// Guest-physical address space.
    pub maps: Vec<Map>,
    /// The element.
    pub span: Span,
}

/// `vcpu`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vcpu {
    /// Unique among the protection domain's vCPUs and children, 0 to 61.
    pub id: u8,
    /// The core that it runs on.
    pub cpu: u8,
    /// The element.
    pub span: Span,
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

/// `channel`.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Exactly two, of different protection domains.
    pub ends: [End; 2],
    /// The element.
    pub span: Span,
}

/// `end` of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Whose.
    pub pd: PdIndex,
    /// The id under which the protection domain knows the channel, 0 to 61.
    pub id: u8,
    /// May call the other end (protected procedure).
    pub pp: bool,
    /// May notify the other end.
    pub notify: bool,
    /// The element.
    pub span: Span,
}

/// `domains`.
#[derive(Debug, Clone)]
pub struct Domains {
    /// Name and number.
    pub names: Vec<(String, u8)>,
    /// The schedule, in order.
    pub schedule: Vec<ScheduleEntry>,
    /// Index at which the schedule starts.
    pub start_index: u64,
    /// Where in the kernel's table the schedule goes.
    pub index_shift: u64,
}

/// An entry of the domain schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleEntry {
    /// Run that domain for so many microseconds.
    Micros(u8, u64),
    /// Run that domain for so many timer ticks.
    Ticks(u8, u64),
    /// `schedule_end_marker`.
    End,
}
