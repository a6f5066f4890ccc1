// SPDX-License-Identifier: MIT OR Apache-2.0
//! What accesses do.

mod common;

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult, DebugRegister};
use common::{Backend, named};
use proptest::prelude::*;

/// The 20 numbered registers of an A57.
fn bank() -> impl Iterator<Item = SysReg> {
    let register = |n, op2| SysReg::new(2, 0, 0, n, op2);
    (0..6)
        .flat_map(move |n| [register(n, 4), register(n, 5)])
        .chain((0..4).flat_map(move |n| [register(n, 6), register(n, 7)]))
}

#[test]
fn b2_all_indexes_are_their_own() {
    let mut backend = Backend::default();
    // In the bits that LBN, BT and WT take in a control.
    (1..).zip(bank()).for_each(|(i, register)| backend.write(register, i << 16));
    (1..).zip(bank()).for_each(|(i, register)| assert_eq!(backend.read(register), i << 16, "{register}"));
}

#[test]
fn writes_flag_the_state_dirty_and_reads_do_not() {
    let mut backend = Backend::default();
    backend.write(named("MDSCR_EL1"), 1 << 15);
    backend.write(named("DBGBVR3_EL1"), 0x1000);
    assert_eq!(backend.writes, [(DebugRegister::Mdscr, true), (DebugRegister::Bvr(3), true)]);
    bank().for_each(|register| _ = backend.read(register));
    assert_eq!(backend.writes.len(), 2);
}

#[test]
fn b9_os_lock() {
    let mut backend = Backend::default();
    let (oslar, oslsr) = (named("OSLAR_EL1"), named("OSLSR_EL1"));
    for (written, status) in [(0, 0b1000), (1, 0b1010), (0xfffe, 0b1000), (0xffff, 0b1010)] {
        backend.write(oslar, written);
        assert_eq!(backend.read(oslsr), status);
    }
    assert_eq!(backend.access(oslsr, Access::Write(0)), AccessResult::Undefined);
    assert_eq!(backend.access(oslar, Access::Read), AccessResult::Undefined);
    assert!(backend.writes.iter().all(|(register, dirty)| *register == DebugRegister::OsLock && !dirty));
}

#[test]
fn claim_tags() {
    let mut backend = Backend::default();
    let (set, clear) = (named("DBGCLAIMSET_EL1"), named("DBGCLAIMCLR_EL1"));
    backend.write(set, 0xffff_ffa5);
    backend.write(clear, 0x81);
    backend.write(set, 0x02);
    assert_eq!((backend.read(set), backend.read(clear)), (0xff, 0x26));
}

#[test]
fn b19_nobody_believes_in_the_channel() {
    let mut backend = Backend::default();
    assert_eq!(backend.read(named("MDCCSR_EL0")), 1 << 29);
    backend.write(named("DBGDTRRX_EL0"), 0x41);
    assert_eq!(backend.read(named("DBGDTRRX_EL0")), 0);
    assert!(backend.writes.is_empty());
}

proptest! {
    /// A value once written reads back the same and can be written again without a change.
    #[test]
    fn masks_are_idempotent(value: u64) {
        let mut backend = Backend::default();
        for register in bank().chain([named("MDSCR_EL1"), named("MDCCINT_EL1")]) {
            backend.write(register, value);
            let once = backend.read(register);
            backend.write(register, once);
            prop_assert_eq!(backend.read(register), once);
            prop_assert_eq!(once & !value & !(0b1010 << 5), 0, "only BAS copies a bit");
        }
    }
}

#[test]
fn b9_only_the_lowest_bit_locks() {
    let mut backend = Backend::default();
    backend.write(named("OSLAR_EL1"), !1);
    assert_eq!(backend.writes.last(), Some(&(DebugRegister::OsLock, false)));
    assert_eq!(backend.registers[&DebugRegister::OsLock.to_word()], 0);
}
