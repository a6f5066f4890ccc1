// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checks of every row, so that nobody who follows a reference has to.

use crate::{
    FillSource, Kind, LARGE_PAGE_SIZE, NONE, PAGE_SIZE, Ref, SEED_LENGTH, Spec, SpecError, Table, mapping_flags,
};

/// Fields of one row.
struct Row<'s, 'a> {
    spec: &'s Spec<'a>,
    table: Table,
    row: u32,
}

impl Row<'_, '_> {
    fn require(&self, holds: bool, field: &'static str) -> Result<(), SpecError> {
        if holds { Ok(()) } else { Err(SpecError::Row { table: self.table, row: self.row, field }) }
    }

    fn object(&self, object: u32, kind: Kind, field: &'static str) -> Result<(), SpecError> {
        self.require(self.spec.kind_of(object) == Some(kind), field)
    }

    fn optional(&self, object: u32, kind: Kind, field: &'static str) -> Result<(), SpecError> {
        if object == NONE { Ok(()) } else { self.object(object, kind, field) }
    }

    fn name(&self, offset: u32) -> Result<(), SpecError> {
        self.require(self.spec.checked_name(offset).is_some(), "name")
    }
}

fn each<T>(
    spec: &Spec<'_>,
    table: Table,
    rows: &[T],
    check: impl Fn(&Row<'_, '_>, &T) -> Result<(), SpecError>,
) -> Result<(), SpecError> {
    rows.iter().enumerate().try_for_each(|(row, value)| check(&Row { spec, table, row: row as u32 }, value))
}

pub(crate) fn check(spec: &Spec<'_>) -> Result<(), SpecError> {
    objects(spec)?;
    let header = Row { spec, table: Table::Header, row: 0 };
    header.object(spec.monitor_endpoint(), Kind::Endpoint, "monitor_endpoint")?;
    header.object(spec.monitor_reply(), Kind::Reply, "monitor_reply")?;
    caps(spec)?;
    threads(spec)?;
    memory(spec)?;
    each(spec, Table::Irqs, spec.irqs, |row, irq| {
        row.object(irq.handler, Kind::IrqHandler, "handler")?;
        row.object(irq.notification, Kind::Notification, "notification")?;
        row.require(irq.trigger <= 1, "trigger")
    })?;
    each(spec, Table::Components, spec.components, |row, component| {
        row.name(component.name)?;
        row.object(component.tcb, Kind::Tcb, "tcb")?;
        row.object(component.sched_context, Kind::SchedContext, "sched_context")?;
        row.optional(component.notification, Kind::Notification, "notification")?;
        row.object(component.cspace, Kind::CNode, "cspace")?;
        row.require(component.kind <= 1 && component.passive <= 1, "kind")?;
        row.require(component.on_fault <= 2, "on_fault")
    })
}

fn objects(spec: &Spec<'_>) -> Result<(), SpecError> {
    let mut next = 0u32;
    let mut lowest = 0u64;
    for (index, run) in spec.objects.iter().enumerate() {
        let row = Row { spec, table: Table::Objects, row: index as u32 };
        row.require(run.first == next && run.count > 0, "first")?;
        let end = next.checked_add(run.count).filter(|&end| end < Ref::Data(0).to_word());
        next = end.ok_or(SpecError::Row { table: Table::Objects, row: index as u32, field: "count" })?;
        row.name(run.name)?;
        let Some(kind) = run.kind() else { return row.require(false, "kind") };
        let sizes = match kind {
            Kind::CNode => 1..=24,
            Kind::SchedContext => 7..=20,
            _ => 0..=0,
        };
        row.require(sizes.contains(&run.size_bits), "size_bits")?;
        if let Some(paddr) = run.paddr() {
            let page = kind.page_bits().map(|bits| 1u64 << bits);
            let end = page.and_then(|page| (page * u64::from(run.count)).checked_add(paddr));
            row.require(page.is_some_and(|page| paddr.is_multiple_of(page)) && paddr >= lowest, "paddr")?;
            lowest = end.ok_or(SpecError::Row { table: Table::Objects, row: index as u32, field: "paddr" })?;
        } else {
            lowest = u64::MAX;
        }
    }
    Ok(())
}

fn caps(spec: &Spec<'_>) -> Result<(), SpecError> {
    each(spec, Table::Caps, spec.caps, |row, cap| {
        row.object(cap.cnode, Kind::CNode, "cnode")?;
        let slots = spec.run_of(cap.cnode).map_or(0, |run| 1u64 << run.size_bits);
        row.require(u64::from(cap.slot) < slots, "slot")?;
        row.require(spec.kind_of(cap.object).is_some(), "object")?;
        row.require(cap.rights <= 15, "rights")
    })?;
    each(spec, Table::SchedContexts, spec.sched_contexts, |row, sc| {
        row.object(sc.object, Kind::SchedContext, "object")?;
        row.require(sc.budget > 0 && sc.budget <= sc.period, "budget")
    })
}

fn threads(spec: &Spec<'_>) -> Result<(), SpecError> {
    each(spec, Table::Threads, spec.threads, |row, thread| {
        row.object(thread.tcb, Kind::Tcb, "tcb")?;
        row.object(thread.cspace, Kind::CNode, "cspace")?;
        row.object(thread.vspace, Kind::VSpace, "vspace")?;
        row.object(thread.sched_context, Kind::SchedContext, "sched_context")?;
        row.optional(thread.fault_endpoint, Kind::Endpoint, "fault_endpoint")?;
        row.optional(thread.notification, Kind::Notification, "notification")?;
        row.optional(thread.vcpu, Kind::Vcpu, "vcpu")?;
        let buffer = Ref::from_word(thread.ipc_buffer);
        row.require(buffer.is_none_or(|frame| spec.page_bits_of(frame) == Some(12)), "ipc_buffer")?;
        row.require(thread.ipc_buffer_vaddr.is_multiple_of(1024), "ipc_buffer_vaddr")
    })
}

fn memory(spec: &Spec<'_>) -> Result<(), SpecError> {
    each(spec, Table::PageTables, spec.page_tables, |row, table| {
        row.object(table.vspace, Kind::VSpace, "vspace")?;
        row.object(table.table, Kind::PageTable, "table")?;
        row.require(table.vaddr.is_multiple_of(LARGE_PAGE_SIZE as u64), "vaddr")
    })?;
    each(spec, Table::Mappings, spec.mappings, |row, mapping| {
        row.object(mapping.vspace, Kind::VSpace, "vspace")?;
        row.require(mapping.page_bits == 12 || mapping.page_bits == 21, "page_bits")?;
        let size = 1u64 << mapping.page_bits;
        let end = (size * u64::from(mapping.count)).checked_add(mapping.vaddr);
        row.require(mapping.vaddr.is_multiple_of(size) && end.is_some(), "vaddr")?;
        row.require(mapping.rights <= 3 && mapping.count > 0, "rights")?;
        let fresh = mapping.flags & mapping_flags::FRESH != 0;
        row.require(!fresh || (mapping.page_bits == 12 && mapping.flags == mapping_flags::FRESH), "flags")?;
        row.require(frames_are(spec, mapping.frame, mapping.count, mapping.page_bits), "frame")
    })?;
    each(spec, Table::Fills, spec.fills, |row, fill| {
        let bits = spec.page_bits_of(Ref::Object(fill.frame));
        let end = u64::from(fill.to) + u64::from(fill.len);
        row.require(bits.is_some_and(|bits| end <= 1 << bits), "frame")?;
        let within = |from: u64, size: usize| {
            let end = from.checked_add(u64::from(fill.len));
            end.is_some_and(|end| end <= size as u64)
        };
        match fill.source() {
            FillSource::Data(from) => row.require(within(from, spec.data().len()), "from"),
            FillSource::Seed(_, from) => row.require(within(from, SEED_LENGTH), "from"),
            FillSource::BootInfo(..) => Ok(()),
        }
    })
}

/// All of a mapping's frames are there, and of one size.
fn frames_are(spec: &Spec<'_>, word: u32, count: u32, page_bits: u8) -> bool {
    match Ref::from_word(word) {
        Some(Ref::Data(first)) => {
            page_bits == 12 && u64::from(first) + u64::from(count) <= (spec.data().len() / PAGE_SIZE) as u64
        }
        Some(Ref::Object(first)) => spec.run_of(first).is_some_and(|run| {
            let fits = count <= run.count - (first - run.first);
            fits && run.kind().and_then(Kind::page_bits) == Some(page_bits)
        }),
        None => false,
    }
}
