// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::boot::image::tests::file;
use crate::fake::{FakeSerial, FakeVcpu};
use crate::vcpu::VcpuReg;
use arm_trap_table::DebugBackend as _;
use core::sync::atomic::AtomicU64;
use proptest::prelude::*;
use std::boxed::Box;
use std::vec::Vec;

const PC: u64 = 0x4000_0100;
const UART: u64 = 0x0900_0000;
const GICD: u64 = 0x0800_0000;
const RAM_SIZE: usize = 1 << 20;

struct Machine {
    memory: Vec<AtomicU64>,
    kernel: Vec<u8>,
}

impl Machine {
    fn new() -> Self {
        let memory = (0..RAM_SIZE / 8).map(|_| AtomicU64::new(0)).collect();
        Self { memory, kernel: file(0, 0x1000, 0, 0x800) }
    }

    fn start(&self) -> (Vm<'_, FakeSerial>, FakeVcpu) {
        let config = Config::parse(b"name = vm\nguest = bare64\n").expect("a configuration");
        let images = Images { kernel: &self.kernel, initrd: &[] };
        let state = Box::leak(Box::new(State::new()));
        let mut vm = Vm::new(config, images, GuestRam::new(&self.memory, |_| {}), FakeSerial::default(), state);
        let mut vcpu = FakeVcpu::new();
        vm.start(&mut vcpu).expect("it starts");
        vcpu.set_pc(PC);
        vm.console.serial().forget();
        (vm, vcpu)
    }
}

/// A load or store of `1 << size` bytes with x`rt`.
fn access(ipa: u64, write: bool, size: u64, rt: u64) -> Exit {
    let esr = 0x24 << 26 | 1 << 25 | 1 << 24 | size << 22 | rt << 16 | u64::from(write) << 6 | 7;
    Exit::Memory { ipa, fetch: false, esr }
}

/// An exit as a kernel without the extension tells it.
fn exit(vm: &mut Vm<'_, FakeSerial>, exit: Exit, vcpu: &mut FakeVcpu) -> Next {
    let (next, answer) = vm.exit(exit, None, None, vcpu);
    assert_eq!(answer, None);
    next
}

fn hvc(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, x0: u64, x1: u64) -> Next {
    vcpu.set_x(0, x0);
    vcpu.set_x(1, x1);
    exit(vm, Exit::Vcpu { esr: 0x5a00_0000 }, vcpu)
}

#[test]
fn starts_at_el1_with_the_device_tree() {
    let machine = Machine::new();
    let (_, vcpu) = machine.start();
    assert_eq!((vcpu.spsr(), vcpu.x(0), vcpu.restarts), (0x3c5, 0x400f_0000, 1));
    assert_eq!(vcpu.system[&(VcpuReg::VmpidrEl2 as u64)], 1 << 31);
    assert_eq!(vcpu.system[&(VcpuReg::Sctlr as u64)] & 1, 0);
}

#[test]
fn uart_output_reaches_the_ring() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vcpu.set_x(7, 0x1_0000_0041);
    assert_eq!(exit(&mut vm, access(UART, true, 0, 7), &mut vcpu), Next::Resume);
    assert_eq!(vm.console.serial().output(), "A");
    assert_eq!(vcpu.pc(), PC + 4);
}

#[test]
fn an_mmio_write_moves_few_words() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    (vcpu.words_read, vcpu.words_written) = (0, 0);
    exit(&mut vm, access(UART + 0x38, true, 2, 3), &mut vcpu);
    assert_eq!((vcpu.words_read, vcpu.words_written), (7, 1));
}

#[test]
fn input_interrupts_the_guest() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    let write = |vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, ipa, value| {
        vcpu.set_x(1, value);
        exit(vm, access(ipa, true, 2, 1), vcpu);
    };
    write(&mut vm, &mut vcpu, GICD, 1);
    write(&mut vm, &mut vcpu, GICD + 0x104, 2);
    write(&mut vm, &mut vcpu, UART + 0x30, 0x301);
    write(&mut vm, &mut vcpu, UART + 0x38, 0x50);
    vm.console.serial().input.extend(b"ls");
    assert!(vm.pump(&mut vcpu));
    assert_eq!(vcpu.injected, [(0, 33)]);
    exit(&mut vm, access(UART, false, 0, 2), &mut vcpu);
    assert_eq!(vcpu.x(2), u64::from(b'l'));
    exit(&mut vm, access(UART, false, 0, 2), &mut vcpu);
    assert_eq!(vcpu.x(2), u64::from(b's'));
    exit(&mut vm, Exit::Maintenance { index: 0 }, &mut vcpu);
    assert_eq!(vcpu.injected.len(), 1);
}

#[test]
fn wfi_waits_for_the_timer_only_if_it_can_come() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    let wfi = Exit::Vcpu { esr: 0x07e0_0000 };
    assert_eq!(exit(&mut vm, wfi, &mut vcpu), Next::Wait);
    assert_eq!(vm.timer_deadline(&mut vcpu), None);
    assert_eq!(vcpu.pc(), PC + 4);
    vm.gic.write(0, 4, 1);
    vm.gic.write(0x100, 4, 1 << 27);
    vcpu.system.insert(VcpuReg::CntvCtl as u64, 1);
    vcpu.system.insert(VcpuReg::CntvCval as u64, 1234);
    assert_eq!(exit(&mut vm, wfi, &mut vcpu), Next::Wait);
    assert_eq!(vm.timer_deadline(&mut vcpu), Some(1234));
    assert_eq!(exit(&mut vm, Exit::VirtualPpi { intid: 27 }, &mut vcpu), Next::Resume);
    assert_eq!(exit(&mut vm, wfi, &mut vcpu), Next::Resume);
    exit(&mut vm, Exit::Maintenance { index: 0 }, &mut vcpu);
    assert_eq!(vcpu.acked, 1);
}

#[test]
fn wfe_is_a_hint() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    assert_eq!(exit(&mut vm, Exit::Vcpu { esr: 0x07e0_0001 }, &mut vcpu), Next::Resume);
    assert_eq!(vcpu.pc(), PC + 4);
}

#[test]
fn psci_version_off_and_reset() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0000, 0), Next::Resume);
    assert_eq!((vcpu.x(0), vcpu.pc()), (0x10001, PC + 4));
    assert_eq!(hvc(&mut vm, &mut vcpu, 0xc400_0077, 0), Next::Resume);
    assert_eq!(vcpu.x(0), u64::MAX);
    vcpu.set_x(5, 5);
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0009, 0), Next::Stay);
    assert_eq!((vcpu.pc(), vcpu.x(5), vcpu.restarts), (0x4000_0000, 0, 2));
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0008, 0), Next::Stay);
    assert!(vm.console.serial().output().ends_with("VMM|INFO: vm: powered off\n"));
    vm.console.serial().input.extend(b"x");
    assert!(!vm.pump(&mut vcpu));
}

#[test]
fn a_real_sel4_reports_hvc_as_unknown_syscall() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vcpu.set_x(0, 0x8400_0000);
    assert_eq!(exit(&mut vm, Exit::UnknownSyscall, &mut vcpu), Next::Resume);
    assert_eq!((vcpu.x(0), vcpu.pc()), (0x10001, PC + 4));
}

#[test]
fn nothing_there_is_an_external_abort() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vcpu.system.insert(VcpuReg::Vbar as u64, 0x4000_8000);
    exit(&mut vm, access(0x0a00_0000, false, 2, 1), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x4000_8200);
    assert_eq!(vcpu.system[&(VcpuReg::ElrEl1 as u64)], PC);
    assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)] >> 26, 0x25);
    assert_eq!(vcpu.system[&(VcpuReg::Far as u64)], 0x0a00_0000);
    let expected = "VMM|INFO: vm: read of 4 bytes at 0xa000000 (pc 0x40000100): external abort\n";
    assert_eq!(vm.console.serial().output(), expected);
}

#[test]
fn a_device_access_without_syndrome_is_an_external_abort() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vcpu.system.insert(VcpuReg::Sctlr as u64, 1);
    exit(&mut vm, Exit::Memory { ipa: UART, fetch: false, esr: 0x9200_0047 }, &mut vcpu);
    assert_eq!(vcpu.pc(), 0x200);
    assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)] & 0x400, 0x400);
}

#[test]
fn unknown_registers_are_undefined_and_named() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    // mrs x1, s3_1_c15_c2_0
    exit(
        &mut vm,
        Exit::Vcpu { esr: 0x18 << 26 | 1 << 25 | 3 << 20 | 1 << 14 | 15 << 10 | 1 << 5 | 2 << 1 | 1 },
        &mut vcpu,
    );
    assert_eq!(vcpu.pc(), 0x200);
    assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)], 1 << 25);
    let expected = "VMM|INFO: vm: read of s3_1_c15_c2_0 (unknown) at 0x40000100: undefined\n";
    assert_eq!(vm.console.serial().output(), expected);
}

/// EC 0x18 with x`rt`.
fn msr(register: arm_syndrome::SysReg, rt: u64, read: bool) -> Exit {
    let (op0, op1, crn) = (u64::from(register.op0()), u64::from(register.op1()), u64::from(register.crn()));
    let (crm, op2) = (u64::from(register.crm()), u64::from(register.op2()));
    let iss = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | u64::from(read);
    Exit::Vcpu { esr: 0x18 << 26 | 1 << 25 | iss }
}

#[test]
fn debug_registers_are_kept_and_flagged_dirty() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    let dbgbvr3 = arm_syndrome::SysReg::new(2, 0, 0, 3, 4);
    vcpu.dirty = 0;
    vcpu.set_x(3, 0xffff_0000_1234_5677);
    exit(&mut vm, msr(dbgbvr3, 3, false), &mut vcpu);
    exit(&mut vm, msr(dbgbvr3, 30, true), &mut vcpu);
    assert_eq!((vcpu.x(30), vcpu.dirty, vcpu.pc()), (0xffff_0000_1234_5674, 1, PC + 8));
    vcpu.set_x(3, 1);
    exit(&mut vm, msr(dbgbvr3, 31, false), &mut vcpu);
    exit(&mut vm, msr(dbgbvr3, 3, true), &mut vcpu);
    assert_eq!(vcpu.x(3), 0);
}

#[test]
fn a_stepped_guest_steps_over_the_access_once() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vcpu.set_spsr(0x3c5 | 1 << 21);
    exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, 2, 2), 1, true), &mut vcpu);
    assert_eq!((vcpu.spsr(), vcpu.pc()), (0x3c5, PC + 4));
}

#[test]
fn debug_registers_beyond_the_counts_or_from_el0_are_undefined() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, 6, 4), 1, true), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x200);
    vcpu.set_spsr(0);
    exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, 0, 4), 1, true), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x400);
    assert!(vm.console.serial().output().contains("read of s2_0_c0_c6_4 (DBGBVR6_EL1) at 0x40000100"));
}

#[test]
fn id_registers_come_from_the_core_and_promise_no_more_than_there_is() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    let isar0 = arm_syndrome::SysReg::new(3, 0, 0, 6, 0);
    exit(&mut vm, msr(isar0, 1, true), &mut vcpu);
    assert_eq!((vcpu.x(1), vcpu.pc()), (isar0.packed().into(), PC + 4));
    exit(&mut vm, msr(arm_syndrome::SysReg::new(3, 0, 0, 5, 0), 1, true), &mut vcpu);
    assert_eq!(vcpu.x(1), 6 | 5 << 12 | 3 << 20 | 1 << 28 | 0xf << 36);
    exit(&mut vm, msr(arm_syndrome::SysReg::new(3, 0, 0, 7, 7), 1, true), &mut vcpu);
    assert_eq!((vcpu.x(1), vcpu.pc()), (0, PC + 12));
    exit(&mut vm, msr(isar0, 1, false), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x200);
    assert_eq!(u64::from(vm.journal.traps()), 0);
}

#[test]
fn exits_are_recorded() {
    use crate::trace::{Outcome, Trace};
    use core::sync::atomic::Ordering::Relaxed;
    let region: Vec<AtomicU64> = (0..128 + 4 * 4).map(|_| AtomicU64::new(0)).collect();
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vm.record(Trace::new(&region, 0, "vm", 1).expect("there is room"));
    let given = |value| Some(Given { pc: PC, spsr: 0x3c5, register: 1, value });
    let mdscr = arm_syndrome::SysReg::new(2, 0, 0, 2, 2);
    vm.exit(msr(mdscr, 1, false), given(0x8000), None, &mut vcpu);
    vm.exit(msr(mdscr, 1, true), given(5), None, &mut vcpu);
    vm.exit(msr(arm_syndrome::SysReg::new(2, 0, 0, 6, 4), 1, true), given(5), None, &mut vcpu);
    vm.exit(access(UART + 0x18, false, 2, 1), given(0), None, &mut vcpu);
    vm.exit(access(0x0a00_0000, false, 2, 1), given(0), None, &mut vcpu);
    vm.exit(Exit::Maintenance { index: 3 }, None, None, &mut vcpu);
    vm.exit(Exit::Vcpu { esr: 0x07e0_0000 }, None, None, &mut vcpu);
    let off = Given { pc: PC, spsr: 0x3c5, register: 0, value: 0x8400_0008 };
    vm.exit(Exit::Vcpu { esr: 0x5a00_0000 }, Some(off), None, &mut vcpu);
    let word = |at: usize| region[at].load(Relaxed);
    assert_eq!(word(6), 8);
    let records: Vec<_> = (0..4).map(|n| [1, 2, 3].map(|m| word(128 + 4 * n + m))).collect();
    let tail = |esr: u64, cause: u64, outcome: Outcome| (esr & 0xffff_ffff) | cause << 32 | (outcome as u64) << 40;
    // The last four have taken the places of the first.
    assert_eq!(records[0], [PC, 0x0a00_0000, tail(esr_of(access(0x0a00_0000, false, 2, 1)), 0x24, Outcome::Abort)]);
    assert_eq!(records[1], [0, 3, tail(0, 64, Outcome::Done)]);
    assert_eq!(records[2], [0, 0, tail(0x07e0_0000, 1, Outcome::Waits)]);
    assert_eq!(records[3], [PC, 0x8400_0008, tail(0x5a00_0000, 0x16, Outcome::Stopped)]);
    assert_eq!((word(7 + 0x18), word(7 + 0x24), word(7 + 64), word(7 + 1)), (3, 2, 1, 1));
    let outcomes = [Outcome::Done, Outcome::Undefined, Outcome::Abort, Outcome::Waits, Outcome::Stopped];
    assert_eq!(outcomes.map(|outcome| word(7 + 72 + outcome as usize)), [4, 1, 1, 1, 1]);
}

fn esr_of(exit: Exit) -> u64 {
    exit.cause().1.into()
}

#[test]
fn a_reset_clears_the_bank() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    vcpu.set_x(1, u64::MAX);
    for crm in 0..6 {
        exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, crm, 5), 1, false), &mut vcpu);
    }
    assert!(vcpu.debug.values().any(|&value| value != 0));
    hvc(&mut vm, &mut vcpu, 0x8400_0009, 0);
    assert!(vcpu.debug.values().all(|&value| value == 0));
}

proptest! {
    #[test]
    fn no_exit_panics(exits in proptest::collection::vec((0u64..12, any::<[u64; 4]>(), any::<u64>()), 1..60)) {
        let machine = Machine::new();
        let (mut vm, mut vcpu) = machine.start();
        for (label, mut words, x) in exits {
            // Half of the addresses hit a device.
            if words[2] & 1 == 0 { words[1] = if words[2] & 2 == 0 { UART } else { GICD } | words[1] & 0xfff; }
            vcpu.set_x((x % 31) as u8, x);
            vcpu.set_spsr(x >> 3);
            let _ = exit(&mut vm, Exit::from_message(label, &words), &mut vcpu);
            vm.pump(&mut vcpu);
        }
    }
}

/// What is left of a VM and its vCPU after an exit, by the short way (if it has one) or by the long way.
fn after(machine: &Machine, label: u64, words: [u64; 4], short: bool) -> Option<std::string::String> {
    let (mut vm, mut vcpu) = machine.start();
    let given = crate::frame::Given::from_message(label, &words).expect("a message with context");
    (0..31).for_each(|n| vcpu.set_x(n, 100 + u64::from(n)));
    vcpu.set_spsr(given.spsr);
    if given.register < 31 {
        vcpu.set_x(given.register, given.value);
    }
    vm.console.serial().input.extend(b"input");
    if short {
        let answer = if label == 8 { vm.short_trap(words, &mut vcpu) } else { vm.short_abort(words) };
        let [pc, spsr, register, value] = answer?;
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
    let traps = vm.journal.traps();
    assert!(!vm.journal.is_changed());
    let serial = vm.console.serial();
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

/// Both ways, if there are both: whether there are.
fn same_both_ways(machine: &Machine, label: u64, words: [u64; 4]) -> bool {
    let short = after(machine, label, words, true);
    if let Some(short) = &short {
        assert_eq!(Some(short), after(machine, label, words, false).as_ref(), "{label} {words:x?}");
    }
    short.is_some()
}

/// EL1h, EL0, and EL1h in the middle of a single step of its own.
const SPSRS: [u64; 3] = [0x3c5, 0, 0x20_03c5];

#[test]
fn register_accesses_are_the_same_both_ways() {
    let machine = Machine::new();
    let mut short = 0;
    for packed in 0x8000..=u16::MAX {
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
                short += usize::from(same_both_ways(&machine, 8, [esr, PC, spsr, value]));
            }
        }
    }
    assert!(short > 300, "{short} short ways");
}

#[test]
fn device_accesses_are_the_same_both_ways() {
    let machine = Machine::new();
    let mut short = 0;
    for page in [UART, GICD, 0x0a00_0000] {
        for offset in (0..0x1000).step_by(28) {
            for (size, write) in [(0, 0), (2, 0), (0, 1), (2, 1)] {
                let esr = 0x24 << 26 | 1 << 25 | 1 << 24 | size << 22 | 9 << 16 | write << 6 | 7;
                let status = esr | SPSRS[offset as usize / 4 % SPSRS.len()] << 32;
                short += usize::from(same_both_ways(&machine, 32, [status, PC, page + offset, 0xffff_ff0a]));
            }
        }
    }
    // All loads but the UART's DR.
    assert_eq!(short, 2 * 2 * 147 - 2);
    // A load of a pair, a fetch.
    assert!(!same_both_ways(&machine, 32, [0x3c5_9200_0007, PC, UART, 0]));
    assert!(!same_both_ways(&machine, 32, [0x3c5_8200_0007, PC, UART, 0]));
}

#[test]
fn hypercalls_are_the_same_both_ways() {
    let machine = Machine::new();
    let short = |function| same_both_ways(&machine, 8, [0x5a00_0000, PC, 0x3c5, function]);
    assert!(short(0x8400_0000) && short(0xffff_ffff_8400_0000) && short(0x8000_0000));
    assert!(!short(0x8400_0008) && !short(0x8400_0001) && !short(0));
    assert!(!same_both_ways(&machine, 8, [0x7e0_0000, PC, 0x3c5, 0]), "WFI");
}

#[test]
fn the_os_lock_is_written_when_it_changes_and_known_from_then_on() {
    let machine = Machine::new();
    let (mut vm, mut vcpu) = machine.start();
    let mut short = |op2: u64, crm: u64, is_read: u64, value: u64| {
        let iss = 2 << 20 | op2 << 17 | 1 << 10 | crm << 1 | 9 << 5 | is_read;
        let words = [0x18 << 26 | 1 << 25 | iss, PC, 0x3c5, value];
        let [_, _, register, value] = vm.short_trap(words, &mut vcpu).expect("a short way");
        (register, value)
    };
    let lock = lazaret_abi::fault_context::debug_write(lazaret_abi::DebugRegister::OsLock, false);
    assert_eq!(short(4, 1, 1, 0), (9, 0b1000), "OSLSR_EL1");
    assert_eq!(short(4, 0, 0, 0), (31, 0), "OSLAR_EL1: free already");
    assert_eq!(short(4, 0, 0, 3), (lock, 1));
    assert_eq!(short(4, 0, 0, 1), (31, 0));
    assert_eq!(short(4, 1, 1, 0), (9, 0b1010));
    assert_eq!(short(4, 0, 0, 0), (lock, 0));
    assert_eq!(short(4, 1, 1, 0), (9, 0b1000));
}
