// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table as a whole: complete, ordered, and each row with its own store.

mod common;

use std::collections::HashSet;

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult, DebugRegister, Handler, Rights, TRAP_TABLE, is_reserved_feature, lookup};
use common::{A57, Backend, named};

#[test]
fn lookup_finds_exactly_the_rows() {
    let rows: HashSet<u16> = TRAP_TABLE.iter().map(|row| row.register.packed()).collect();
    assert_eq!(rows.len(), TRAP_TABLE.len());
    for packed in 0..=u16::MAX {
        let register = SysReg::from_packed(packed);
        match lookup(register) {
            Some(row) => assert_eq!(row.register, register),
            None => assert!(!rows.contains(&packed)),
        }
    }
}

#[test]
fn b1_b6_every_stateful_row_has_a_store_of_its_own() {
    let stores: Vec<u64> = TRAP_TABLE
        .iter()
        .filter_map(|row| if let Handler::Backed(register) = row.handler { Some(register.to_word()) } else { None })
        .collect();
    assert_eq!(stores.iter().collect::<HashSet<_>>().len(), stores.len());
    assert_eq!(stores.len(), 4 * 16 + 2);
}

#[test]
fn b17_everything_that_the_debug_traps_catch_has_a_row() {
    // The list of the Arm ARM's MDCR_EL2.{TDA, TDOSA, TDRA}, DBGVCR32_EL2 aside.
    let names = [
        "OSDTRRX_EL1",
        "MDCCINT_EL1",
        "MDSCR_EL1",
        "OSDTRTX_EL1",
        "OSECCR_EL1",
        "MDRAR_EL1",
        "OSLAR_EL1",
        "OSLSR_EL1",
        "OSDLR_EL1",
        "DBGPRCR_EL1",
        "DBGCLAIMSET_EL1",
        "DBGCLAIMCLR_EL1",
        "DBGAUTHSTATUS_EL1",
        "MDCCSR_EL0",
        "DBGDTR_EL0",
        "DBGDTRRX_EL0",
    ];
    names.iter().for_each(|name| _ = named(name));
    for n in 0..16 {
        ["DBGBVR", "DBGBCR", "DBGWVR", "DBGWCR"].iter().for_each(|kind| _ = named(&format!("{kind}{n}_EL1")));
    }
}

#[test]
fn b10_b18_direction_and_el() {
    for row in &TRAP_TABLE {
        for access in [Access::Read, Access::Write(0)] {
            for from_el0 in [false, true] {
                let mut backend = Backend::default();
                let Ok(outcome) = row.access(&mut backend, access, from_el0);
                let reads = access == Access::Read;
                let defined = match row.rights {
                    Rights::ReadWrite => !from_el0,
                    Rights::ReadOnly => !from_el0 && reads,
                    Rights::WriteOnly => !from_el0 && !reads,
                    Rights::El0ReadWrite => true,
                    Rights::El0ReadOnly => reads,
                    Rights::Nothing => false,
                };
                let beyond = match row.handler {
                    Handler::Backed(DebugRegister::Bvr(n) | DebugRegister::Bcr(n)) => n >= A57.breakpoints,
                    Handler::Backed(DebugRegister::Wvr(n) | DebugRegister::Wcr(n)) => n >= A57.watchpoints,
                    // Somebody else's.
                    Handler::Timer(register) => {
                        assert_eq!(
                            row.timer(access.direction(), from_el0),
                            defined.then_some(register),
                            "{}",
                            row.name
                        );
                        true
                    }
                    _ => false,
                };
                match outcome {
                    AccessResult::Undefined => assert!(!defined || beyond, "{} {access:?} {from_el0}", row.name),
                    AccessResult::Value(_) => assert!(defined && reads, "{}", row.name),
                    AccessResult::Done => assert!(defined && !reads, "{}", row.name),
                }
                assert!(outcome != AccessResult::Undefined || backend.writes.is_empty());
            }
        }
    }
}

#[test]
fn reset_values_are_what_a_fresh_vcpu_reads() {
    let is_cores = |handler| matches!(handler, Handler::DebugFeatures | Handler::Features { .. });
    for row in TRAP_TABLE.iter().filter(|row| !is_cores(row.handler)) {
        let Ok(outcome) = row.access(&mut Backend::default(), Access::Read, false);
        if let AccessResult::Value(value) = outcome {
            assert_eq!(value, row.reset, "{}", row.name);
        }
    }
}

#[test]
fn features_promise_what_there_is_and_nothing_else() {
    let value = Backend::default().read(named("ID_AA64DFR0_EL1"));
    assert_eq!(value, 6 | 5 << 12 | 3 << 20 | 1 << 28 | 0xf << 36);
}

#[test]
fn id_registers_promise_nothing_that_is_neither_switched_nor_trapped() {
    let field = |name: &str, lowest_bit: u32| Backend::default().read(named(name)) >> lowest_bit & 0xf;
    // PerfMon, MProfDbg, MMapTrc, CopTrc, MMapDbg, CopSDbg; then SVE, AMU, MPAM, RAS; APA, API, GPA, GPI; MTE, SME.
    [24, 20, 16, 12, 8, 4].iter().for_each(|&bit| assert_eq!(field("ID_DFR0_EL1", bit), 0));
    [32, 44, 40, 28].iter().for_each(|&bit| assert_eq!(field("ID_AA64PFR0_EL1", bit), 0));
    [4, 8, 24, 28].iter().for_each(|&bit| assert_eq!(field("ID_AA64ISAR1_EL1", bit), 0));
    [8, 24, 32].iter().for_each(|&bit| assert_eq!(field("ID_AA64PFR1_EL1", bit), 0));
    // CSV2: that predictors are kept apart, not that SCXTNUM_ELx are there.
    assert_eq!(field("ID_AA64PFR0_EL1", 56), 1);
    assert_eq!(field("ID_DFR0_EL1", 0), 0xf);
    ["ID_AA64DFR1_EL1", "ID_AA64DFR2_EL1", "ID_DFR1_EL1"].iter().for_each(|name| {
        assert_eq!(Backend::default().read(named(name)), 0, "{name}");
    });
    // What is left alone is the core's.
    ["ID_ISAR0_EL1", "MVFR0_EL1", "ID_AA64MMFR0_EL1", "ID_AA64ISAR0_EL1"].iter().for_each(|name| {
        assert_eq!(Backend::default().read(named(name)), !0, "{name}");
    });
}

#[test]
fn the_id_space_is_whole() {
    let space = (1..=7).flat_map(|crm| (0..8).map(move |op2| SysReg::new(3, 0, 0, crm, op2)));
    let (rows, reserved): (Vec<_>, Vec<_>) = space.partition(|&register| lookup(register).is_some());
    assert!(reserved.iter().all(|&register| is_reserved_feature(register)));
    assert_eq!((rows.len(), reserved.len()), (42, 14));
    let outside = (0..=u16::MAX).map(SysReg::from_packed).filter(|&register| is_reserved_feature(register)).count();
    assert_eq!(outside, reserved.len());
}

#[test]
fn b20_the_channel_is_where_drivers_look() {
    let name = |op1, crm| lookup(SysReg::new(2, op1, 0, crm, 0)).map(|row| row.name);
    assert_eq!([1, 4, 5].map(|crm| name(3, crm)), ["MDCCSR_EL0", "DBGDTR_EL0", "DBGDTRRX_EL0"].map(Some));
}
