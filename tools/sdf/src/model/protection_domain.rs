// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protection domains, and what is only theirs.

use std::path::PathBuf;

use super::super::image::ProgramElf;
use super::{Map, MrIndex, PdIndex, Scheduling, VirtualMachine};
use lazaret_diagnostic::Span;

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

/// `program_image`.
#[derive(Debug, Clone)]
pub struct ProgramImage {
    /// As written in the description.
    pub name: String,
    /// The file found; empty when files are not looked for.
    pub path: PathBuf,
    /// The file that has the symbols, as written in the description, when it is another one.
    pub symbols_name: Option<String>,
    /// That file.
    pub symbols_path: Option<PathBuf>,
    /// What the file says; `None` when files are not looked for.
    pub elf: Option<ProgramElf>,
    /// The element.
    pub span: Span,
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
