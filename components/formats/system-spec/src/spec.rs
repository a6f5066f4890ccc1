// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reader.

use crate::{
    Cap, Component, Fill, Header, Irq, Kind, MAGIC, Mapping, ObjectRun, PAGE_SIZE, PageTable, Ref, SchedContext,
    SpecError, Table, Thread, VERSION, check::check,
};
use core::mem::size_of;
use zerocopy::{FromBytes, Immutable, KnownLayout};

/// A specification, checked, in place.
#[derive(Clone, Copy, Debug)]
pub struct Spec<'a> {
    header: &'a Header,
    /// Objects to create.
    pub objects: &'a [ObjectRun],
    /// Slots to fill.
    pub caps: &'a [Cap],
    /// Scheduling contexts to configure.
    pub sched_contexts: &'a [SchedContext],
    /// Threads to configure.
    pub threads: &'a [Thread],
    /// Page tables to map, in order.
    pub page_tables: &'a [PageTable],
    /// Frames to map.
    pub mappings: &'a [Mapping],
    /// Bytes to copy.
    pub fills: &'a [Fill],
    /// Interrupts to set up.
    pub irqs: &'a [Irq],
    /// Who is who.
    pub components: &'a [Component],
    names: &'a [u8],
    data: &'a [u8],
}

impl<'a> Spec<'a> {
    /// Reads and checks everything but the data. `bytes` may be longer than the specification.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SpecError> {
        let header = read_header(bytes)?;
        let bytes = usize::try_from(header.size)
            .ok()
            .and_then(|size| bytes.get(..size))
            .ok_or(SpecError::TooShort { need: header.size, have: bytes.len() as u64 })?;
        let spec = Self {
            header,
            objects: table(bytes, header, Table::Objects)?,
            caps: table(bytes, header, Table::Caps)?,
            sched_contexts: table(bytes, header, Table::SchedContexts)?,
            threads: table(bytes, header, Table::Threads)?,
            page_tables: table(bytes, header, Table::PageTables)?,
            mappings: table(bytes, header, Table::Mappings)?,
            fills: table(bytes, header, Table::Fills)?,
            irqs: table(bytes, header, Table::Irqs)?,
            components: table(bytes, header, Table::Components)?,
            names: table(bytes, header, Table::Names)?,
            data: table(bytes, header, Table::Data)?,
        };
        if !spec.data_offset().is_multiple_of(PAGE_SIZE as u64) || !spec.data.len().is_multiple_of(PAGE_SIZE) {
            return Err(SpecError::Bounds(Table::Data));
        }
        check(&spec)?;
        Ok(spec)
    }

    /// [`crate::flags`].
    pub fn flags(&self) -> u32 {
        self.header.flags
    }

    /// Endpoint on which the root task hears of faults: an object's number.
    pub fn monitor_endpoint(&self) -> u32 {
        self.header.monitor_endpoint
    }

    /// The root task's reply object: an object's number.
    pub fn monitor_reply(&self) -> u32 {
        self.header.monitor_reply
    }

    /// Bytes from the start of the specification to its data.
    pub fn data_offset(&self) -> u64 {
        self.header.tables[Table::Data as usize].offset
    }

    /// The pages of data.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// How many objects there are.
    pub fn object_count(&self) -> u32 {
        self.objects.last().map_or(0, |run| run.first + run.count)
    }

    /// The run that an object belongs to.
    pub fn run_of(&self, object: u32) -> Option<&'a ObjectRun> {
        let after = self.objects.partition_point(|run| run.first <= object);
        let run = self.objects.get(after.checked_sub(1)?)?;
        (object - run.first < run.count).then_some(run)
    }

    /// What an object is.
    pub fn kind_of(&self, object: u32) -> Option<Kind> {
        self.run_of(object)?.kind()
    }

    /// Page size, as a power of two, of the frame that `frame` names.
    pub fn page_bits_of(&self, frame: Ref) -> Option<u8> {
        match frame {
            Ref::Object(object) => self.kind_of(object)?.page_bits(),
            Ref::Data(page) => ((page as usize) < self.data.len() / PAGE_SIZE).then_some(12),
        }
    }

    /// The name at an offset; `?` for none.
    pub fn name(&self, offset: u32) -> &'a str {
        self.checked_name(offset).unwrap_or("?")
    }

    /// The name of an object's run; `?` for none.
    pub fn object_name(&self, object: u32) -> &'a str {
        self.run_of(object).map_or("?", |run| self.name(run.name))
    }

    pub(crate) fn checked_name(&self, offset: u32) -> Option<&'a str> {
        let rest = self.names.get(offset as usize..)?;
        let end = rest.iter().position(|&byte| byte == 0)?;
        core::str::from_utf8(&rest[..end]).ok()
    }
}

fn read_header(bytes: &[u8]) -> Result<&Header, SpecError> {
    let need = size_of::<Header>();
    let start = bytes.get(..need).ok_or(SpecError::TooShort { need: need as u64, have: bytes.len() as u64 })?;
    let header = Header::ref_from_bytes(start).map_err(|_| SpecError::Misaligned)?;
    if header.magic != MAGIC {
        return Err(SpecError::Magic);
    }
    if header.version != VERSION {
        return Err(SpecError::Version(header.version));
    }
    Ok(header)
}

fn table<'a, T>(bytes: &'a [u8], header: &Header, which: Table) -> Result<&'a [T], SpecError>
where
    T: FromBytes + KnownLayout + Immutable,
{
    let span = header.tables[which as usize];
    let rows = || {
        let start = usize::try_from(span.offset).ok()?;
        let len = usize::try_from(span.count).ok()?.checked_mul(size_of::<T>())?;
        u32::try_from(span.count).ok()?;
        <[T]>::ref_from_bytes(bytes.get(start..start.checked_add(len)?)?).ok()
    };
    rows().ok_or(SpecError::Bounds(which))
}
