// SPDX-License-Identifier: MIT OR Apache-2.0
//! AArch32 conditions and ITSTATE, exhaustively.

use arm_syndrome::*;

const A32: u64 = 0x13;
const T32: u64 = 0x13 | 1 << 5;

/// The manual's table, by name.
fn table(code: u32, Flags { n, z, c, v }: Flags) -> bool {
    match code {
        0b0000 => z,            // EQ
        0b0001 => !z,           // NE
        0b0010 => c,            // CS
        0b0011 => !c,           // CC
        0b0100 => n,            // MI
        0b0101 => !n,           // PL
        0b0110 => v,            // VS
        0b0111 => !v,           // VC
        0b1000 => c && !z,      // HI
        0b1001 => !c || z,      // LS
        0b1010 => n == v,       // GE
        0b1011 => n != v,       // LT
        0b1100 => !z && n == v, // GT
        0b1101 => z || n != v,  // LE
        _ => true,              // AL and the unconditional space
    }
}

#[test]
fn codes() {
    for code in 0..16 {
        for nzcv in 0..16_u64 {
            let spsr = Spsr(A32 | nzcv << 28);
            let flags = spsr.flags();
            assert_eq!(ConditionCode::new(code).holds(flags), table(code, flags), "{code:#x} {flags:?}");
            assert_eq!(Condition::Known(ConditionCode::new(code)).holds(spsr), table(code, flags));
        }
    }
}

#[test]
fn aarch64_ignores_conditions() {
    assert!(Condition::Known(ConditionCode::new(0)).holds(Spsr(0b0101)));
    assert!(Condition::FromItState.holds(Spsr(0x3f << 10)));
}

#[test]
fn it_state_goes_in_and_comes_out() {
    for it in 0..=u8::MAX {
        let spsr = Spsr(u64::MAX).with_it_state(it);
        assert_eq!(spsr.it_state(), it);
        assert_eq!(spsr.0 | 0x0600_fc00, u64::MAX, "only IT's bits change");
        assert_eq!(spsr.0 >> 25 & 3, u64::from(it & 3));
        assert_eq!(spsr.0 >> 10 & 0x3f, u64::from(it >> 2));
    }
}

#[test]
fn it_blocks_run_as_written() {
    // ITETE EQ: the conditions of the four instructions, then none. The mask says "else" by an inverted low bit.
    let blocks: [(u8, &[u8]); 4] =
        [(0x08, &[0x0]), (0x04, &[0x0, 0x0]), (0x0b, &[0x0, 0x1, 0x0, 0x1]), (0x17, &[0x1, 0x0, 0x1, 0x1])];
    for (it, conditions) in blocks {
        let mut context = Context { pc: 0x1000, spsr: Spsr(T32).with_it_state(it) };
        for &code in conditions {
            for zero in [0, 1_u64] {
                let spsr = Spsr(context.spsr.0 & !(0xf << 28) | zero << 30);
                assert_eq!(Condition::FromItState.holds(spsr), (code & 1 == 0) == (zero == 1), "{it:#x}");
            }
            context = context.advance(Esr::from_fields(Class::CP14_32, true, 0));
        }
        assert_eq!(context.spsr.it_state(), 0, "{it:#x}");
        assert_eq!(context.pc, 0x1000 + 4 * conditions.len() as u64);
    }
}
