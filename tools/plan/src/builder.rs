// SPDX-License-Identifier: MIT OR Apache-2.0
//! The plan under construction.

use system_spec::{Kind, PAGE_SIZE};

use super::{
    CapFill, Mapped, Object, ObjectId, Options, Plan, PlanError, SchedPlan, Space, layout, protection_domain::Domain,
    region::Region,
};
use lazaret_diagnostic::Span;
use lazaret_sdf::model::{Scheduling, System};

/// seL4's rights word.
pub(super) mod rights {
    pub const WRITE: u8 = 1;
    pub const READ: u8 = 2;
    pub const GRANT_REPLY: u8 = 8;
    pub const ALL: u8 = 15;
}

/// State of [`Plan::build`].
pub(super) struct Builder<'a> {
    pub system: &'a System,
    pub options: &'a Options,
    pub plan: Plan,
    pub regions: Vec<Region>,
    pub domains: Vec<Domain>,
    pub errors: Vec<PlanError>,
}

impl<'a> Builder<'a> {
    pub fn new(system: &'a System, options: &'a Options) -> Self {
        let plan = Plan {
            objects: Vec::new(),
            caps: Vec::new(),
            planted: Vec::new(),
            threads: Vec::new(),
            sched_contexts: Vec::new(),
            spaces: Vec::new(),
            mappings: Vec::new(),
            fills: Vec::new(),
            irqs: Vec::new(),
            components: Vec::new(),
            monitor_endpoint: ObjectId(0),
            monitor_reply: ObjectId(1),
            data: Vec::new(),
            audit: options.audit,
        };
        Self { system, options, plan, regions: Vec::new(), domains: Vec::new(), errors: Vec::new() }
    }

    /// Everything, in an order in which each step finds what it needs.
    pub fn run(mut self) -> Result<Plan, Vec<PlanError>> {
        self.plan.monitor_endpoint = self.object("monitor", Kind::Endpoint);
        self.plan.monitor_reply = self.object("monitor", Kind::Reply);
        self.refuse_what_is_not_here();
        self.plan_regions();
        self.plan_domains();
        self.plan_channels();
        self.plan_shared_caps();
        self.plan_machines();
        if self.options.plant_capability {
            self.plant_capability();
        }
        if self.errors.is_empty() { Ok(self.plan) } else { Err(self.errors) }
    }

    fn refuse_what_is_not_here(&mut self) {
        // Domain 0 for all is what the kernel does anyway.
        if let Some(pd) = self.system.protection_domains.iter().find(|pd| pd.domain.is_some_and(|number| number != 0)) {
            let span = pd.span;
            self.error(PlanError::new(span, "this kernel has one scheduling domain").help("remove <domains>"));
        }
        for pd in self.system.protection_domains.iter().filter(|pd| pd.smc) {
            let message =
                format!("protection domain '{}' asks for SMC calls, which this kernel does not hand out", pd.name);
            self.errors.push(PlanError::new(pd.span, message).help("remove smc=\"true\""));
        }
    }

    pub fn error(&mut self, error: PlanError) {
        self.errors.push(error);
    }

    /// A new object.
    pub fn object(&mut self, name: &str, kind: Kind) -> ObjectId {
        self.run_of(name, kind, 0, 1, None)
    }

    /// A new object with a size.
    pub fn sized(&mut self, name: &str, kind: Kind, size_bits: u8) -> ObjectId {
        self.run_of(name, kind, size_bits, 1, None)
    }

    /// New frames, or page tables.
    pub fn run_of(&mut self, name: &str, kind: Kind, size_bits: u8, count: u32, paddr: Option<u64>) -> ObjectId {
        self.plan.objects.push(Object { name: name.into(), kind, size_bits, count, paddr });
        ObjectId(self.plan.objects.len() - 1)
    }

    /// Fills a slot.
    pub fn cap(&mut self, cnode: ObjectId, slot: u32, object: ObjectId, rights: u8, data: u64) {
        self.plan.caps.push(CapFill { cnode, slot, object, rights, data });
    }

    /// A scheduling context with its parameters.
    pub fn sched_context(&mut self, name: &str, scheduling: &Scheduling, badge: u64) -> ObjectId {
        let object = self.sized(name, Kind::SchedContext, layout::SCHED_CONTEXT_BITS);
        let (budget, period) = (scheduling.budget_us, scheduling.period_us);
        self.plan.sched_contexts.push(SchedPlan { object, budget, period, badge });
        object
    }

    /// Pages of data with these bytes; returns the first page's number.
    pub fn data(&mut self, bytes: &[u8]) -> u32 {
        let data = &mut self.plan.data;
        let first = (data.len() / PAGE_SIZE) as u32;
        // A region may be most of a board's memory: no more than it needs.
        data.reserve_exact(bytes.len().next_multiple_of(PAGE_SIZE));
        data.extend_from_slice(bytes);
        data.resize(data.len().next_multiple_of(PAGE_SIZE), 0);
        first
    }

    /// Maps pages, unless something is there.
    pub fn map(&mut self, space: &mut Space, mapped: Mapped, what: &str, span: Span) {
        match space.reserve(mapped.vaddr, mapped.len(), mapped.page_bits, what) {
            Ok(()) => self.plan.mappings.push(mapped),
            Err(overlap) => {
                let end = mapped.vaddr + mapped.len();
                self.error(PlanError::new(
                    span,
                    format!(
                        "{what} at {:#x}..{end:#x} overlaps {} at {:#x}..{:#x}",
                        mapped.vaddr, overlap.other, overlap.start, overlap.end
                    ),
                ));
            }
        }
    }

    /// A space is complete: gives it its page tables.
    pub fn finish_space(&mut self, name: &str, space: Space) {
        let count = space.table_count();
        if count > 0 {
            let tables = self.run_of(name, Kind::PageTable, 0, count, None);
            self.plan.spaces.push((space, tables));
        }
    }

    fn plant_capability(&mut self) {
        let (Some(first), Some(last)) = (self.domains.first(), self.domains.last()) else { return };
        let (cnode, object) = (first.cnode, last.tcb);
        self.plan.planted.push(CapFill { cnode, slot: 511, object, rights: rights::ALL, data: 0 });
    }
}
