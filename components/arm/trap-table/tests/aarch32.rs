// SPDX-License-Identifier: MIT OR Apache-2.0
//! The AArch32 tables against the architecture, written down a second time as one long `match` over the encodings.

mod common;

use std::collections::{BTreeMap, HashSet};

use arm_syndrome::Coprocessor::{P14, P15};
use arm_syndrome::{CpReg, CpReg64, Direction, SysReg};
use arm_trap_table::aarch32::{CP14, CP14_WIDE, CP15, CP15_WIDE, Handler32, feature_of_vmrs, lookup, lookup_wide};
use arm_trap_table::{Access, AccessResult, DebugBackend, DebugRegister, Handler, Rights, TimerRegister};
use common::{A57, Backend};
use proptest::prelude::*;

const LOW: u64 = 0xffff_ffff;

/// What coprocessor 14 has, with its rights: the manual's table of encodings.
fn architecture(opc1: u8, crn: u8, crm: u8, opc2: u8) -> Option<(String, Rights)> {
    use Rights::*;
    let fixed = |name: &str, rights| Some((name.to_string(), rights));
    let numbered = |name: &str| Some((format!("{name}{crm}"), ReadWrite));
    match (opc1, crn, crm, opc2) {
        (0, 0, 0, 0) => fixed("DBGDIDR", El0ReadOnly),
        (0, 0, 0, 2) => fixed("DBGDTRRXext", ReadWrite),
        (0, 0, 1, 0) => fixed("DBGDSCRint", El0ReadOnly),
        (0, 0, 2, 0) => fixed("DBGDCCINT", ReadWrite),
        (0, 0, 2, 2) => fixed("DBGDSCRext", ReadWrite),
        (0, 0, 3, 2) => fixed("DBGDTRTXext", ReadWrite),
        (0, 0, 5, 0) => fixed("DBGDTRRXint", El0ReadWrite),
        (0, 0, 6, 0) => fixed("DBGWFAR", ReadWrite),
        (0, 0, 6, 2) => fixed("DBGOSECCR", ReadWrite),
        (0, 0, 7, 0) => fixed("DBGVCR", ReadWrite),
        (0, 0, _, 4) => numbered("DBGBVR"),
        (0, 0, _, 5) => numbered("DBGBCR"),
        (0, 0, _, 6) => numbered("DBGWVR"),
        (0, 0, _, 7) => numbered("DBGWCR"),
        (0, 1, 0, 0) => fixed("DBGDRAR", El0ReadOnly),
        (0, 1, 0, 4) => fixed("DBGOSLAR", WriteOnly),
        (0, 1, 1, 4) => fixed("DBGOSLSR", ReadOnly),
        (0, 1, 3, 4) => fixed("DBGOSDLR", ReadWrite),
        (0, 1, 4, 4) => fixed("DBGPRCR", ReadWrite),
        (0, 1, _, 1) => numbered("DBGBXVR"),
        (0, 2, 0, 0) => fixed("DBGDSAR", El0ReadOnly),
        (0, 7, 0, 7) => fixed("DBGDEVID2", ReadOnly),
        (0, 7, 1, 7) => fixed("DBGDEVID1", ReadOnly),
        (0, 7, 2, 7) => fixed("DBGDEVID", ReadOnly),
        (0, 7, 8, 6) => fixed("DBGCLAIMSET", ReadWrite),
        (0, 7, 9, 6) => fixed("DBGCLAIMCLR", ReadWrite),
        (0, 7, 14, 6) => fixed("DBGAUTHSTATUS", ReadOnly),
        _ => None,
    }
}

/// Every opc1, CRn, CRm, opc2.
fn encodings() -> impl Iterator<Item = (u8, u8, u8, u8)> {
    (0..1 << 14_u16).map(|n| ((n >> 11) as u8, (n >> 7 & 15) as u8, (n >> 3 & 15) as u8, (n & 7) as u8))
}

fn allowed(rights: Rights, read: bool, from_el0: bool) -> bool {
    match rights {
        Rights::ReadWrite => !from_el0,
        Rights::ReadOnly => read && !from_el0,
        Rights::WriteOnly => !read && !from_el0,
        Rights::El0ReadWrite => true,
        Rights::El0ReadOnly => read,
        Rights::Nothing => false,
    }
}

/// Does this core have it? The A57 has breakpoints 0 to 5, of which 4 and 5 match contexts, and watchpoints 0 to 3.
fn exists(name: &str) -> bool {
    let number = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.parse::<u8>().ok());
    let breakpoint = number("DBGBVR").or(number("DBGBCR")).is_none_or(|n| n < 6);
    let watchpoint = number("DBGWVR").or(number("DBGWCR")).is_none_or(|n| n < 4);
    breakpoint && watchpoint && number("DBGBXVR").is_none_or(|n| n == 4 || n == 5)
}

#[test]
fn every_encoding_of_coprocessor_14_in_each_direction_from_each_level() {
    let mut rows = 0;
    for (opc1, crn, crm, opc2) in encodings() {
        let found = lookup(CpReg::new(P14, opc1, crn, crm, opc2));
        let Some((name, rights)) = architecture(opc1, crn, crm, opc2) else {
            assert!(found.is_none(), "{opc1} c{crn} c{crm} {opc2}");
            continue;
        };
        rows += 1;
        let row = found.unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!((row.name, row.rights), (name.as_str(), rights));
        for access in [Access::Read, Access::Write(u64::MAX)] {
            for from_el0 in [false, true] {
                let mut backend = Backend::default();
                let Ok(outcome) = row.access(&mut backend, access, from_el0);
                let defined = allowed(rights, access == Access::Read, from_el0) && exists(&name);
                match outcome {
                    AccessResult::Undefined => assert!(!defined && backend.writes.is_empty(), "{name} {access:?}"),
                    AccessResult::Value(value) => assert!(defined && access == Access::Read && value <= LOW, "{name}"),
                    AccessResult::Done => assert!(defined && access != Access::Read, "{name}"),
                }
            }
        }
    }
    assert_eq!(rows, CP14.len());
}

/// Where MRC and MCR of the performance monitors, ID registers, the physical timer and the like go; the others do not trap, or are undefined.
#[test]
fn every_encoding_of_coprocessor_15() {
    let mut rows = 0;
    for (opc1, crn, crm, opc2) in encodings() {
        let expected = match (opc1, crn, crm, opc2) {
            (0, 0, 1 | 2, _) | (0, 0, 3, 4..=6) => Some(Rights::ReadOnly),
            (0, 1, 0, 1 | 3) => Some(Rights::ReadWrite),
            (0, 7, 6 | 10 | 14, 2) => Some(Rights::WriteOnly),
            (0, 14, 2, 0 | 1) => Some(Rights::El0ReadWrite),
            (0, 9, 12, 4) => Some(Rights::WriteOnly),
            (0, 9, 12, 6 | 7) | (0, 9, 14, 4 | 5) => Some(Rights::ReadOnly),
            (0, 9, 12, _) | (0, 9, 13, 0..=2) | (0, 9, 14, 0..=3) | (0, 14, 8..=15, _) => Some(Rights::ReadWrite),
            _ => None,
        };
        // Event counter 31 is the cycle counter, which is not among them.
        let expected = expected.filter(|_| (opc1, crn, crm, opc2) != (0, 14, 11, 7));
        let found = lookup(CpReg::new(P15, opc1, crn, crm, opc2));
        assert_eq!(found.map(|row| row.rights), expected, "p15 {opc1} c{crn} c{crm} {opc2}");
        rows += usize::from(found.is_some());
    }
    assert_eq!(rows, CP15.len());
}

#[test]
fn every_wide_encoding() {
    for opc1 in 0..16 {
        for crm in 0..16 {
            let p14 = lookup_wide(CpReg64::new(P14, opc1, crm)).map(|row| (row.name, row.rights));
            let expected = match (opc1, crm) {
                (0, 1) => Some(("DBGDRAR", Rights::El0ReadOnly)),
                (0, 2) => Some(("DBGDSAR", Rights::El0ReadOnly)),
                _ => None,
            };
            assert_eq!(p14, expected);
            let p15 = lookup_wide(CpReg64::new(P15, opc1, crm)).map(|row| row.name);
            let expected = match (opc1, crm) {
                (0, 9) => Some("PMCCNTR"),
                (0, 14) => Some("CNTPCT"),
                (2, 14) => Some("CNTP_CVAL"),
                _ => None,
            };
            assert_eq!(p15, expected);
        }
    }
    let Ok(outcome) = CP14_WIDE[0].access(&mut Backend::default(), Access::Write(1), false);
    assert_eq!(outcome, AccessResult::Undefined, "MCRR");
    let Ok(outcome) = CP15_WIDE[0].access(&mut Backend::default(), Access::Read, false);
    assert_eq!(outcome, AccessResult::Value(0));
    assert_eq!(CP15_WIDE[2].timer(Direction::Write, true), Some(TimerRegister::Compare));
    assert_eq!(CP15_WIDE[1].timer(Direction::Write, false), None);
}

fn name(name: &str) -> CpReg {
    CP14.iter().find(|row| row.name == name).unwrap().register
}

fn write(backend: &mut Backend, register: &str, value: u64) {
    let Ok(outcome) = lookup(name(register)).unwrap().access(backend, Access::Write(value), false);
    assert_eq!(outcome, AccessResult::Done, "{register}");
}

fn read(backend: &mut Backend, register: &str) -> u64 {
    match lookup(name(register)).unwrap().access(backend, Access::Read, false) {
        Ok(AccessResult::Value(value)) => value,
        other => panic!("{register}: {other:?}"),
    }
}

fn state(backend: &mut Backend, register: DebugRegister) -> u64 {
    let Ok(value) = DebugBackend::read(backend, register);
    value
}

/// B1: DBGDCCINT, DBGDSCRext and DBGVCR each have a store, also when they are the first that is written. B6: all have
/// their own.
#[test]
fn b1_b6_every_stateful_row_has_a_store_of_its_own() {
    for (register, value, store) in [
        ("DBGDSCRext", 0x9000, DebugRegister::Mdscr),
        ("DBGDCCINT", 3 << 29, DebugRegister::Mdccint),
        ("DBGVCR", 0xde, DebugRegister::Vcr32),
    ] {
        let mut backend = Backend::default();
        write(&mut backend, register, value);
        assert_eq!(backend.writes, [(store, true)]);
        assert_eq!((read(&mut backend, register), state(&mut backend, store)), (value, value));
    }
    let stores: Vec<_> = CP14.iter().filter_map(|row| row.handler.backing()).collect();
    assert_eq!(stores.iter().collect::<HashSet<_>>().len(), stores.len());
    let halves: usize = stores.iter().map(|&(_, halves)| halves.count_ones() as usize).sum();
    // Four registers of 16, each a whole but for the values of breakpoints, which are two halves; three more.
    assert_eq!(halves, 2 * (4 * 16 + 3));
}

#[test]
fn b1_distinct_values_stay_distinct() {
    let mut backend = Backend::default();
    let registers: Vec<_> = CP14.iter().filter(|row| row.handler.backing().is_some() && exists(row.name)).collect();
    // In bits that every one of them has: BT, LBN; DSCRext has MDBGen, DCCINT the two top ones, VCR none of these.
    let value = |n: usize| (n as u64 + 1) << 16;
    for (n, row) in registers.iter().enumerate() {
        let Ok(_) = row.access(&mut backend, Access::Write(value(n)), false);
    }
    let written: BTreeMap<u64, u64> = backend.registers.clone();
    for (n, row) in registers.iter().enumerate() {
        let Ok(AccessResult::Value(found)) = row.access(&mut backend, Access::Read, false) else {
            panic!("{}", row.name)
        };
        let banked = !matches!(row.name, "DBGDSCRext" | "DBGDCCINT" | "DBGVCR");
        assert!(!banked || found == value(n), "{}: {found:#x}", row.name);
    }
    assert_eq!(backend.registers, written);
}

#[test]
fn a_breakpoint_s_value_is_two_registers() {
    let mut backend = Backend::default();
    write(&mut backend, "DBGBXVR4", 0xdead_beef);
    write(&mut backend, "DBGBVR4", 0x1234_5677);
    assert_eq!(state(&mut backend, DebugRegister::Bvr(4)), 0xdead_beef_1234_5677);
    write(&mut backend, "DBGBVR4", 0x8);
    assert_eq!((read(&mut backend, "DBGBXVR4"), read(&mut backend, "DBGBVR4")), (0xdead_beef, 8));
    // An address: the two low bits read as zero.
    write(&mut backend, "DBGBVR0", 0x1234_5677);
    assert_eq!(read(&mut backend, "DBGBVR0"), 0x1234_5674);
    // The upper half of a register of X's width is not the guest's.
    write(&mut backend, "DBGWVR1", 0xffff_ffff_0000_1000);
    assert_eq!(state(&mut backend, DebugRegister::Wvr(1)), 0x1000);
}

#[test]
fn status_and_control() {
    let mut backend = Backend::default();
    write(&mut backend, "DBGDSCRext", u64::MAX);
    let all = 1 << 15 | 1 << 12 | 0xf << 2;
    assert_eq!(read(&mut backend, "DBGDSCRext"), all);
    assert_eq!(read(&mut backend, "DBGDSCRint"), all | 1 << 29, "its copies, and TXfull");
    assert_eq!(state(&mut backend, DebugRegister::Mdscr), all, "neither SS nor KDE");
}

#[test]
fn b17_what_linux_probes() {
    let mut backend = Backend::default();
    // The fake core has an EL3.
    assert_eq!(read(&mut backend, "DBGDIDR"), 0x3516_d000);
    assert_eq!(read(&mut backend, "DBGOSLSR"), 0b1000);
    write(&mut backend, "DBGOSLAR", 0xc5ac_ce55);
    assert_eq!(read(&mut backend, "DBGOSLSR"), 0b1010);
    // The key and nothing else, with whichever bit changed.
    for value in [0, 1, 0xc5ac_ce54, !0xc5ac_ce55_u64].into_iter().chain((0..32).map(|bit| 0xc5ac_ce55 ^ 1 << bit)) {
        write(&mut backend, "DBGOSLAR", 0xc5ac_ce55);
        assert_eq!(state(&mut backend, DebugRegister::OsLock), 1);
        write(&mut backend, "DBGOSLAR", value);
        assert_eq!(state(&mut backend, DebugRegister::OsLock), 0, "{value:#x}");
    }
    // Of 64 bits that a VMM may hand over, 32 are the register's.
    write(&mut backend, "DBGOSLAR", 0xffff_ffff_c5ac_ce55);
    assert_eq!(state(&mut backend, DebugRegister::OsLock), 1);
    write(&mut backend, "DBGCLAIMSET", 0x1a5);
    write(&mut backend, "DBGCLAIMCLR", 0x81);
    assert_eq!((read(&mut backend, "DBGCLAIMSET"), read(&mut backend, "DBGCLAIMCLR")), (0xff, 0x24));
}

#[test]
fn b19_b20_the_channel_is_where_drivers_look_and_is_full() {
    assert!(lookup(CpReg::new(P14, 0, 0, 3, 0)).is_none(), "KVM's");
    let mut backend = Backend::default();
    let Ok(status) = lookup(CpReg::new(P14, 0, 0, 1, 0)).unwrap().access(&mut backend, Access::Read, true);
    assert_eq!(status, AccessResult::Value(1 << 29));
    let data = lookup(CpReg::new(P14, 0, 0, 5, 0)).unwrap();
    let Ok(outcome) = data.access(&mut backend, Access::Write(0x41), true);
    assert_eq!(outcome, AccessResult::Done);
    let Ok(outcome) = data.access(&mut backend, Access::Read, true);
    assert_eq!(outcome, AccessResult::Value(0));
    assert!(backend.writes.is_empty());
}

/// The AArch64 name has the same handler, and the same rights.
#[test]
fn other_names_are_the_same_register() {
    let rows = CP14.iter().chain(&CP15).filter_map(|row| Some((row.name, row.handler, row.rights, row.also?)));
    for (name, handler, rights, register) in rows {
        let row = arm_trap_table::lookup(register).unwrap_or_else(|| panic!("{name}: {register} has no row"));
        match (handler, row.handler) {
            (Handler32::Same(Handler::Backed(DebugRegister::Vcr32)), Handler::Undefined) => continue,
            (Handler32::Same(ours), theirs) => assert_eq!(ours, theirs, "{name}"),
            (Handler32::ValueLow(n) | Handler32::ValueHigh(n), theirs) => {
                assert_eq!(theirs, Handler::Backed(DebugRegister::Bvr(n)), "{name}");
            }
            (Handler32::StatusAndControl, theirs) => assert_eq!(theirs, Handler::Backed(DebugRegister::Mdscr)),
            (Handler32::Status, theirs) => assert_eq!(theirs, Handler::Constant(1 << 29)),
            (Handler32::OsLockKey, theirs) => assert_eq!(theirs, Handler::OsLockAccess),
            (Handler32::DebugId, _) => panic!("{name}: has no other name"),
        }
        // The ROM table's address is EL0's to read in AArch32 only.
        assert!(rights == row.rights || name == "DBGDRAR", "{name}");
    }
}

#[test]
fn reset_values_are_what_a_fresh_vcpu_reads() {
    for row in CP14.iter().filter(|row| row.handler != Handler32::DebugId) {
        let Ok(outcome) = row.access(&mut Backend::default(), Access::Read, false);
        if let AccessResult::Value(value) = outcome {
            assert_eq!(value, row.reset.into(), "{}", row.name);
        }
    }
}

#[test]
fn id_registers_of_floating_point() {
    let names: Vec<_> = (0..16).map(feature_of_vmrs).collect();
    let mvfr = |n| Some(SysReg::new(3, 0, 0, 3, n));
    assert_eq!(names[5..8], [mvfr(2), mvfr(1), mvfr(0)]);
    assert_eq!(names.iter().flatten().count(), 3);
}

proptest! {
    /// A value once written reads back the same, and can be written again without a change.
    #[test]
    fn masks_are_idempotent(value: u64) {
        let mut backend = Backend::default();
        for row in CP14.iter().filter(|row| row.handler.backing().is_some() && exists(row.name)) {
            let Ok(_) = row.access(&mut backend, Access::Write(value), false);
            let Ok(AccessResult::Value(once)) = row.access(&mut backend, Access::Read, false) else { panic!("{}", row.name) };
            let Ok(_) = row.access(&mut backend, Access::Write(once), false);
            prop_assert_eq!(row.access(&mut backend, Access::Read, false), Ok(AccessResult::Value(once)));
            prop_assert!(once <= LOW);
        }
    }
}

#[test]
fn counts_of_the_fake_core() {
    assert_eq!((A57.breakpoints, A57.watchpoints, A57.contexts), (6, 4, 2));
}
