// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system as a whole.

use std::collections::BTreeSet;
use std::ops::Index;

use super::{Channel, Domains, End, MemoryRegion, MovedDevice, Prefill, ProtectionDomain};
use lazaret_diagnostic::Source;

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
    /// Devices of another board that the description names, with those of this board that it gets instead.
    pub stand_ins: Vec<MovedDevice>,
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

    /// What is at a channel's end, by name: a protection domain's machine, or itself if it has none.
    pub fn name_at(&self, end: &End) -> &str {
        let pd = &self[end.pd];
        pd.virtual_machine.as_ref().map_or(&pd.name, |machine| &machine.name)
    }

    /// Does anybody call or fault into this protection domain, so that it needs an endpoint?
    pub fn needs_endpoint(&self, pd: PdIndex) -> bool {
        self[pd].virtual_machine.is_some()
            || self.children(pd).next().is_some()
            || self.ends(pd).any(|(_, other)| other.pp)
    }

    /// Every file that the description names, as it is written there: programs, files with symbols, first contents.
    pub fn file_names(&self) -> BTreeSet<&str> {
        let programs = self.protection_domains.iter().map(|pd| &pd.program);
        let programs = programs.flat_map(|program| std::iter::once(&program.name).chain(&program.symbols_name));
        let prefills = self.memory_regions.iter().filter_map(|region| match &region.prefill {
            Some(Prefill::File { name, .. }) => Some(name),
            Some(Prefill::DeviceTree) | None => None,
        });
        programs.chain(prefills).map(String::as_str).collect()
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
