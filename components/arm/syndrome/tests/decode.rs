// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decoding against bit positions written down a second time, as the manual draws them.

use arm_syndrome::*;

/// Bits `high` to `low`.
fn bits(iss: u32, high: u32, low: u32) -> u32 {
    (0..=high - low).map(|i| (iss >> (low + i) & 1) << i).sum()
}

/// The manual's table of general-purpose registers between the two states, mode by mode.
#[test]
fn registers_of_aarch32_in_the_view_of_aarch64() {
    let own: [(u8, &[(u8, u8)]); 7] = [
        (0x10, &[]),
        (0x1f, &[]),
        (0x12, &[(14, 16), (13, 17)]),
        (0x13, &[(14, 18), (13, 19)]),
        (0x17, &[(14, 20), (13, 21)]),
        (0x1b, &[(14, 22), (13, 23)]),
        (0x11, &[(8, 24), (9, 25), (10, 26), (11, 27), (12, 28), (13, 29), (14, 30)]),
    ];
    for (mode, own) in own {
        for number in 0..15 {
            let expected = own.iter().find(|(n, _)| *n == number).map_or(number, |&(_, view)| view);
            assert_eq!(Register::of_aarch32(Mode::Aarch32(mode), number).number(), expected, "{mode:#x} r{number}");
            let in_mode = Register::new(number.into()).in_mode_of(Spsr(u64::from(mode)));
            assert_eq!(in_mode.number(), expected, "{mode:#x} r{number}");
            // What is in the view already stays, and AArch64 has no banks.
            assert_eq!(Register::new(expected.into()).in_mode_of(Spsr(0x5)).number(), expected);
        }
        for view in 16..31 {
            assert_eq!(Register::new(view).in_mode_of(Spsr(u64::from(mode))).number(), view as u8);
        }
    }
}

/// Every single value instead of some.
fn is_full() -> bool {
    std::env::var_os("LAZARET_FULL").is_some()
}

/// Every ISS in steps that share no factor with 2^25; every single one if LAZARET_FULL is set.
fn all_iss() -> impl Iterator<Item = u32> {
    let step = if is_full() { 1 } else { 61 };
    (0..1 << 25).step_by(step).chain((0..25).map(|bit| 1 << bit)).chain([(1 << 25) - 1])
}

fn decode(class: Class, iss: u32) -> Syndrome {
    Esr::from_fields(class, true, iss).decode()
}

fn direction(iss: u32) -> Direction {
    if bits(iss, 0, 0) == 1 { Direction::Read } else { Direction::Write }
}

fn register(iss: u32, low: u32) -> Register {
    Register::new(bits(iss, low + 4, low).into())
}

fn condition(iss: u32) -> Condition {
    match bits(iss, 24, 24) {
        1 => Condition::Known(ConditionCode::new(bits(iss, 23, 20))),
        _ => Condition::FromItState,
    }
}

#[test]
fn every_value_of_every_class_decodes() {
    let step = if is_full() { 1 } else { 64 };
    for class in Class::all() {
        for iss in all_iss().step_by(step) {
            for il in [false, true] {
                let esr = Esr::from_fields(class, il, iss);
                assert_eq!((esr.class(), esr.is_32_bit_instruction(), esr.iss()), (class, il, iss));
                assert_eq!(Esr::new(esr.value() | 0xff << 32).decode(), esr.decode(), "bits above the register's");
            }
        }
    }
}

#[test]
fn sys_reg() {
    for iss in all_iss() {
        let Syndrome::SysReg(access) = decode(Class::SYS_REG, iss) else { panic!() };
        let r = access.register;
        assert_eq!(u32::from(r.op0()), bits(iss, 21, 20));
        assert_eq!(u32::from(r.op2()), bits(iss, 19, 17));
        assert_eq!(u32::from(r.op1()), bits(iss, 16, 14));
        assert_eq!(u32::from(r.crn()), bits(iss, 13, 10));
        assert_eq!(u32::from(r.crm()), bits(iss, 4, 1));
        assert_eq!((access.rt, access.direction), (register(iss, 5), direction(iss)));
    }
}

#[test]
fn coprocessor_32() {
    for iss in all_iss() {
        let Syndrome::Cp14(access) = decode(Class::CP14_32, iss) else { panic!() };
        assert_eq!(decode(Class::CP15_32, iss), Syndrome::Cp15(access));
        assert_eq!(decode(Class::VMRS, iss), Syndrome::Vmrs(access));
        assert_eq!(u32::from(access.opc2), bits(iss, 19, 17));
        assert_eq!(u32::from(access.opc1), bits(iss, 16, 14));
        assert_eq!(u32::from(access.crn), bits(iss, 13, 10));
        assert_eq!(u32::from(access.crm), bits(iss, 4, 1));
        assert_eq!((access.rt, access.direction), (register(iss, 5), direction(iss)));
        assert_eq!(access.condition, condition(iss));
    }
}

#[test]
fn coprocessor_64() {
    for iss in all_iss() {
        let Syndrome::Cp14Wide(access) = decode(Class::CP14_64, iss) else { panic!() };
        assert_eq!(decode(Class::CP15_64, iss), Syndrome::Cp15Wide(access));
        assert_eq!(u32::from(access.opc1), bits(iss, 19, 16));
        assert_eq!(u32::from(access.crm), bits(iss, 4, 1));
        assert_eq!((access.rt, access.rt2), (register(iss, 5), register(iss, 10)));
        assert_eq!((access.direction, access.condition), (direction(iss), condition(iss)));
    }
}

#[test]
fn coprocessor_memory() {
    for iss in all_iss() {
        let Syndrome::Cp14Memory(access) = decode(Class::CP14_MEMORY, iss) else { panic!() };
        assert_eq!(u32::from(access.imm8), bits(iss, 19, 12));
        assert_eq!((access.rn, access.add), (register(iss, 5), bits(iss, 4, 4) == 1));
        assert_eq!(u32::from(access.addressing), bits(iss, 3, 1));
        assert_eq!((access.direction, access.condition), (direction(iss), condition(iss)));
    }
}

#[test]
fn data_abort() {
    for iss in all_iss() {
        let Syndrome::DataAbort(abort) = decode(Class::DATA_ABORT_LOWER, iss) else { panic!() };
        assert_eq!(decode(Class::DATA_ABORT_SAME, iss), Syndrome::DataAbort(abort));
        assert_eq!(abort.transfer.is_some(), bits(iss, 24, 24) == 1);
        if let Some(transfer) = abort.transfer {
            assert_eq!(transfer.size.bytes(), 1 << bits(iss, 23, 22));
            assert_eq!(transfer.sign_extend, bits(iss, 21, 21) == 1);
            assert_eq!(transfer.rt, register(iss, 16));
            assert_eq!(transfer.is_64_bit, bits(iss, 15, 15) == 1);
            assert_eq!(transfer.acquire_release, bits(iss, 14, 14) == 1);
        }
        assert_eq!(abort.far_valid, bits(iss, 10, 10) == 0);
        assert_eq!(abort.cache_maintenance, bits(iss, 8, 8) == 1);
        assert_eq!(abort.table_walk, bits(iss, 7, 7) == 1);
        assert_eq!(abort.direction.is_read(), bits(iss, 6, 6) == 0);
        assert_eq!(u32::from(abort.status.value()), bits(iss, 5, 0));
    }
}

#[test]
fn transfers_extend_as_the_instructions_do() {
    let load = |size: u32, sign: u32, sf: u32, value| {
        let iss = 1 << 24 | size << 22 | sign << 21 | sf << 15;
        let Syndrome::DataAbort(abort) = decode(Class::DATA_ABORT_LOWER, iss) else { panic!() };
        abort.transfer.unwrap().loaded(value)
    };
    const V: u64 = 0xf1f2_f3f4_8586_8788;
    assert_eq!(load(0, 0, 0, V), 0x88); // ldrb w
    assert_eq!(load(0, 1, 0, V), 0xffff_ff88); // ldrsb w
    assert_eq!(load(0, 1, 1, V), 0xffff_ffff_ffff_ff88); // ldrsb x
    assert_eq!(load(1, 0, 0, V), 0x8788); // ldrh w
    assert_eq!(load(1, 1, 0, V), 0xffff_8788); // ldrsh w
    assert_eq!(load(1, 1, 1, V), 0xffff_ffff_ffff_8788); // ldrsh x
    assert_eq!(load(2, 0, 0, V), 0x8586_8788); // ldr w
    assert_eq!(load(2, 1, 1, V), 0xffff_ffff_8586_8788); // ldrsw x
    assert_eq!(load(3, 0, 1, V), V); // ldr x
}

#[test]
fn waits_and_calls() {
    let kinds = [WaitKind::Wfi, WaitKind::Wfe, WaitKind::Wfit, WaitKind::Wfet];
    for (iss, kind) in (0..).zip(kinds) {
        let wait = Wait { condition: Condition::FromItState, kind };
        assert_eq!(decode(Class::WFX, iss), Syndrome::Wait(wait));
    }
    assert_eq!(decode(Class::HVC64, 0x1ff_1234), Syndrome::Hvc(0x1234));
    assert_eq!(decode(Class::BRK64, 0xf000), Syndrome::Brk(0xf000));
    assert_eq!(decode(Class::STEP_LOWER, 1 << 24 | 1 << 6), Syndrome::Step { exclusive: Some(true) });
    assert_eq!(decode(Class::STEP_SAME, 1 << 6), Syndrome::Step { exclusive: None });
}

#[test]
fn b3_b4_registers_have_five_bits_and_the_last_is_zero() {
    for number in 0..32u8 {
        let register = arm_syndrome::Register::new(u64::from(number) | 0x20);
        assert_eq!(register.number(), number);
        assert_eq!(register.index(), (number != 31).then_some(usize::from(number)));
    }
}
