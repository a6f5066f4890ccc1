// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory regions: frames, and what they hold at the start.

use system_spec::{Kind, PAGE_SIZE};

use super::{FillFrames, Frames, Mapped, ObjectId, Perms, PlanError, Source, Space, builder::Builder};
use lazaret_sdf::limits::read_at_most;
use lazaret_sdf::model::{Map, MemoryRegion, PageSize, PhysAddr, Prefill};

/// The kernel keeps the root task's CNode and tables at the end of memory.
const KERNEL_RESERVE: u64 = 64 * 1024 * 1024;

/// A planned region.
pub(super) struct Region {
    /// Frames in order, and how many of each.
    pub parts: Vec<(Frames, u32)>,
    /// Physical address, where it is known.
    pub paddr: Option<u64>,
    /// Some address space has it already.
    pub mapped: bool,
}

impl Builder<'_> {
    pub(super) fn plan_regions(&mut self) {
        let mut contiguous_end = self.options.ram.end.saturating_sub(KERNEL_RESERVE);
        for region in &self.system.memory_regions {
            let paddr = match region.phys {
                PhysAddr::Anywhere => None,
                PhysAddr::At(paddr) => Some(paddr),
                PhysAddr::Contiguous => {
                    contiguous_end = contiguous_end.saturating_sub(region.size) & !(region.page_size.bytes() - 1);
                    Some(contiguous_end)
                }
            };
            let planned = self.plan_region(region, paddr);
            self.regions.push(planned);
        }
    }

    fn plan_region(&mut self, region: &MemoryRegion, paddr: Option<u64>) -> Region {
        let contents = match &region.prefill {
            // It was looked at before, but a file may grow.
            Some(Prefill::File { path, .. }) => match read_at_most(path, region.size) {
                Ok(contents) => Some(contents),
                Err(why) => {
                    let message = format!("memory region '{}': {} {why}", region.name, path.display());
                    self.error(PlanError::new(region.span, message));
                    None
                }
            },
            _ => None,
        };
        let parts = match contents {
            Some(contents) if paddr.is_none() && region.page_size == PageSize::Small => {
                self.image_pages(region, &contents)
            }
            contents => self.fresh_frames(region, paddr, contents.as_deref()),
        };
        Region { parts, paddr, mapped: false }
    }

    /// The image's pages are the region: nothing to copy.
    fn image_pages(&mut self, region: &MemoryRegion, contents: &[u8]) -> Vec<(Frames, u32)> {
        let contents = &contents[..contents.len().min(region.size as usize)];
        let filled = contents.len().div_ceil(PAGE_SIZE) as u32;
        let mut parts = Vec::new();
        if filled > 0 {
            parts.push((Frames::Data { first: self.data(contents) }, filled));
        }
        let rest = region.page_count() as u32 - filled;
        if rest > 0 {
            let run = self.run_of(&region.name, Kind::SmallPage, 0, rest, None);
            parts.push((Frames::Object { run, first: 0 }, rest));
        }
        parts
    }

    fn fresh_frames(
        &mut self,
        region: &MemoryRegion,
        paddr: Option<u64>,
        contents: Option<&[u8]>,
    ) -> Vec<(Frames, u32)> {
        let kind = match region.page_size {
            PageSize::Small => Kind::SmallPage,
            PageSize::Large => Kind::LargePage,
        };
        let count = region.page_count() as u32;
        let run = self.run_of(&region.name, kind, 0, count, paddr);
        let source = match (contents, &region.prefill) {
            (Some(contents), _) => Some(Source::Data(self.data(contents), contents.len() as u64)),
            (None, Some(Prefill::DeviceTree)) => Some(Source::BootInfo(sel4_abi::boot_info::EXTRA_FDT as u32)),
            _ => None,
        };
        if let Some(source) = source {
            self.plan.fills.push(FillFrames { run, source });
        }
        vec![(Frames::Object { run, first: 0 }, count)]
    }

    /// Maps a region into a domain's or a VM's address space.
    pub(super) fn map_region(&mut self, space: &mut Space, map: &Map) {
        let region = &self.system[map.region];
        let page_bits = region.page_size.bits() as u8;
        let what = format!("memory region '{}'", region.name);
        let planned = &mut self.regions[map.region.0];
        let copy = std::mem::replace(&mut planned.mapped, true);
        let mut vaddr = map.vaddr;
        for (frames, count) in planned.parts.clone() {
            let perms = Perms { read: map.perms.read, write: map.perms.write, execute: map.perms.execute };
            let vspace = space.vspace;
            let mapped =
                Mapped { vspace, vaddr, frames, count, page_bits, perms, cached: map.cached, copy, fresh: false };
            vaddr += mapped.len();
            self.map(space, mapped, &what, map.span);
        }
    }

    /// Fresh frames of one use, mapped at once.
    pub(super) fn map_private(
        &mut self,
        space: &mut Space,
        name: &str,
        vaddr: u64,
        count: u32,
        fresh: bool,
        span: lazaret_diagnostic::Span,
    ) -> ObjectId {
        let run = self.run_of(name, Kind::SmallPage, 0, count, None);
        let frames = Frames::Object { run, first: 0 };
        let vspace = space.vspace;
        let mapped =
            Mapped { vspace, vaddr, frames, count, page_bits: 12, perms: Perms::RW, cached: true, copy: false, fresh };
        self.map(space, mapped, &format!("the {name}"), span);
        run
    }
}
