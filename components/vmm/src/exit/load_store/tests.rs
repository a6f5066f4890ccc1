// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::exit::Exit;
use crate::fake::{FakeSerial, FakeVcpu};
use crate::guest_map::RAM;
use crate::vcpu::VcpuReg;
use crate::vm::Vm;
use crate::vm::tests::{GICD, PC, Parts, UART, exit};
use std::vec::Vec;

/// A place in the distributor that keeps what is written: priorities, of five bits each.
const PLACE: u64 = GICD + 0x420;
const VBAR: u64 = 0x4000_8000;
const SVC: u64 = 0x1d3;

/// A data abort without a description, at an address.
fn abort(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, ipa: u64, more: u64) {
    exit(vm, Exit::Memory { ipa, fetch: false, esr: 0x24 << 26 | 1 << 25 | more | 7 }, vcpu);
}

/// Puts an instruction where the guest stands, and runs a closure.
fn at(parts: &Parts, code: &[u8], then: impl FnOnce(&mut Vm<'_, FakeSerial>, &mut FakeVcpu)) {
    let (mut vm, mut vcpu) = parts.start();
    assert!(vm.platform.backing.ram.write(PC - RAM, code));
    vcpu.system.insert(VcpuReg::Vbar as u64, VBAR);
    then(&mut vm, &mut vcpu);
}

fn a64(word: u32, then: impl FnOnce(&mut Vm<'_, FakeSerial>, &mut FakeVcpu)) {
    at(&Parts::new(), &word.to_le_bytes(), then);
}

fn a32(word: u32, then: impl FnOnce(&mut Vm<'_, FakeSerial>, &mut FakeVcpu)) {
    at(&Parts::aarch32(), &word.to_le_bytes(), |vm, vcpu| {
        vcpu.set_spsr(SVC);
        then(vm, vcpu);
    });
}

/// The words at a place of the distributor.
fn words<const N: usize>(vm: &Vm<'_, FakeSerial>, place: u64) -> [u64; N] {
    let mut port = FakeVcpu::new();
    core::array::from_fn(|n| vm.platform.bus.gic.load((place - GICD) as u16 + 4 * n as u16, 4, &mut port))
}

fn fill(vm: &mut Vm<'_, FakeSerial>, place: u64, values: &[u64]) {
    for (n, &value) in values.iter().enumerate() {
        vm.platform.bus.gic.store((place - GICD) as u16 + 4 * n as u16, 4, value, &mut FakeVcpu::new());
    }
}

/// What the guest finds of a data abort: vector, DFSC and WnR, FAR.
fn injected(vcpu: &FakeVcpu) -> (u64, u64, u64) {
    let system = |register| vcpu.system[&(register as u64)];
    (vcpu.pc(), system(VcpuReg::Esr) & 0x47f, system(VcpuReg::Far))
}

#[test]
fn a_pair_is_stored_and_loaded_with_its_base() {
    // stp w1, w2, [x3], #8
    a64(0x2881_0861, |vm, vcpu| {
        vcpu.set_x(1, 0x1122_3344_0810_1820);
        vcpu.set_x(2, 0x2830_3840);
        vcpu.set_x(3, PLACE);
        abort(vm, vcpu, PLACE, 1 << 6);
        assert_eq!(words(vm, PLACE), [0x0810_1820, 0x2830_3840]);
        assert_eq!((vcpu.x(3), vcpu.pc()), (PLACE + 8, PC + 4));
    });
    // ldpsw x1, x2, [x3, #-8]!
    a64(0x69ff_0861, |vm, vcpu| {
        fill(vm, PLACE, &[0x8000_0008, 0x0000_0010]);
        vcpu.set_x(3, PLACE + 8);
        abort(vm, vcpu, PLACE, 0);
        assert_eq!((vcpu.x(1), vcpu.x(2), vcpu.x(3)), (0xffff_ffff_8000_0008, 0x10, PLACE));
    });
}

/// SP of EL1, and that of EL0.
#[test]
fn the_stack_pointer_is_that_of_the_level() {
    // ldr w1, [sp], #4
    for (spsr, is_el1) in [(0x3c5, true), (0x3c4, false), (0, false)] {
        a64(0xb840_47e1, |vm, vcpu| {
            fill(vm, PLACE, &[0x0810_1820]);
            vcpu.set_spsr(spsr);
            vcpu.system.insert(VcpuReg::SpEl1 as u64, if is_el1 { PLACE } else { 0x10 });
            vcpu.set_sp(if is_el1 { 0x20 } else { PLACE });
            abort(vm, vcpu, PLACE, 0);
            let sp_el1 = vcpu.system[&(VcpuReg::SpEl1 as u64)];
            let expected = if is_el1 { (PLACE + 4, 0x20) } else { (0x10, PLACE + 4) };
            assert_eq!((vcpu.x(1), (sp_el1, vcpu.sp())), (0x0810_1820, expected));
        });
    }
}

#[test]
fn vectors_are_loaded_and_stored() {
    // ldr q2, [x3]; the rest of a scalar's register becomes zero.
    for (word, expected) in [(0x3dc0_0062, [0x2830_3840_0810_1820, 0x4850_5860]), (0xbd40_0062, [0x0810_1820, 0])] {
        a64(word, |vm, vcpu| {
            fill(vm, PLACE, &[0x0810_1820, 0x2830_3840, 0x4850_5860, 0]);
            vcpu.vectors.fill(u64::MAX);
            vcpu.set_x(3, PLACE);
            abort(vm, vcpu, PLACE, 0);
            assert_eq!(vcpu.vectors[4..6], expected);
            assert!(vcpu.vectors[..4].iter().chain(&vcpu.vectors[6..]).all(|&word| word == u64::MAX));
            assert_eq!(vcpu.pc(), PC + 4);
        });
    }
    // st2 {v31.2s, v0.2s}, [x3], x4
    a64(0x0c84_887f, |vm, vcpu| {
        (vcpu.vectors[62], vcpu.vectors[0]) = (0x0000_0018_0000_0008, 0x0000_0020_0000_0010);
        vcpu.set_x(3, PLACE);
        vcpu.set_x(4, 0x100);
        abort(vm, vcpu, PLACE, 1 << 6);
        assert_eq!((words(vm, PLACE), vcpu.x(3)), ([0x08, 0x10, 0x18, 0x20], PLACE + 0x100));
    });
}

/// A kernel that has no vectors to give.
#[test]
fn vectors_out_of_reach_are_an_external_abort() {
    a64(0x3dc0_0062, |vm, vcpu| {
        vcpu.kernel_counts = false;
        vcpu.set_x(3, PLACE);
        abort(vm, vcpu, PLACE, 0);
        assert_eq!(injected(vcpu), (VBAR + 0x200, 0x10, PLACE));
    });
}

#[test]
fn an_exclusive_or_atomic_access_is_unsupported() {
    // ldxr w1, [x3]; stxr w4, w1, [x3]; ldadd w1, w2, [x3]; dc zva, x3
    let cases = [(0x885f_7c61, 0x35), (0x8804_7c61, 0x35), (0xb821_0062, 0x35), (0xd50b_7423, 0x21)];
    for ((word, status), write) in cases.into_iter().zip([0, 1, 1, 1]) {
        a64(word, |vm, vcpu| {
            vcpu.set_x(3, PLACE);
            abort(vm, vcpu, PLACE, write << 6);
            assert_eq!(injected(vcpu), (VBAR + 0x200, status | write << 6, PLACE), "{word:#x}");
        });
    }
}

#[test]
fn cache_maintenance_of_a_device_does_nothing() {
    // dc cvac, x3
    a64(0xd50b_7a23, |vm, vcpu| {
        abort(vm, vcpu, UART, 1 << 8 | 1 << 6);
        assert_eq!(vcpu.pc(), PC + 4);
        assert_eq!(vm.platform.console.serial().output(), "");
    });
}

/// The half that would be done of a pair whose other half is nowhere changes no register.
#[test]
fn an_access_that_leaves_the_device_aborts_at_its_address() {
    // ldp w1, w2, [x3], #8 at the distributor's last word
    a64(0x28c1_0861, |vm, vcpu| {
        vcpu.set_x(1, 1);
        vcpu.set_x(2, 2);
        vcpu.set_x(3, GICD + 0xffc);
        abort(vm, vcpu, GICD + 0xffc, 0);
        assert_eq!(injected(vcpu), (VBAR + 0x200, 0x10, GICD + 0x1000));
        assert_eq!((vcpu.x(1), vcpu.x(2), vcpu.x(3)), (1, 2, GICD + 0xffc));
    });
}

/// What is in memory is not what the guest executed.
#[test]
fn an_instruction_that_cannot_be_it_is_an_external_abort() {
    for word in [0xd503_201f, 0x2881_0861, 0xffff_ffff] {
        a64(word, |vm, vcpu| {
            vcpu.set_x(3, PLACE + 0x100);
            abort(vm, vcpu, PLACE, 0);
            assert_eq!(injected(vcpu), (VBAR + 0x200, 0x10, PLACE));
        });
    }
}

#[test]
fn lists_of_a32() {
    // ldmib r3!, {r1, r2, lr}
    a32(0xe9b3_4006, |vm, vcpu| {
        fill(vm, PLACE, &[0x08, 0x10, 0x18]);
        vcpu.set_x(3, PLACE - 4);
        abort(vm, vcpu, PLACE, 0);
        assert_eq!((vcpu.x(1), vcpu.x(2), vcpu.x(18)), (0x08, 0x10, 0x18));
        assert_eq!((vcpu.x(3), vcpu.pc()), (PLACE + 8, PC + 4));
    });
    // stmdb sp!, {r1, pc}: the stack pointer of Supervisor mode, and PC is two instructions on, 0x4000_0108, of which the
    // distributor keeps five bits a byte.
    a32(0xe92d_8002, |vm, vcpu| {
        vcpu.set_x(1, 0x08);
        vcpu.set_x(19, PLACE + 8);
        abort(vm, vcpu, PLACE, 1 << 6);
        assert_eq!((words(vm, PLACE), vcpu.x(19)), ([0x08, 0x4000_0008], PLACE));
    });
    // stmia r3, {r13, r14}^: those of User mode.
    a32(0xe8c3_6000, |vm, vcpu| {
        vcpu.set_x(3, PLACE);
        vcpu.set_x(13, 0x30);
        vcpu.set_x(14, 0x38);
        vcpu.set_x(18, 0x40);
        vcpu.set_x(19, 0x48);
        abort(vm, vcpu, PLACE, 1 << 6);
        assert_eq!(words(vm, PLACE), [0x30, 0x38]);
    });
}

#[test]
fn a_load_of_pc_goes_there_in_its_instruction_set() {
    // ldr pc, [r3], #4
    for (value, thumb) in [(0x4000_0881, true), (0x4000_0880, false)] {
        a32(0xe493_f004, |vm, vcpu| {
            // The distributor keeps no low bits: an address in RAM stands for it.
            assert!(vm.platform.backing.ram.write(0x8000, &(value as u32).to_le_bytes()));
            vcpu.set_x(3, RAM + 0x8000);
            abort(vm, vcpu, RAM + 0x8000, 0);
            assert_eq!((vcpu.pc(), vcpu.spsr() & 0x20 != 0), (value & !1, thumb));
            assert_eq!(vcpu.x(3), RAM + 0x8004);
        });
    }
}

/// Two bytes long, and in an IT block.
#[test]
fn a_narrow_thumb_instruction_is_stepped_over() {
    // ldmia r3!, {r1, r2}
    at(&Parts::aarch32(), &0xcb06_u16.to_le_bytes(), |vm, vcpu| {
        fill(vm, PLACE, &[0x08, 0x10]);
        vcpu.set_spsr(SVC | 1 << 5 | 0x08 << 8);
        vcpu.set_x(3, PLACE);
        abort(vm, vcpu, PLACE, 0);
        assert_eq!((vcpu.x(1), vcpu.x(2), vcpu.x(3)), (0x08, 0x10, PLACE + 8));
        assert_eq!((vcpu.pc(), vcpu.spsr()), (PC + 2, SVC | 1 << 5));
    });
}

/// A register that the syndrome describes by its number in the instruction is that of the mode.
#[test]
fn a_described_transfer_register_is_that_of_its_mode() {
    let modes: [(u64, u8, u64); 8] = [
        (0x13, 14, 18),
        (0x12, 14, 16),
        (0x11, 14, 30),
        (0x11, 8, 24),
        (0x17, 13, 21),
        (0x1b, 14, 22),
        (0x1f, 14, 14),
        (0x13, 12, 12),
    ];
    for (mode, number, place) in modes {
        a32(0, |vm, vcpu| {
            vcpu.set_spsr(0x1c0 | mode);
            fill(vm, PLACE, &[0x0810_1820]);
            let described = 1 << 24 | 2 << 22 | u64::from(number) << 16;
            abort(vm, vcpu, PLACE, described);
            assert_eq!(vcpu.x(place as u8), 0x0810_1820, "mode {mode:#x}");
            vcpu.set_x(place as u8, 0x2830_3840);
            abort(vm, vcpu, PLACE, described | 1 << 6);
            assert_eq!(words(vm, PLACE), [0x2830_3840], "mode {mode:#x}");
        });
    }
}

#[test]
fn big_endian_data_are_turned_round() {
    // strd r0, r1, [r3]; and a described halfword.
    a32(0xe1c3_00f0, |vm, vcpu| {
        vcpu.set_spsr(SVC | 1 << 9);
        vcpu.set_x(0, 0x0810_1820);
        vcpu.set_x(1, 0x2830_3840);
        vcpu.set_x(3, PLACE);
        abort(vm, vcpu, PLACE, 1 << 6);
        assert_eq!(words(vm, PLACE), [0x2018_1008, 0x4038_3028]);
        abort(vm, vcpu, PLACE, 1 << 24 | 1 << 22 | 2 << 16);
        assert_eq!(vcpu.x(2), 0x0810);
    });
}

/// Stage 1 is on, with its tables outside RAM: on hardware the walk is what fails.
#[test]
fn a_walk_that_leaves_ram_says_at_which_level() {
    // ldr w1, [x3]; the fetch's own table is in RAM.
    a64(0xb940_0061, |vm, vcpu| {
        // T0SZ 25: three levels of 4 KiB. Level 1: RAM is one block, the first GiB has its table nowhere.
        let table = RAM + 0x9000;
        let entries: Vec<u8> = [0x0a00_0003_u64, RAM | 1].iter().flat_map(|entry| entry.to_le_bytes()).collect();
        assert!(vm.platform.backing.ram.write(table - RAM, &entries));
        let registers = [(VcpuReg::Sctlr, 1), (VcpuReg::Tcr, 25 | 1 << 23), (VcpuReg::Ttbr0, table)];
        vcpu.system.extend(registers.map(|(register, value)| (register as u64, value)));
        vcpu.set_x(3, 0x0900_0000);
        abort(vm, vcpu, 0x0a00_0240, 1 << 7);
        assert_eq!(injected(vcpu), (VBAR + 0x200, 0x16, 0x0900_0000));
        vcpu.set_pc(0x0900_0004);
        let esr = 0x20 << 26 | 1 << 25 | 1 << 7 | 7;
        exit(vm, Exit::Memory { ipa: 0x0a00_0240, fetch: true, esr }, vcpu);
        assert_eq!(injected(vcpu), (VBAR + 0x200, 0x16, 0x0900_0004));
    });
}

/// With stage 1 on, the guest is told the virtual address of an access that the syndrome describes as well.
#[test]
fn an_external_abort_has_the_virtual_address() {
    // ldr w1, [x3, #8]
    a64(0xb940_0861, |vm, vcpu| {
        let table = RAM + 0x9000;
        let entries: Vec<u8> = [1_u64, RAM | 1].iter().flat_map(|entry| entry.to_le_bytes()).collect();
        assert!(vm.platform.backing.ram.write(table - RAM, &entries));
        let registers = [(VcpuReg::Sctlr, 1), (VcpuReg::Tcr, 25 | 1 << 23), (VcpuReg::Ttbr0, table)];
        vcpu.system.extend(registers.map(|(register, value)| (register as u64, value)));
        vcpu.set_x(3, 0x3000_0000);
        abort(vm, vcpu, 0x3000_0008, 1 << 24 | 2 << 22 | 1 << 16);
        assert_eq!(injected(vcpu), (VBAR + 0x200, 0x10, 0x3000_0008));
    });
}
