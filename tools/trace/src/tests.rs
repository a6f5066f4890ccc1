// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use vmm::trace::Trace as Writer;

fn record(ticks: u64, esr: u32, value: u64, outcome: Outcome) -> Record {
    Record { ticks, pc: 0x4000_0100, value, esr, cause: (esr >> 26) as u8, outcome: outcome as u8, duration: 125 }
}

/// What a VMM wrote, as bytes.
fn written(records: &[Record]) -> Vec<u8> {
    let region: Vec<AtomicU64> = (0..128 + 4 * 8).map(|_| AtomicU64::new(0)).collect();
    let writer = Writer::new(&region, 0, "linux", 62_500_000).unwrap();
    records.iter().for_each(|record| writer.add(record));
    region.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect()
}

/// MSR MDSCR_EL1, x3; MRS x1, s3_1_c15_c2_0; a UART read; WFI; HVC; a maintenance interrupt.
fn some() -> Vec<Record> {
    let mut end = record(6000, 0, 2, Outcome::Done);
    end.cause = 64;
    vec![
        record(1000, 0x6224_0064, 0x8000, Outcome::Done),
        record(2000, 0x6230_7c25 | 1 << 14, 0, Outcome::Undefined),
        record(3000, 0x9381_8007, 0x900_0018, Outcome::Done),
        record(4000, 0x07e0_0000, 0, Outcome::Waits),
        record(5000, 0x5a00_0000, 0x8400_0000, Outcome::Done),
        end,
    ]
}

#[test]
fn what_was_written_is_read() {
    let trace = Trace::read(&written(&some())).unwrap();
    assert_eq!((&trace.name[..], trace.frequency, trace.written), ("linux", 62_500_000, 6));
    assert_eq!(trace.records, some());
    let many: Vec<Record> = (0..20).map(|n| record(n, 0x6224_0064, n, Outcome::Done)).collect();
    assert_eq!(Trace::read(&written(&many)).unwrap().records, many[12..]);
}

#[test]
fn exits_have_names() {
    let names: Vec<String> = some().iter().map(describe).collect();
    assert_eq!(names[0], "msr MDSCR_EL1, x3 = 0x8000");
    assert!(names[1].starts_with("mrs x1, s3_1_c15_c2_0"), "{}", names[1]);
    assert_eq!(names[2], "read 4 bytes at UART+0x18");
    assert_eq!(names[3], "WFI");
    assert_eq!(names[4], "HVC PSCI_VERSION");
    assert_eq!(names[5], "virtual interrupt ended 2");
}

#[test]
fn the_table_counts_and_lists() {
    let trace = Trace::read(&written(&some())).unwrap();
    let counts = Counters(&trace).to_string();
    assert!(counts.contains("linux: 6 exits") && counts.contains("2  MSR, MRS or system instruction"), "{counts}");
    assert!(counts.contains("4 done, 1 UNDEF, 0 abort, 1 waits, 0 stopped"), "{counts}");
    let table = Table(&trace, 2).to_string();
    assert_eq!(table.lines().count(), 3);
    assert!(table.contains("80.000    2.000         0x40000100  done     HVC PSCI_VERSION"), "{table}");
}

#[test]
fn perfetto_finds_what_it_needs() {
    let json = timeline(&[Trace::read(&written(&some())).unwrap()]);
    let events = json["traceEvents"].as_array().unwrap();
    assert_eq!(events.len(), 8);
    assert_eq!(events[0]["args"]["name"], "linux");
    let slices: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert!(slices.iter().all(|s| s["ts"].is_f64() && s["dur"] == 2.0 && s["pid"] == 1 && s["name"].is_string()));
    assert_eq!(slices[1]["args"]["outcome"], "UNDEF");
}

#[test]
fn nonsense_is_refused() {
    let good = written(&some());
    assert!(Trace::read(&good[..1000]).is_err());
    assert!(Trace::read(&vec![0; good.len()]).is_err());
    let mut too_many = good.clone();
    too_many[8..16].copy_from_slice(&16u64.to_le_bytes());
    assert!(Trace::read(&too_many).is_err());
    let mut wild = good;
    wild[16..24].fill(0);
    wild[48..56].fill(0xff);
    wild[1024..].fill(0xff);
    let trace = Trace::read(&wild).unwrap();
    let _ = (Counters(&trace).to_string(), Table(&trace, 100).to_string(), timeline(&[trace]));
}
