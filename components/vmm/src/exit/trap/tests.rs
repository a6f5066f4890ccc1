// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every kind of trap of AArch32 as a made-up syndrome: what the guest finds afterwards, against an oracle that takes the
//! syndrome apart by itself. These are also the tests of the registers that QEMU does not have.

use crate::boot::Images;
use crate::boot::image::tests::{file, zimage_file};
use crate::config::Config;
use crate::exit::Exit;
use crate::exit::Next;
use crate::fake::{FakeSerial, FakeVcpu};
use crate::guest_ram::GuestRam;
use crate::state::State;
use crate::vcpu::{VcpuReg, VcpuState, Width};
use crate::vm::{Provisions, Vm};
use arm_syndrome::{Coprocessor, CpReg, CpReg64};
use arm_trap_table::aarch32;
use core::sync::atomic::AtomicU64;
use std::boxed::Box;
use std::format;
use std::vec::Vec;

const PC: u64 = 0x4000_9000;
const VBAR: u64 = 0x4001_0000;
const SVC: u64 = 0x1d3;
const THUMB: u64 = 1 << 5;
const CLASSES: [u64; 6] = [0x03, 0x04, 0x05, 0x06, 0x08, 0x0c];
/// What every register holds before a trap.
const BEFORE: u64 = 0x5555_0000;

/// Runs a closure with a fresh 32-bit or 64-bit VM.
fn with_vm<R>(width: Width, f: impl FnOnce(&mut Vm<'_, FakeSerial>, &mut FakeVcpu) -> R) -> R {
    let memory: Vec<_> = (0..(1 << 20) / 8).map(|_| AtomicU64::new(0)).collect();
    let (text, kernel): (&[u8], _) = match width {
        Width::Aarch64 => (b"name = vm\nguest = bare64\n", file(0, 0x1000, 0, 0x800)),
        Width::Aarch32 => (b"name = vm\nguest = bare32\n", zimage_file(0, 0x1000, 0x800)),
    };
    let config = Config::parse(text).expect("a configuration");
    let mut state = Box::new(State::new());
    let images = Images { kernel: &kernel, initrd: &[] };
    let given = Provisions {
        images,
        ram: GuestRam::new(&memory, |_| {}),
        disk: None,
        network: None,
        seconds: || 0,
        seed: None,
    };
    let mut vm = Vm::new(config, given, FakeSerial::default(), &mut state);
    let mut vcpu = FakeVcpu::new();
    vm.start(&mut vcpu).expect("it starts");
    assert_eq!(vcpu.width, width);
    vcpu.system.insert(VcpuReg::Vbar as u64, VBAR);
    f(&mut vm, &mut vcpu)
}

/// Bits `high` to `low`.
fn bits(value: u64, high: u32, low: u32) -> u64 {
    (0..=high - low).map(|i| (value >> (low + i) & 1) << i).sum()
}

/// What must become of a trap.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// An undefined instruction in the guest.
    Undefined,
    /// Nothing, and on: it failed its condition.
    Skipped,
    /// Done, and on; a read has put something into these registers.
    Done(Vec<u8>),
}

/// The manual's ConditionHolds.
fn holds(condition: u64, spsr: u64) -> bool {
    let [n, z, c, v] = [31, 30, 29, 28].map(|bit| spsr >> bit & 1 == 1);
    let result = match condition >> 1 {
        0b000 => z,
        0b001 => c,
        0b010 => n,
        0b011 => v,
        0b100 => c && !z,
        0b101 => n == v,
        0b110 => n == v && !z,
        _ => true,
    };
    if condition & 1 == 1 && condition != 0b1111 { !result } else { result }
}

fn it_state(spsr: u64) -> u64 {
    bits(spsr, 15, 10) << 2 | bits(spsr, 26, 25)
}

fn executes(iss: u64, spsr: u64) -> bool {
    let it = it_state(spsr);
    let condition = match iss >> 24 & 1 {
        1 => bits(iss, 23, 20),
        _ if it == 0 => 0b1110,
        _ => it >> 4,
    };
    holds(condition, spsr)
}

/// Is a read (or write) of what the syndrome names defined for EL1 of a fresh vCPU? The tables have tests of their own.
fn defined(class: u64, iss: u64) -> bool {
    let coprocessor = if class == 0x03 || class == 0x04 { Coprocessor::P15 } else { Coprocessor::P14 };
    let read = iss & 1 == 1;
    let direction = if read { arm_syndrome::Direction::Read } else { arm_syndrome::Direction::Write };
    let [opc1, crn, crm, opc2] = [(16, 14), (13, 10), (4, 1), (19, 17)].map(|(high, low)| bits(iss, high, low) as u8);
    match class {
        0x06 => false,
        0x08 => read && opc1 == 7 && (5..=7).contains(&crn),
        0x04 | 0x0c => {
            let register = CpReg64::new(coprocessor, bits(iss, 19, 16) as u8, crm);
            aarch32::lookup_wide(register).is_some_and(|row| row.rights.allow(direction, false))
        }
        _ => {
            let reserved = class == 0x03 && read && opc1 == 0 && crn == 0 && (1..=7).contains(&crm);
            let row = aarch32::lookup(CpReg::new(coprocessor, opc1, crn, crm, opc2));
            let number = |prefix: &str, name: &str| name.strip_prefix(prefix).and_then(|n| n.parse::<u8>().ok());
            let exists = row.is_none_or(|row| {
                let breakpoint = number("DBGBVR", row.name).or(number("DBGBCR", row.name)).is_none_or(|n| n < 6);
                let watchpoint = number("DBGWVR", row.name).or(number("DBGWCR", row.name)).is_none_or(|n| n < 4);
                breakpoint && watchpoint && number("DBGBXVR", row.name).is_none_or(|n| n == 4 || n == 5)
            });
            exists && row.map_or(reserved, |row| row.rights.allow(direction, false))
        }
    }
}

fn oracle(class: u64, iss: u64, spsr: u64) -> Expected {
    if !executes(iss, spsr) {
        return Expected::Skipped;
    }
    if !defined(class, iss) {
        return Expected::Undefined;
    }
    let registers = match class {
        _ if iss & 1 == 0 => Vec::new(),
        0x04 | 0x0c => [bits(iss, 9, 5), bits(iss, 14, 10)].into(),
        _ => [bits(iss, 9, 5)].into(),
    };
    let is_flags = |rt| rt == 31 || rt == 15 && matches!(class, 0x03 | 0x05);
    Expected::Done(registers.into_iter().filter(|&rt| !is_flags(rt)).map(|rt| supervisor(rt as u8)).collect())
}

/// What Supervisor mode has under the number of a register: its own stack pointer and link (the manual's table D1-7).
fn supervisor(rt: u8) -> u8 {
    match rt {
        13 => 19,
        14 => 18,
        rt => rt,
    }
}

/// PC and CPSR after an instruction that is over.
fn after(il: u64, spsr: u64) -> (u64, u64) {
    let length = if spsr & THUMB != 0 && il == 0 { 2 } else { 4 };
    let it = it_state(spsr);
    let next = if it & 7 == 0 { 0 } else { it & 0xe0 | it << 1 & 0x1f };
    let it_bits = 0x0600_fc00;
    let moved = (next >> 2) << 10 | (next & 3) << 25;
    ((PC + length) & 0xffff_ffff, spsr & !it_bits & !(1 << 21) | moved)
}

fn check(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, class: u64, il: u64, iss: u64, spsr: u64) {
    (0..31).for_each(|n| vcpu.set_x(n, BEFORE | u64::from(n)));
    vcpu.set_pc(PC);
    vcpu.set_spsr(spsr);
    let esr = class << 26 | il << 25 | iss;
    let (next, _) = vm.exit(Exit::Vcpu { esr }, None, None, vcpu);
    assert_eq!(next, Next::Resume);
    let changed: Vec<u8> = (0..31).filter(|&n| vcpu.x(n) != BEFORE | u64::from(n)).collect();
    let what = || format!("class {class:#x} il {il} iss {iss:#x} spsr {spsr:#x}: changed {changed:?}");
    match oracle(class, iss, spsr) {
        Expected::Undefined => {
            assert_eq!((vcpu.pc(), vcpu.spsr() & 0x1f), (VBAR + 4, 0x1b), "{}", what());
            let link = PC + if spsr & THUMB != 0 { 2 } else { 4 };
            assert_eq!((vcpu.x(22), vcpu.states[&(VcpuState::SpsrUnd as u64)]), (link, spsr), "{}", what());
            assert!(changed.iter().all(|&n| n == 22), "{}", what());
        }
        Expected::Skipped => {
            assert_eq!((vcpu.pc(), vcpu.spsr()), after(il, spsr), "{}", what());
            assert!(changed.is_empty(), "{}", what());
        }
        Expected::Done(registers) => {
            let (pc, state) = after(il, spsr);
            assert_eq!(vcpu.pc(), pc, "{}", what());
            // An MRC to register 31, which is 15 in the instruction, goes to the flags; of CP15 that is UNPREDICTABLE, and done
            // all the same.
            let is_flags = matches!(class, 0x03 | 0x05) && iss & 1 == 1 && matches!(bits(iss, 9, 5), 15 | 31);
            let flags = if is_flags { 0xf << 28 } else { 0 };
            assert_eq!(vcpu.spsr() | flags, state | flags, "{}", what());
            assert!(changed.iter().all(|n| registers.contains(n)), "{}", what());
            assert!(registers.iter().all(|&n| vcpu.x(n) <= u64::from(u32::MAX)), "32 bits: {}", what());
        }
    }
}

/// Every syndrome in steps that share no factor with 2^25; every single one if LAZARET_FULL is set.
#[test]
fn syndromes_of_every_class() {
    let step = if std::env::var_os("LAZARET_FULL").is_some() { 1 } else { 4099 };
    with_vm(Width::Aarch32, |vm, vcpu| {
        for class in CLASSES {
            for iss in (0_u64..1 << 25).step_by(step) {
                // The state as another number from the same syndrome: flags, IT, T; Supervisor mode.
                let mixed = iss.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let spsr = SVC | mixed & 0xf600_fc20;
                check(vm, vcpu, class, mixed >> 8 & 1, iss, spsr);
                vm.platform.console.serial().forget();
            }
        }
    });
}

/// B21: each condition, with each of the flags, at each position of an IT block, in both instruction sets; also where
/// the address space ends.
#[test]
fn b21_conditions_flags_and_it_positions() {
    // mrc p14, 0, rt, c0, c1, 0 with rt = r3; mcr to DBGDSCRext.
    let reads = 3 << 5 | 1 << 1 | 1;
    let writes = 1 << 17 | 3 << 5 | 2 << 1;
    with_vm(Width::Aarch32, |vm, vcpu| {
        for flags in 0..16_u64 {
            for iss in [reads, writes] {
                for condition in 0..16 {
                    let known = 1 << 24 | condition << 20 | iss;
                    check(vm, vcpu, 0x05, 1, known, SVC | flags << 28);
                }
                for it in 0..256 {
                    let state = SVC | THUMB | flags << 28 | (it >> 2) << 10 | (it & 3) << 25;
                    check(vm, vcpu, 0x05, 1, iss, state);
                }
            }
        }
        vcpu.set_pc(0xffff_fffc);
        vcpu.set_spsr(SVC);
        vm.exit(Exit::Vcpu { esr: 0x05 << 26 | 1 << 25 | 0xe << 20 | 1 << 24 | reads }, None, None, vcpu);
        assert_eq!(vcpu.pc(), 0);
    });
}

/// B4: registers of other modes by their AArch64 numbers; `MRRC` to two of them.
#[test]
fn b4_banked_registers() {
    with_vm(Width::Aarch32, |vm, vcpu| {
        // DBGCLAIMSET reads 0xff, DBGDRAR 0.
        let (claim, ram) = (6 << 17 | 7 << 10 | 8 << 1 | 1, 1 << 1 | 1);
        for rt in (0..31_u64).filter(|&rt| rt != 15) {
            let place = supervisor(rt as u8);
            vcpu.set_x(place, 1);
            vm.exit(Exit::Vcpu { esr: 0x05 << 26 | 1 << 25 | 0x1e << 20 | claim | rt << 5 }, None, None, vcpu);
            assert_eq!(vcpu.x(place), 0xff);
            let rt2 = (rt + 7) % 31;
            let place2 = supervisor(rt2 as u8);
            vcpu.set_x(place2, 1);
            let iss = 0x1e << 20 | ram | rt << 5 | rt2 << 10;
            vm.exit(Exit::Vcpu { esr: 0x0c << 26 | 1 << 25 | iss }, None, None, vcpu);
            assert_eq!((vcpu.x(place), vcpu.x(place2)), (0, 0));
        }
    });
}

/// `MRC p14, 0, APSR_nzcv, c0, c1, 0`: TXfull is the carry flag.
#[test]
fn status_to_the_flags() {
    with_vm(Width::Aarch32, |vm, vcpu| {
        vcpu.set_spsr(SVC | 0xd << 28);
        vm.exit(Exit::Vcpu { esr: 0x05 << 26 | 1 << 25 | 0x1e << 20 | 31 << 5 | 1 << 1 | 1 }, None, None, vcpu);
        assert_eq!(vcpu.spsr(), SVC | 0x2 << 28);
    });
}

/// B18: 32-bit programs, of a 32-bit kernel and of a 64-bit one: DBGDIDR, DBGDSCRint, the channel and the two addresses
/// are theirs to read, the rest is undefined, and a 64-bit kernel gets that as such.
#[test]
fn b18_programs() {
    let el0 = |name: &str| ["DBGDIDR", "DBGDSCRint", "DBGDTRRXint", "DBGDRAR", "DBGDSAR"].contains(&name);
    for width in [Width::Aarch32, Width::Aarch64] {
        with_vm(width, |vm, vcpu| {
            for row in &aarch32::CP14 {
                let register = row.register;
                let [opc1, crn, crm, opc2] = [register.opc1(), register.crn(), register.crm(), register.opc2()];
                let iss = u64::from(opc2) << 17 | u64::from(opc1) << 14 | u64::from(crn) << 10 | u64::from(crm) << 1;
                vcpu.set_pc(PC);
                vcpu.set_spsr(0x10);
                vm.exit(Exit::Vcpu { esr: 0x05 << 26 | 1 << 25 | 0x1e << 20 | iss | 1 }, None, None, vcpu);
                let undefined = match width {
                    Width::Aarch32 => VBAR + 4,
                    Width::Aarch64 => VBAR + 0x600,
                };
                assert_eq!(vcpu.pc(), if el0(row.name) { PC + 4 } else { undefined }, "{}", row.name);
            }
        });
    }
}

/// What nobody has is undefined, and the log says where: unknown numbers, trace, ThumbEE, implementation-defined c15,
/// LDC and STC with writeback at EL0.
#[test]
fn bad_accesses_are_logged_and_undefined() {
    let cases: [(u64, u64, &str); 5] = [
        (0x05, 0x1e << 20 | 3 << 14 | 9 << 10 | 1, "read of p14 3 c9 c0 0 (unknown)"),
        (0x05, 0x1e << 20 | 1 << 14, "write of p14 1 c0 c0 0 (unknown)"),
        (0x05, 0x1e << 20 | 6 << 14 | 1, "read of p14 6 c0 c0 0 (unknown)"),
        (0x03, 0x1e << 20 | 15 << 10 | 1, "read of p15 0 c15 c0 0 (unknown)"),
        (0x06, 0x1e << 20 | 1 << 12 | 2 << 5 | 1 << 4 | 0b011 << 1 | 1, "STC of DBGDTRRXint"),
    ];
    with_vm(Width::Aarch32, |vm, vcpu| {
        for (class, iss, line) in cases {
            for mode in [SVC, 0x1d0] {
                vm.platform.console.serial().forget();
                vcpu.set_pc(PC);
                vcpu.set_spsr(mode);
                vm.exit(Exit::Vcpu { esr: class << 26 | 1 << 25 | iss }, None, None, vcpu);
                assert_eq!(vcpu.pc(), VBAR + 4, "{line}");
                let expected = format!("VMM|INFO: vm: {line} at {PC:#x}: undefined\n");
                assert_eq!(vm.platform.console.serial().output(), expected);
            }
        }
    });
}

/// An address with nothing behind it, as long and as short descriptors say it, with stage 1 off and on.
#[test]
fn aborts_of_a_32_bit_guest() {
    let load = 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 1 << 16 | 7;
    with_vm(Width::Aarch32, |vm, vcpu| {
        for (ttbcr, status) in [(0_u64, 0x8_u64), (1 << 31, 0x210)] {
            vcpu.system.insert(VcpuReg::Tcr as u64, ttbcr);
            vcpu.set_pc(PC);
            vcpu.set_spsr(SVC);
            vm.exit(Exit::Memory { ipa: 0x0a00_0000, fetch: false, esr: load }, None, None, vcpu);
            assert_eq!((vcpu.pc(), vcpu.x(20), vcpu.spsr() & 0x1ff), (VBAR + 0x10, PC + 8, 0x1d7));
            assert_eq!(
                (vcpu.system[&(VcpuReg::Esr as u64)], vcpu.system[&(VcpuReg::Far as u64)]),
                (status, 0x0a00_0000)
            );
            vcpu.set_pc(0x0b00_0000);
            vm.exit(Exit::Memory { ipa: 0x0b00_0000, fetch: true, esr: 0x20 << 26 | 7 }, None, None, vcpu);
            assert_eq!((vcpu.pc(), vcpu.x(20)), (VBAR + 0xc, 0x0b00_0004));
            assert_eq!(vcpu.states[&(VcpuState::Ifsr as u64)], status);
            assert_eq!(vcpu.system[&(VcpuReg::Far as u64)], 0x0b00_0000_0a00_0000);
            vcpu.system.insert(VcpuReg::Far as u64, 0);
        }
        vcpu.system.insert(VcpuReg::Sctlr as u64, 1);
        vm.exit(Exit::Memory { ipa: 0x0a00_0000, fetch: false, esr: load | 1 << 6 }, None, None, vcpu);
        assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)], 0x210 | 1 << 11 | 1 << 16, "no virtual address");
    });
}

#[test]
fn conditional_waits_and_calls() {
    with_vm(Width::Aarch32, |vm, vcpu| {
        vcpu.set_pc(PC);
        vcpu.set_spsr(SVC);
        // wfieq, with Z clear; smceq.
        assert_eq!(vm.exit(Exit::Vcpu { esr: 0x01 << 26 | 1 << 25 | 1 << 24 }, None, None, vcpu).0, Next::Resume);
        assert_eq!(
            vm.exit(Exit::Vcpu { esr: 0x13 << 26 | 1 << 25 | 1 << 24 | 1 << 19 }, None, None, vcpu).0,
            Next::Resume
        );
        assert_eq!(vcpu.pc(), PC + 8);
        // hvc in the last place of an IT block.
        vcpu.set_x(0, 0x8400_0000);
        vcpu.set_spsr(SVC | THUMB | 1 << 30 | 2 << 10);
        vm.exit(Exit::Vcpu { esr: 0x12 << 26 | 1 << 25 }, None, None, vcpu);
        assert_eq!((vcpu.x(0), vcpu.pc(), vcpu.spsr()), (0x10001, PC + 12, SVC | THUMB | 1 << 30));
    });
}

#[test]
fn a_32_bit_guest_starts_in_supervisor_mode() {
    with_vm(Width::Aarch32, |_, vcpu| {
        assert_eq!((vcpu.spsr(), vcpu.pc()), (SVC, 0x4000_8000));
        assert_eq!([0, 1, 2].map(|n| vcpu.x(n)), [0, 0xffff_ffff, 0x400f_0000]);
        assert_eq!(vcpu.system[&(VcpuReg::Sctlr as u64)], 0x00c5_0078);
    });
}

#[test]
fn a_core_or_a_kernel_without_aarch32_is_named() {
    let memory: Vec<_> = (0..(1 << 20) / 8).map(|_| AtomicU64::new(0)).collect();
    let kernel = zimage_file(0, 0x1000, 0x800);
    let config = Config::parse(b"name = vm\nguest = bare32\n").expect("a configuration");
    let mut state = Box::new(State::new());
    let images = Images { kernel: &kernel, initrd: &[] };
    let given = Provisions {
        images,
        ram: GuestRam::new(&memory, |_| {}),
        disk: None,
        network: None,
        seconds: || 0,
        seed: None,
    };
    let mut vm = Vm::new(config, given, FakeSerial::default(), &mut state);
    let mut vcpu = FakeVcpu::new();
    vcpu.has_aarch32 = false;
    for (kernel_counts, why) in [(true, "this core's EL1 is 64-bit only"), (false, "this seL4 has 64-bit vCPUs only")] {
        vcpu.kernel_counts = kernel_counts;
        let error = vm.start(&mut vcpu).expect_err("it cannot start");
        assert_eq!(format!("{error}"), format!("the guest is 32-bit, and {why}"));
    }
}
