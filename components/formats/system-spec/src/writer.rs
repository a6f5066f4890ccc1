// SPDX-License-Identifier: MIT OR Apache-2.0
//! The writer, for the host.

use crate::{
    Cap, Component, Fill, Header, Irq, MAGIC, Mapping, ObjectRun, PAGE_SIZE, PageTable, SchedContext, Span,
    TABLE_COUNT, Table, Thread, VERSION,
};
use std::{collections::HashMap, mem::size_of, string::String, vec, vec::Vec};
use zerocopy::{Immutable, IntoBytes};

/// Collects rows, names and data; [`Writer::finish`] lays them out. It writes what it is given: [`crate::Spec::parse`]
/// is the check.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    /// [`crate::flags`].
    pub flags: u32,
    /// See [`Header`].
    pub monitor_endpoint: u32,
    /// See [`Header`].
    pub monitor_reply: u32,
    /// Rows.
    pub objects: Vec<ObjectRun>,
    /// Rows.
    pub caps: Vec<Cap>,
    /// Rows.
    pub sched_contexts: Vec<SchedContext>,
    /// Rows.
    pub threads: Vec<Thread>,
    /// Rows.
    pub page_tables: Vec<PageTable>,
    /// Rows.
    pub mappings: Vec<Mapping>,
    /// Rows.
    pub fills: Vec<Fill>,
    /// Rows.
    pub irqs: Vec<Irq>,
    /// Rows.
    pub components: Vec<Component>,
    names: Vec<u8>,
    name_offsets: HashMap<String, u32>,
}

impl Writer {
    /// Offset of a name, which is stored once.
    pub fn name(&mut self, name: &str) -> u32 {
        if let Some(&offset) = self.name_offsets.get(name) {
            return offset;
        }
        let offset = self.names.len() as u32;
        self.names.extend(name.bytes().filter(|&byte| byte != 0));
        self.names.push(0);
        self.name_offsets.insert(name.into(), offset);
        offset
    }

    /// The specification, with `data` padded to whole pages at its end.
    pub fn finish(&self, data: &[u8]) -> Vec<u8> {
        let mut out = vec![0; size_of::<Header>()];
        let mut tables = [Span::default(); TABLE_COUNT];
        append(&mut out, &mut tables, Table::Objects, &self.objects);
        append(&mut out, &mut tables, Table::Caps, &self.caps);
        append(&mut out, &mut tables, Table::SchedContexts, &self.sched_contexts);
        append(&mut out, &mut tables, Table::Threads, &self.threads);
        append(&mut out, &mut tables, Table::PageTables, &self.page_tables);
        append(&mut out, &mut tables, Table::Mappings, &self.mappings);
        append(&mut out, &mut tables, Table::Fills, &self.fills);
        append(&mut out, &mut tables, Table::Irqs, &self.irqs);
        append(&mut out, &mut tables, Table::Components, &self.components);
        append(&mut out, &mut tables, Table::Names, &self.names);
        pad(&mut out, PAGE_SIZE);
        append(&mut out, &mut tables, Table::Data, data);
        pad(&mut out, PAGE_SIZE);
        tables[Table::Data as usize].count = out.len() as u64 - tables[Table::Data as usize].offset;
        let header = Header {
            magic: MAGIC,
            version: VERSION,
            flags: self.flags,
            size: out.len() as u64,
            monitor_endpoint: self.monitor_endpoint,
            monitor_reply: self.monitor_reply,
            tables,
        };
        out[..size_of::<Header>()].copy_from_slice(header.as_bytes());
        out
    }
}

fn append<T: IntoBytes + Immutable>(out: &mut Vec<u8>, tables: &mut [Span], table: Table, rows: &[T]) {
    pad(out, 8);
    tables[table as usize] = Span { offset: out.len() as u64, count: rows.len() as u64 };
    out.extend_from_slice(rows.as_bytes());
}

fn pad(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}
