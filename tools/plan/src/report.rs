// SPDX-License-Identifier: MIT OR Apache-2.0
//! The plan in words, for the build report.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    ops::Range,
};

use system_spec::Kind;

use super::{Plan, emit::size_bits};

/// Memory that the plan takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Objects of each kind: how many, and bytes.
    pub objects: BTreeMap<Kind, (u64, u64)>,
    /// Bytes of data in the image.
    pub data: u64,
}

impl Totals {
    /// Bytes of everything but devices.
    pub fn bytes(&self) -> u64 {
        self.objects.values().map(|(_, bytes)| bytes).sum::<u64>() + self.data
    }
}

impl Plan {
    /// Counts objects and bytes; frames at fixed addresses outside of RAM are devices and count nothing.
    pub fn totals(&self, ram: &[Range<u64>]) -> Totals {
        let mut totals = Totals { data: self.data.len() as u64, ..Totals::default() };
        for object in &self.objects {
            let entry = totals.objects.entry(object.kind).or_default();
            entry.0 += u64::from(object.count);
            let in_ram = |paddr| ram.iter().any(|range| range.contains(&paddr));
            let is_memory = object.kind != Kind::IrqHandler && object.paddr.is_none_or(in_ram);
            if is_memory {
                entry.1 += u64::from(object.count) << size_bits(object);
            }
        }
        totals
    }

    /// Tables of objects, threads, interrupts and address spaces.
    pub fn report(&self, ram: &[Range<u64>]) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_report(&mut text, ram);
        text
    }

    fn write_report(&self, out: &mut String, ram: &[Range<u64>]) -> fmt::Result {
        writeln!(out, "# Objects\n{:14} {:>7} {:>12}", "kind", "number", "bytes")?;
        let totals = self.totals(ram);
        for (kind, (count, bytes)) in &totals.objects {
            writeln!(out, "{:14} {count:7} {bytes:12}", format!("{kind:?}"))?;
        }
        writeln!(out, "{:14} {:7} {:12}", "image data", totals.data / 4096, totals.data)?;
        writeln!(out, "{:14} {:7} {:12}", "sum", "", totals.bytes())?;
        self.write_threads(out)?;
        self.write_irqs(out)?;
        self.write_spaces(out)
    }

    fn write_threads(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n# Threads\n{:24} {:>8} {:>9} {:>9}  start", "name", "priority", "budget", "period")?;
        for thread in &self.threads {
            let sched = self.sched_contexts.iter().find(|sched| sched.object == thread.sched_context);
            let (budget, period) = sched.map_or((0, 0), |sched| (sched.budget, sched.period));
            let start = if thread.resume { "at boot" } else { "by its parent" };
            let name = &self.objects[thread.tcb.0].name;
            writeln!(out, "{name:24} {:8} {budget:6} us {period:6} us  {start}", thread.priority)?;
        }
        Ok(())
    }

    fn write_irqs(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n# Interrupts\n{:>5} {:6} {:24} {:>8}", "irq", "sort", "signals", "badge")?;
        for irq in &self.irqs {
            let sort = if irq.edge { "edge" } else { "level" };
            let name = &self.objects[irq.notification.0].name;
            writeln!(out, "{:5} {sort:6} {name:24} {:#8x}", irq.irq, irq.badge)?;
        }
        Ok(())
    }

    fn write_spaces(&self, out: &mut String) -> fmt::Result {
        for (space, _) in &self.spaces {
            writeln!(out, "\n# Address space of {}", self.objects[space.vspace.0].name)?;
            for (start, end, what) in space.ranges() {
                let covers = |m: &&super::Mapped| m.vspace == space.vspace && m.vaddr == start;
                let perms = self.mappings.iter().find(covers).map_or_else(String::new, |m| m.perms.letters());
                writeln!(out, "{start:#014x}..{end:#014x} {perms} {:>8} KiB  {what}", (end - start) / 1024)?;
            }
        }
        Ok(())
    }
}
