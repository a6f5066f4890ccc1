// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fast path does what the slow path does.

use crate::exit::{Exit, Next};
use crate::vcpu::{DebugBackend as _, FaultContext};
use crate::vm::tests::{GICD, PC, Parts, UART, exit};
use arm_syndrome::Coprocessor::{P14, P15};
use arm_syndrome::CpReg;
use arm_trap_table::aarch32::{CP14, CP15};
use std::vec::Vec;

/// What is left of a VM and its vCPU after an exit, on the fast path (if it has one) or on the slow one.
fn after(parts: &Parts, label: u64, words: [u64; 4], fast: bool) -> Option<std::string::String> {
    let (mut vm, mut vcpu) = parts.start();
    let given = FaultContext::from_message(label, &words).expect("a message with context");
    (0..31).for_each(|n| vcpu.set_x(n, 100 + u64::from(n)));
    vcpu.set_spsr(given.spsr);
    if given.register < 31 {
        vcpu.set_x(given.register, given.value);
    }
    vm.platform.console.serial().input.extend(b"input");
    if fast {
        let reply = if label == 8 {
            vm.fast_trap(words, &mut vcpu).or_else(|| vm.fast_trap_aarch32(words, &mut vcpu))
        } else {
            vm.fast_abort(words, &mut vcpu).or_else(|| vm.fast_abort_aarch32(words, &mut vcpu))
        };
        let [pc, spsr, register, value] = reply?;
        vcpu.set_pc(pc);
        vcpu.set_spsr(spsr);
        match lazaret_abi::fault_context::debug_written(register) {
            Some((register, dirty)) => vcpu.write(register, value, dirty).expect("it can be written"),
            None if register < 31 => vcpu.set_x(register as u8, value),
            None => {}
        }
    } else {
        assert_eq!(exit(&mut vm, Exit::from_message(label, &words), &mut vcpu), Next::Resume);
    }
    let registers: Vec<u64> = (0..31).map(|n| vcpu.x(n)).collect();
    let debug: std::collections::BTreeMap<_, _> = vcpu.debug.iter().filter(|(_, value)| **value != 0).collect();
    let traps = vm.vcpus[0].exits.traps();
    assert!(!vm.platform.journal.is_changed());
    let serial = vm.platform.console.serial();
    Some(std::format!(
        "{:#x} {:#x} {registers:x?} {debug:x?} {} {:?} {traps} {:?} {:?} {}",
        vcpu.pc(),
        vcpu.spsr(),
        vcpu.dirty,
        vcpu.injected,
        serial.output(),
        serial.input,
        serial.rings,
    ))
}

/// Both paths, if there are both: whether there are.
fn same_on_both_paths(parts: &Parts, label: u64, words: [u64; 4]) -> bool {
    let fast = after(parts, label, words, true);
    if let Some(fast) = &fast {
        assert_eq!(Some(fast), after(parts, label, words, false).as_ref(), "{label} {words:x?}");
    }
    fast.is_some()
}

/// EL1h, EL0, and EL1h in the middle of a single step of its own.
const SPSRS: [u64; 3] = [0x3c5, 0, 0x20_03c5];

#[test]
fn register_accesses_are_the_same_on_both_paths() {
    let parts = Parts::new();
    let mut fast = 0;
    for packed in 0x4000..=u16::MAX {
        let register = arm_syndrome::SysReg::from_packed(packed);
        let iss = u64::from(register.op0()) << 20
            | u64::from(register.op2()) << 17
            | u64::from(register.op1()) << 14
            | u64::from(register.crn()) << 10
            | u64::from(register.crm()) << 1;
        let named = arm_trap_table::lookup(register).is_some();
        for (rt, is_read) in [(9, 0), (9, 1), (31, 0), (31, 1)].into_iter().filter(|_| named || packed % 1024 == 0) {
            for spsr in SPSRS {
                let esr = 0x18 << 26 | 1 << 25 | iss | rt << 5 | is_read;
                let value = if rt == 31 { 0 } else { 0xf0f0_ffff_dead_beef };
                fast += usize::from(same_on_both_paths(&parts, 8, [esr, PC, spsr, value]));
            }
        }
    }
    assert!(fast > 300, "{fast} fast paths");
}

#[test]
fn device_accesses_are_the_same_on_both_paths() {
    let parts = Parts::new();
    let mut fast = 0;
    for page in [UART, GICD, 0x0a00_0000] {
        for offset in (0..0x1000).step_by(28) {
            for (size, write) in [(0, 0), (2, 0), (0, 1), (2, 1)] {
                let esr = 0x24 << 26 | 1 << 25 | 1 << 24 | size << 22 | 9 << 16 | write << 6 | 7;
                let status = esr | SPSRS[offset as usize / 4 % SPSRS.len()] << 32;
                fast += usize::from(same_on_both_paths(&parts, 32, [status, PC, page + offset, 0xffff_ff0a]));
            }
        }
    }
    // All loads but the UART's DR.
    assert_eq!(fast, 2 * 2 * 147 - 2);
    // A load of a pair, a fetch.
    assert!(!same_on_both_paths(&parts, 32, [0x3c5_9200_0007, PC, UART, 0]));
    assert!(!same_on_both_paths(&parts, 32, [0x3c5_8200_0007, PC, UART, 0]));
}

#[test]
fn hypercalls_are_the_same_on_both_paths() {
    let parts = Parts::new();
    let fast = |function| same_on_both_paths(&parts, 8, [0x5a00_0000, PC, 0x3c5, function]);
    assert!(fast(0x8400_0000) && fast(0xffff_ffff_8400_0000) && fast(0x8000_0000));
    assert!(fast(0) && fast(0x8600_fff0) && fast(0xc400_0000) && fast(0x8400_0012));
    assert!(!fast(0x8400_0002) && !fast(0xc400_0003));
    assert!(!fast(0x8400_0008) && !fast(0x8400_0001) && !fast(0x8400_000a) && !fast(0xc400_0004));
    // By SMC, and with immediates, which are no calls.
    let call = |esr, function| same_on_both_paths(&parts, 8, [esr, PC, 0x3c5, function]);
    assert!(call(0x5e00_0000, 0x8400_0000) && call(0x5e00_0000, 0x8600_fff0) && !call(0x5e00_0000, 0x8400_0008));
    assert!(
        [0x5a00_0001, 0x5a00_ffff, 0x5e00_0001].iter().all(|esr| call(*esr, 0x8400_0000) && call(*esr, 0x8400_0008))
    );
    assert!(!same_on_both_paths(&parts, 8, [0x7e0_0000, PC, 0x3c5, 0]), "WFI");
}

#[test]
fn the_os_lock_is_written_when_it_changes_and_known_from_then_on() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let mut fast = |op2: u64, crm: u64, is_read: u64, value: u64| {
        let iss = 2 << 20 | op2 << 17 | 1 << 10 | crm << 1 | 9 << 5 | is_read;
        let words = [0x18 << 26 | 1 << 25 | iss, PC, 0x3c5, value];
        let [_, _, register, value] = vm.fast_trap(words, &mut vcpu).expect("a fast path");
        (register, value)
    };
    let lock = lazaret_abi::fault_context::debug_write(lazaret_abi::DebugRegister::OsLock, false);
    assert_eq!(fast(4, 1, 1, 0), (9, 0b1000), "OSLSR_EL1");
    assert_eq!(fast(4, 0, 0, 0), (31, 0), "OSLAR_EL1: free already");
    assert_eq!(fast(4, 0, 0, 3), (lock, 1));
    assert_eq!(fast(4, 0, 0, 1), (31, 0));
    assert_eq!(fast(4, 1, 1, 0), (9, 0b1010));
    assert_eq!(fast(4, 0, 0, 0), (lock, 0));
    assert_eq!(fast(4, 1, 1, 0), (9, 0b1000));
}

/// Supervisor mode, User mode, and Supervisor mode in T32 within an IT block, with all flags.
const CPSRS: [u64; 3] = [0x1d3, 0x1d0, 0xf000_01f3 | 0b1_0110 << 10];

/// Every register of the tables, some others, in all directions; executed and not.
#[test]
fn coprocessor_accesses_are_the_same_on_both_paths() {
    let parts = Parts::aarch32();
    let registers = CP14.iter().chain(&CP15).map(|row| row.register);
    let unknown = [CpReg::new(P15, 0, 0, 4, 0), CpReg::new(P15, 0, 15, 0, 0), CpReg::new(P14, 6, 0, 0, 0)];
    let mut fast = 0;
    for register in registers.chain(unknown) {
        let class = if register.coprocessor() == P14 { 0x05_u64 } else { 0x03 };
        let iss = u64::from(register.opc2()) << 17
            | u64::from(register.opc1()) << 14
            | u64::from(register.crn()) << 10
            | u64::from(register.crm()) << 1;
        for (rt, is_read) in [(9, 0), (9, 1), (31, 0), (31, 1)] {
            for cpsr in CPSRS {
                // AL, EQ, and the one of the IT block.
                for condition in [1 << 24 | 0xe << 20, 1 << 24, 0] {
                    let esr = class << 26 | 1 << 25 | condition | iss | rt << 5 | is_read;
                    let value = if rt == 31 { 0 } else { 0xf0f0_ffff_dead_beef };
                    fast += usize::from(same_on_both_paths(&parts, 8, [esr, PC, cpsr, value]));
                }
            }
        }
    }
    assert!(fast > 2000, "{fast} fast paths");
    let hvc = |function| same_on_both_paths(&parts, 8, [0x12 << 26 | 1 << 25, PC, CPSRS[2], function]);
    assert!(hvc(0x8400_0000) && hvc(0x8000_0000) && !hvc(0x8400_0001));
    // Numbers with bit 30 are for 64-bit callers.
    assert!(hvc(0xc400_0001) && hvc(0xc400_0003) && !hvc(0x8400_0003));
    for (cpsr, iss) in CPSRS.iter().flat_map(|cpsr| [0, 1 << 19 | 1 << 24, 1 << 19].map(|iss| (*cpsr, iss))) {
        let smc = |function| same_on_both_paths(&parts, 8, [0x13 << 26 | 1 << 25 | iss, PC, cpsr, function]);
        assert!(smc(0x8400_0000) && smc(0xc400_0001) && smc(0x8600_fff0));
    }
    assert!(same_on_both_paths(&parts, 8, [0x12 << 26 | 1 << 25 | 7, PC, CPSRS[0], 0x8400_0008]));
}

#[test]
fn the_os_lock_is_known_to_32_bit_guests_too() {
    let parts = Parts::aarch32();
    let (mut vm, mut vcpu) = parts.start();
    let mut access = |crm: u64, is_read: u64, value: u64| {
        let iss = 1 << 24 | 0xe << 20 | 4 << 17 | 1 << 10 | crm << 1 | 9 << 5 | is_read;
        let words = [0x05 << 26 | 1 << 25 | iss, PC, CPSRS[0], value];
        let [_, _, register, value] = vm.fast_trap_aarch32(words, &mut vcpu).expect("a fast path");
        (register, value)
    };
    let lock = lazaret_abi::fault_context::debug_write(lazaret_abi::DebugRegister::OsLock, false);
    assert_eq!(access(1, 1, 0), (9, 0b1000), "DBGOSLSR");
    assert_eq!(access(0, 0, 1), (31, 0), "DBGOSLAR: free already, and this is not the key");
    assert_eq!(access(0, 0, 0xc5ac_ce55), (lock, 1), "DBGOSLAR");
    assert_eq!(access(0, 0, 0xc5ac_ce55), (31, 0), "locked already");
    assert_eq!(access(1, 1, 0), (9, 0b1010));
}
