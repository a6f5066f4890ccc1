// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the writer writes the reader reads; what nobody wrote is refused without a panic.
#![allow(missing_docs)]

use proptest::prelude::*;
use system_spec::*;

/// Bytes with the alignment that a page has.
struct Aligned(Vec<u64>, usize);

impl Aligned {
    fn new(bytes: &[u8]) -> Self {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        zerocopy::IntoBytes::as_mut_bytes(&mut words[..])[..bytes.len()].copy_from_slice(bytes);
        Self(words, bytes.len())
    }
    fn bytes(&self) -> &[u8] {
        &zerocopy::IntoBytes::as_bytes(&self.0[..])[..self.1]
    }
}

fn run(writer: &mut Writer, kind: Kind, size_bits: u8, count: u32, paddr: u64) -> u32 {
    let first = writer.objects.last().map_or(0, |run| run.first + run.count);
    let name = writer.name(&format!("{kind:?}"));
    writer.objects.push(ObjectRun { paddr, first, count, name, kind: kind as u8, size_bits, reserved: 0 });
    first
}

fn sample() -> Writer {
    let mut w = Writer::default();
    let uart = run(&mut w, Kind::SmallPage, 0, 1, 0x900_0000);
    let cnode = run(&mut w, Kind::CNode, 9, 1, NO_PADDR);
    let vspace = run(&mut w, Kind::VSpace, 0, 1, NO_PADDR);
    let table = run(&mut w, Kind::PageTable, 0, 3, NO_PADDR);
    let tcb = run(&mut w, Kind::Tcb, 0, 1, NO_PADDR);
    let sc = run(&mut w, Kind::SchedContext, 8, 1, NO_PADDR);
    w.monitor_endpoint = run(&mut w, Kind::Endpoint, 0, 1, NO_PADDR);
    w.monitor_reply = run(&mut w, Kind::Reply, 0, 1, NO_PADDR);
    w.sched_contexts.push(SchedContext { budget: 1000, period: 1000, badge: 256, object: sc, extra_refills: 0 });
    let cap = Cap { data: 7, cnode, slot: 511, object: w.monitor_endpoint, rights: 15, reserved: [0; 3] };
    w.caps.push(cap);
    for (n, table) in (table..table + 3).enumerate() {
        w.page_tables.push(PageTable { vaddr: (n as u64) << 21, vspace, table });
    }
    for frame in [Ref::Object(uart), Ref::Data(0)] {
        let frame = frame.to_word();
        let vaddr = 0x20_0000 + 0x1000 * w.mappings.len() as u64;
        w.mappings.push(Mapping { vaddr, vspace, frame, count: 1, page_bits: 12, rights: 3, attributes: 1, flags: 0 });
    }
    w.fills.push(Fill { from: 1, frame: uart, to: 0, len: 9, boot_info_id: 0 });
    let name = w.name("pd");
    w.components.push(Component {
        stack_bottom: 0,
        name,
        tcb,
        sched_context: sc,
        notification: NONE,
        cspace: cnode,
        kind: 0,
        passive: 0,
        on_fault: 1,
        reserved: 0,
        limits: Limits { restarts: 1, window_ms: 2, backoff_ms: 3, patience_ms: 4 },
    });
    w
}

#[test]
fn written_is_read() {
    let bytes = sample().finish(b"some data");
    let aligned = Aligned::new(&bytes);
    let spec = Spec::parse(aligned.bytes()).unwrap();
    assert_eq!(spec.object_count(), 10);
    assert_eq!(spec.kind_of(4), Some(Kind::PageTable));
    assert_eq!(spec.kind_of(10), None);
    assert_eq!(spec.object_name(0), "SmallPage");
    assert_eq!(spec.name(spec.components[0].name), "pd");
    assert_eq!(&spec.data()[..9], b"some data");
    assert_eq!(spec.data().len(), PAGE_SIZE);
    assert_eq!(spec.data_offset() % PAGE_SIZE as u64, 0);
}

#[test]
fn each_bad_field_is_named() {
    let bad = |edit: fn(&mut Writer)| {
        let mut writer = sample();
        edit(&mut writer);
        Spec::parse(Aligned::new(&writer.finish(&[1])).bytes()).unwrap_err()
    };
    let row = |table, row, field| SpecError::Row { table, row, field };
    assert_eq!(bad(|w| w.caps[0].slot = 512), row(Table::Caps, 0, "slot"));
    assert_eq!(bad(|w| w.caps[0].cnode = 0), row(Table::Caps, 0, "cnode"));
    assert_eq!(bad(|w| w.caps[0].object = 10), row(Table::Caps, 0, "object"));
    assert_eq!(bad(|w| w.mappings[1].count = 2), row(Table::Mappings, 1, "frame"));
    assert_eq!(bad(|w| w.mappings[0].vaddr = !0xfff), row(Table::Mappings, 0, "vaddr"));
    assert_eq!(bad(|w| w.fills[0].to = 4090), row(Table::Fills, 0, "frame"));
    assert_eq!(bad(|w| w.fills[0].from = u64::MAX), row(Table::Fills, 0, "from"));
    assert_eq!(bad(|w| w.objects[1].first = 2), row(Table::Objects, 1, "first"));
    assert_eq!(bad(|w| w.objects[0].paddr = 1), row(Table::Objects, 0, "paddr"));
    assert_eq!(bad(|w| w.components[0].name = 9999), row(Table::Components, 0, "name"));
    assert_eq!(bad(|w| w.monitor_reply = NONE), row(Table::Header, 0, "monitor_reply"));
    assert_eq!(bad(|w| w.sched_contexts[0].budget = 1001), row(Table::SchedContexts, 0, "budget"));
}

#[test]
fn what_is_not_a_specification() {
    let good = sample().finish(&[]);
    assert!(matches!(Spec::parse(&[]), Err(SpecError::TooShort { have: 0, .. })));
    assert_eq!(Spec::parse(Aligned::new(&[0; 256]).bytes()).unwrap_err(), SpecError::Magic);
    let cut = Aligned::new(&good[..good.len() - 1]);
    assert!(matches!(Spec::parse(cut.bytes()), Err(SpecError::TooShort { .. })));
    let mut newer = good.clone();
    newer[8] = 3;
    assert_eq!(Spec::parse(Aligned::new(&newer).bytes()).unwrap_err(), SpecError::Version(3));
    let shifted: Vec<u8> = [&[0u8][..], &good].concat();
    assert_eq!(Spec::parse(&Aligned::new(&shifted).bytes()[1..]).unwrap_err(), SpecError::Misaligned);
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(edits in prop::collection::vec((0usize..1200, any::<u8>()), 1..12)) {
        let mut bytes = sample().finish(&[1; 10]);
        for (at, value) in edits {
            bytes[at] = value;
        }
        if let Ok(spec) = Spec::parse(Aligned::new(&bytes).bytes()) {
            for object in 0..spec.object_count().min(100) {
                let _ = spec.object_name(object);
            }
        }
    }
}
