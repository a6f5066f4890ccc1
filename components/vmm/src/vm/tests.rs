// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::boot::image::tests::{file, zimage_file};
use crate::exit::{Exit, Next};
use crate::fake::{self, FakeSerial, FakeVcpu};
use crate::vcpu::{FaultContext, VcpuReg};
use arm_trap_table::TimerRegister;
use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use proptest::prelude::*;
use std::boxed::Box;
use std::vec::Vec;

pub(crate) const PC: u64 = 0x4000_0100;
pub(crate) const UART: u64 = 0x0900_0000;
pub(crate) const GICD: u64 = 0x0800_0000;
const RAM_SIZE: usize = 1 << 20;

std::thread_local! {
    /// Words of the largest piece of RAM that was brought to memory.
    static CLEANED: Cell<usize> = const { Cell::new(0) };
}

/// What a VM is made of.
pub(crate) struct Parts {
    memory: Vec<AtomicU64>,
    kernel: Vec<u8>,
    config: &'static [u8],
}

impl Parts {
    pub(crate) fn new() -> Self {
        let memory = (0..RAM_SIZE / 8).map(|_| AtomicU64::new(0)).collect();
        Self { memory, kernel: file(0, 0x1000, 0, 0x800), config: b"name = vm\nguest = bare64\n" }
    }

    /// Of a 32-bit guest.
    pub(crate) fn aarch32() -> Self {
        Self { kernel: zimage_file(0, 0x1000, 0x800), config: b"name = vm\nguest = bare32\n", ..Self::new() }
    }

    pub(crate) fn start(&self) -> (Vm<'_, FakeSerial>, FakeVcpu) {
        let (mut vm, mut vcpu) = self.prepare();
        vm.start(&mut vcpu).expect("it starts");
        vcpu.set_pc(PC);
        vm.platform.console.serial().forget();
        (vm, vcpu)
    }

    /// Not started yet.
    pub(crate) fn prepare(&self) -> (Vm<'_, FakeSerial>, FakeVcpu) {
        let config = Config::parse(self.config).expect("a configuration");
        let images = Images { kernel: &self.kernel, initrd: &[] };
        let state = Box::leak(Box::new(State::new()));
        let ram = GuestRam::new(&self.memory, |words| CLEANED.set(CLEANED.get().max(words.len())));
        let given = Provisions {
            images,
            ram,
            disk: None,
            network: None,
            seconds: fake::seconds,
            seed: Seed::new([1, 2, 3, 4]),
        };
        (Vm::new(config, given, FakeSerial::default(), state), FakeVcpu::new())
    }
}

/// A load or store of `1 << size` bytes with x`rt`.
fn access(ipa: u64, write: bool, size: u64, rt: u64) -> Exit {
    let esr = 0x24 << 26 | 1 << 25 | 1 << 24 | size << 22 | rt << 16 | u64::from(write) << 6 | 7;
    Exit::Memory { ipa, fetch: false, esr }
}

/// An exit as a kernel without the extension tells it.
pub(crate) fn exit(vm: &mut Vm<'_, FakeSerial>, exit: Exit, vcpu: &mut FakeVcpu) -> Next {
    vcpu.has_fault = true;
    let (next, answer) = vm.exit(exit, None, None, vcpu);
    vcpu.has_fault = false;
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
    let parts = Parts::new();
    let (_, vcpu) = parts.start();
    assert_eq!((vcpu.spsr(), vcpu.x(0), vcpu.restarts), (0x3c5, 0x400f_0000, 1));
    assert_eq!(vcpu.system[&(VcpuReg::VmpidrEl2 as u64)], 1 << 31);
    assert_eq!(vcpu.system[&(VcpuReg::Sctlr as u64)] & 1, 0);
}

#[test]
fn uart_output_reaches_the_ring() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vcpu.set_x(7, 0x1_0000_0041);
    assert_eq!(exit(&mut vm, access(UART, true, 0, 7), &mut vcpu), Next::Resume);
    assert_eq!(vm.platform.console.serial().output(), "A");
    assert_eq!(vcpu.pc(), PC + 4);
}

#[test]
fn an_mmio_write_moves_few_words() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    (vcpu.words_read, vcpu.words_written) = (0, 0);
    exit(&mut vm, access(UART + 0x38, true, 2, 3), &mut vcpu);
    assert_eq!((vcpu.words_read, vcpu.words_written), (7, 1));
}

#[test]
fn input_interrupts_the_guest() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let write = |vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, ipa, value| {
        vcpu.set_x(1, value);
        exit(vm, access(ipa, true, 2, 1), vcpu);
    };
    (vcpu.interface.control, vcpu.interface.mask) = (1, 0xf8);
    write(&mut vm, &mut vcpu, GICD, 1);
    write(&mut vm, &mut vcpu, GICD + 0x104, 2);
    write(&mut vm, &mut vcpu, UART + 0x30, 0x301);
    write(&mut vm, &mut vcpu, UART + 0x38, 0x50);
    vm.platform.console.serial().input.extend(b"ls");
    assert!(!vm.pump(&mut vcpu), "it does not wait");
    assert_eq!(vcpu.injected, [(0, 33)]);
    let taken = vcpu.interface.acknowledge();
    exit(&mut vm, access(UART, false, 0, 2), &mut vcpu);
    assert_eq!(vcpu.x(2), u64::from(b'l'));
    exit(&mut vm, access(UART, false, 0, 2), &mut vcpu);
    assert_eq!(vcpu.x(2), u64::from(b's'));
    vcpu.interface.end(taken);
    let index = vcpu.interface.maintenance().expect("its end is told");
    exit(&mut vm, Exit::Maintenance { index }, &mut vcpu);
    assert_eq!((taken, vcpu.injected.len()), (33, 1));
}

#[test]
fn wfi_waits_for_the_timer_only_if_it_can_come() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let wfi = Exit::Vcpu { esr: 0x07e0_0000 };
    assert_eq!(exit(&mut vm, wfi, &mut vcpu), Next::Wait);
    assert_eq!(vm.timer_deadline(&mut vcpu), None);
    assert_eq!(vcpu.pc(), PC + 4);
    (vcpu.interface.control, vcpu.interface.mask) = (1, 0xf8);
    vm.platform.bus.gic.store(0, 4, 1, &mut vcpu);
    vm.platform.bus.gic.store(0x100, 4, 1 << 27, &mut vcpu);
    vcpu.system.insert(VcpuReg::CntvCtl as u64, 1);
    vcpu.system.insert(VcpuReg::CntvCval as u64, 1234);
    assert_eq!(exit(&mut vm, wfi, &mut vcpu), Next::Wait);
    assert_eq!(vm.timer_deadline(&mut vcpu), Some(1234));
    vcpu.system.insert(VcpuReg::CntvCval as u64, 50);
    assert_eq!(exit(&mut vm, Exit::VirtualPpi { intid: 27 }, &mut vcpu), Next::Resume);
    assert_eq!(exit(&mut vm, wfi, &mut vcpu), Next::Resume);
    exit(&mut vm, Exit::Maintenance { index: 0 }, &mut vcpu);
    assert_eq!(vcpu.acked, 1);
}

#[test]
fn wfe_is_a_hint() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    assert_eq!(exit(&mut vm, Exit::Vcpu { esr: 0x07e0_0001 }, &mut vcpu), Next::Resume);
    assert_eq!(vcpu.pc(), PC + 4);
}

#[test]
fn psci_version_off_and_reset() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0000, 0), Next::Resume);
    assert_eq!((vcpu.x(0), vcpu.pc()), (0x10001, PC + 4));
    assert_eq!(hvc(&mut vm, &mut vcpu, 0xc400_0077, 0), Next::Resume);
    assert_eq!(vcpu.x(0), u64::MAX);
    vcpu.set_x(5, 5);
    CLEANED.set(0);
    let interface_resets = vcpu.interface_resets;
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0009, 0), Next::Resume);
    assert_eq!(CLEANED.get(), parts.memory.len());
    assert_eq!(vcpu.interface_resets, interface_resets + 1);
    assert_eq!((vcpu.pc(), vcpu.x(5), vcpu.restarts), (0x4000_0000, 0, 1));
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0008, 0), Next::Stop);
    assert!(!vcpu.stopped, "the reply does that");
    assert!(vm.platform.console.serial().output().ends_with("VMM|INFO: vm: powered off\n"));
    vm.platform.console.serial().input.extend(b"x");
    assert!(!vm.pump(&mut vcpu));
}

/// The guest's tree, as it lies in its RAM.
fn rng_seed(parts: &Parts, vcpu: &FakeVcpu) -> Vec<u8> {
    use dtoolkit::{Node, Property, fdt::Fdt};
    let first = (vcpu.x(0) - crate::guest_map::RAM) as usize / 8;
    let bytes: Vec<u8> = parts.memory[first..].iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
    let length = u32::from_be_bytes(*bytes[4..].first_chunk().expect("a header")) as usize;
    let tree = Fdt::new(&bytes[..length]).expect("a device tree");
    let chosen = tree.find_node("/chosen").expect("chosen");
    chosen.property("rng-seed").expect("a seed").value().to_vec()
}

#[test]
fn each_start_has_its_own_seed() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let mut seeds = std::vec![rng_seed(&parts, &vcpu)];
    for _ in 0..3 {
        assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0009, 0), Next::Resume);
        seeds.push(rng_seed(&parts, &vcpu));
    }
    let given = Seed::new([1, 2, 3, 4]).expect("a seed");
    assert_eq!(seeds, [0, 1, 2, 3].map(|start| given.at_start(start).to_vec()));
}

#[test]
fn a_kernel_without_such_replies_is_told_that_the_guest_ended() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vcpu.stops_by_reply = false;
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0008, 0), Next::Stop);
    assert!(vcpu.stopped);
}

/// The registers of a vCPU that waits are part of the reply, or written where the kernel takes none.
#[test]
fn a_wait_s_reply_is_past_the_wfi() {
    let parts = Parts::new();
    for stops_by_reply in [true, false] {
        let (mut vm, mut vcpu) = parts.start();
        vcpu.stops_by_reply = stops_by_reply;
        let given = Some(FaultContext { pc: PC, spsr: 0x3c5, register: 31, value: 0 });
        let (next, reply) = vm.exit(Exit::Vcpu { esr: 0x07e0_0000 }, given, None, &mut vcpu);
        assert_eq!((next, reply), (Next::Wait, stops_by_reply.then_some([PC + 4, 0x3c5, 31, 0])));
        assert_eq!(vcpu.pc(), if stops_by_reply { PC } else { PC + 4 });
    }
}

#[test]
fn a_real_sel4_reports_hvc_as_unknown_syscall() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vcpu.set_x(0, 0x8400_0000);
    assert_eq!(exit(&mut vm, Exit::UnknownSyscall, &mut vcpu), Next::Resume);
    assert_eq!((vcpu.x(0), vcpu.pc()), (0x10001, PC + 4));
}

#[test]
fn nothing_there_is_an_external_abort() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vcpu.system.insert(VcpuReg::Vbar as u64, 0x4000_8000);
    exit(&mut vm, access(0x0a00_0000, false, 2, 1), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x4000_8200);
    assert_eq!(vcpu.system[&(VcpuReg::ElrEl1 as u64)], PC);
    assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)] >> 26, 0x25);
    assert_eq!(vcpu.system[&(VcpuReg::Far as u64)], 0x0a00_0000);
    let expected = "VMM|INFO: vm: read of 4 bytes at 0xa000000 (pc 0x40000100): external abort\n";
    assert_eq!(vm.platform.console.serial().output(), expected);
}

#[test]
fn a_device_access_without_syndrome_is_an_external_abort() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vcpu.system.insert(VcpuReg::Sctlr as u64, 1);
    exit(&mut vm, Exit::Memory { ipa: UART, fetch: false, esr: 0x9200_0047 }, &mut vcpu);
    assert_eq!(vcpu.pc(), 0x200);
    assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)] & 0x400, 0x400);
}

#[test]
fn unknown_registers_are_undefined_and_named() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    // mrs x1, s3_1_c15_c2_0
    exit(
        &mut vm,
        Exit::Vcpu { esr: 0x18 << 26 | 1 << 25 | 3 << 20 | 1 << 14 | 15 << 10 | 1 << 5 | 2 << 1 | 1 },
        &mut vcpu,
    );
    assert_eq!(vcpu.pc(), 0x200);
    assert_eq!(vcpu.system[&(VcpuReg::Esr as u64)], 1 << 25);
    let expected = "VMM|INFO: vm: read of s3_1_c15_c2_0 (unknown) at 0x40000100: undefined\n";
    assert_eq!(vm.platform.console.serial().output(), expected);
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
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
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
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vcpu.set_spsr(0x3c5 | 1 << 21);
    exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, 2, 2), 1, true), &mut vcpu);
    assert_eq!((vcpu.spsr(), vcpu.pc()), (0x3c5, PC + 4));
}

#[test]
fn debug_registers_beyond_the_counts_or_from_el0_are_undefined() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, 6, 4), 1, true), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x200);
    vcpu.set_spsr(0);
    exit(&mut vm, msr(arm_syndrome::SysReg::new(2, 0, 0, 0, 4), 1, true), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x400);
    assert!(vm.platform.console.serial().output().contains("read of s2_0_c0_c6_4 (DBGBVR6_EL1) at 0x40000100"));
}

#[test]
fn id_registers_come_from_the_core_and_promise_no_more_than_there_is() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let isar0 = arm_syndrome::SysReg::new(3, 0, 0, 6, 0);
    exit(&mut vm, msr(isar0, 1, true), &mut vcpu);
    assert_eq!((vcpu.x(1), vcpu.pc()), (isar0.packed().into(), PC + 4));
    exit(&mut vm, msr(arm_syndrome::SysReg::new(3, 0, 0, 5, 0), 1, true), &mut vcpu);
    assert_eq!(vcpu.x(1), 6 | 5 << 12 | 3 << 20 | 1 << 28 | 0xf << 36);
    exit(&mut vm, msr(arm_syndrome::SysReg::new(3, 0, 0, 7, 7), 1, true), &mut vcpu);
    assert_eq!((vcpu.x(1), vcpu.pc()), (0, PC + 12));
    exit(&mut vm, msr(isar0, 1, false), &mut vcpu);
    assert_eq!(vcpu.pc(), 0x200);
    assert_eq!(u64::from(vm.vcpus[0].exits.traps()), 0);
}

#[test]
fn exits_are_recorded() {
    use crate::trace::{Outcome, Trace};
    use core::sync::atomic::Ordering::Relaxed;
    let region: Vec<AtomicU64> = (0..128 + 4 * 4).map(|_| AtomicU64::new(0)).collect();
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    vm.record(Trace::new(&region, 0, "vm", 1).expect("there is room"));
    let given = |value| Some(FaultContext { pc: PC, spsr: 0x3c5, register: 1, value });
    let mdscr = arm_syndrome::SysReg::new(2, 0, 0, 2, 2);
    vm.exit(msr(mdscr, 1, false), given(0x8000), None, &mut vcpu);
    vm.exit(msr(mdscr, 1, true), given(5), None, &mut vcpu);
    vm.exit(msr(arm_syndrome::SysReg::new(2, 0, 0, 6, 4), 1, true), given(5), None, &mut vcpu);
    vm.exit(access(UART + 0x18, false, 2, 1), given(0), None, &mut vcpu);
    vm.exit(access(0x0a00_0000, false, 2, 1), given(0), None, &mut vcpu);
    vm.exit(Exit::Maintenance { index: 3 }, None, None, &mut vcpu);
    vm.exit(Exit::Vcpu { esr: 0x07e0_0000 }, None, None, &mut vcpu);
    let off = FaultContext { pc: PC, spsr: 0x3c5, register: 0, value: 0x8400_0008 };
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
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
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
        let parts = Parts::new();
        let (mut vm, mut vcpu) = parts.start();
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

#[test]
fn a_reset_leaves_nothing_of_the_physical_timer() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let timer = vm.vcpus[0].timer.change();
    timer.write(TimerRegister::Compare, 1 << 40, 0);
    timer.write(TimerRegister::Control, 1, 0);
    assert_eq!(hvc(&mut vm, &mut vcpu, 0x8400_0009, 0), Next::Resume);
    let timer = &vm.vcpus[0].timer;
    assert_eq!([TimerRegister::Compare, TimerRegister::Control].map(|register| timer.read(register, 0)), [0, 0]);
}

/// The fifth in a row, and what can happen while it waits.
#[test]
fn resets_in_a_row_wait_for_the_vcpus_own_timer() {
    const RESET: u64 = 0x8400_0009;
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    for _ in 0..phase::FREE {
        assert_eq!(hvc(&mut vm, &mut vcpu, RESET, 0), Next::Resume);
        assert_eq!((vm.platform.phase.get(), vcpu.pc()), (Phase::On, 0x4000_0000));
    }
    assert_eq!(hvc(&mut vm, &mut vcpu, RESET, 0), Next::Wait);
    let due = vcpu.now + vcpu.frequency() / 100;
    let timer = |vcpu: &FakeVcpu| [VcpuReg::CntvCtl, VcpuReg::CntvCval].map(|register| vcpu.system[&(register as u64)]);
    assert_eq!((timer(&vcpu), vcpu.pc()), ([1, due], 0));
    // Input does not wake it, and an exit that comes too early has it wait again.
    vm.platform.console.serial().input.extend(b"x");
    vcpu.stop();
    let restarts = vcpu.restarts;
    vm.notified(&mut vcpu);
    assert_eq!(vcpu.restarts, restarts);
    vcpu.now = due - 1;
    assert_eq!(exit(&mut vm, access(0, false, 2, 0), &mut vcpu), Next::Wait);
    assert_eq!((timer(&vcpu), vm.timer_deadline(&mut vcpu)), ([1, due], Some(due)));
    // A kernel that cannot wait comes to the start by an exit as well.
    vm.unpark(&vcpu);
    vcpu.now = due;
    assert_eq!(exit(&mut vm, Exit::VirtualPpi { intid: 27 }, &mut vcpu), Next::Resume);
    assert_eq!((vm.platform.phase.get(), vcpu.pc(), timer(&vcpu)), (Phase::On, 0x4000_0000, [0, 0]));
    assert!(vm.platform.console.serial().output().contains("vm: reset, number 5 in a row: waits 10 ms\n"));
}

#[test]
fn lines_about_resets_get_rare() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    for _ in 0..100 {
        hvc(&mut vm, &mut vcpu, 0x8400_0009, 0);
        vcpu.now = vm.platform.phase.waits_until(vcpu.now).unwrap_or(vcpu.now);
        if vm.platform.phase.get() == Phase::ToStart {
            assert_eq!(exit(&mut vm, Exit::VirtualPpi { intid: 27 }, &mut vcpu), Next::Resume);
        }
    }
    // The first sixteen, the 32nd and the 64th.
    assert_eq!(vm.platform.console.serial().output().lines().count(), 2 * 18);
    vcpu.now += 20_000;
    vm.platform.console.serial().forget();
    hvc(&mut vm, &mut vcpu, 0x8400_0009, 0);
    assert!(vm.platform.console.serial().output().starts_with("VMM|INFO: vm: reset\n"));
}
