// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions given to an AArch32 EL1, against the manual's pseudocode written down a second time.

use arm_syndrome::inject::{DataFault, Vectors};
use arm_syndrome::inject32::{self, Bank, Injected};
use arm_syndrome::*;
use proptest::prelude::*;

const V: u64 = 1 << 13;
const SPAN: u64 = 1 << 23;
const EE: u64 = 1 << 25;
const TE: u64 = 1 << 30;

#[derive(Clone, Copy)]
enum Kind {
    Undefined,
    Prefetch,
    Data,
}

fn inject(kind: Kind, at: Context, el1: Vectors) -> Injected {
    match kind {
        Kind::Undefined => inject32::undefined(at, el1),
        Kind::Prefetch => inject32::prefetch_abort(at, el1),
        Kind::Data => inject32::data_abort(at, el1),
    }
}

/// AArch32.EnterMode, TakeUndefInstrException, TakePrefetchAbortException and TakeDataAbortException, field by field.
fn expected(kind: Kind, pc: u32, cpsr: u32, vbar: u32, sctlr: u32) -> (u32, u32, u32, u8) {
    let thumb = cpsr >> 5 & 1 == 1;
    let (mode, vector, offset, lr) = match kind {
        Kind::Undefined => (0b11011, 0x04, if thumb { 2 } else { 4 }, 22),
        Kind::Prefetch => (0b10111, 0x0c, 4, 20),
        Kind::Data => (0b10111, 0x10, 8, 20),
    };
    let mut state = cpsr & 0xf000_0000;
    state |= cpsr & (1 << 27);
    state |= cpsr & (0b1111 << 16);
    state |= cpsr & (1 << 6);
    state |= 1 << 7;
    state |= if mode == 0b10111 { 1 << 8 } else { cpsr & (1 << 8) };
    state |= if sctlr >> 23 & 1 == 0 { 1 << 22 } else { cpsr & (1 << 22) };
    state |= (sctlr >> 30 & 1) << 5;
    state |= (sctlr >> 25 & 1) << 9;
    state |= mode;
    let base = if sctlr >> 13 & 1 == 1 { 0xffff_0000 } else { vbar & !0x1f };
    (base + vector, state, pc.wrapping_add(offset), lr)
}

fn check(kind: Kind, pc: u32, cpsr: u32, vbar: u32, sctlr: u32) {
    let at = Context { pc: pc.into(), spsr: Spsr(cpsr.into()) };
    let injected = inject(kind, at, Vectors { vbar: vbar.into(), sctlr: sctlr.into() });
    let (vector, state, link, register) = expected(kind, pc, cpsr, vbar, sctlr);
    assert_eq!(injected.context, Context { pc: vector.into(), spsr: Spsr(state.into()) });
    assert_eq!((injected.link, injected.spsr, injected.bank.link().number()), (link, cpsr.into(), register));
}

#[test]
fn every_mode_and_state() {
    for mode in [0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f] {
        for bits in 0..64_u32 {
            // T, F, I, A, E and IT.
            let cpsr = mode | (bits & 31) << 5 | ((bits >> 5) * 0x0600_fc00) | 0x6 << 28;
            for controls in 0..16 {
                let bit = |n: u32, mask: u64| if controls >> n & 1 == 1 { mask as u32 } else { 0 };
                let sctlr = bit(0, V) | bit(1, SPAN) | bit(2, EE) | bit(3, TE);
                for kind in [Kind::Undefined, Kind::Prefetch, Kind::Data] {
                    check(kind, 0xffff_fffe, cpsr, 0x4000_8000, sctlr);
                }
            }
        }
    }
}

#[test]
fn fault_status_by_descriptor_format() {
    const EAE: u64 = 1 << 31;
    let fetch = inject32::fetch_fault_status;
    let data = |status, direction, ttbcr| inject32::data_fault_status(DataFault { status, direction }, ttbcr);
    let external = FaultStatus::EXTERNAL;
    assert_eq!((fetch(external, 0), fetch(external, EAE)), (0b01000, 1 << 9 | 0b010000));
    assert_eq!(data(external, Direction::Write, EAE), 1 << 11 | 1 << 9 | 0b010000);
    assert_eq!(data(external, Direction::Read, 0), 0b01000);
    // FS is bit 10 and bits 3:0 of a short descriptor's status.
    let walks = [1, 2].map(|level| fetch(FaultStatus::external_on_walk(level), 0));
    assert_eq!(walks, [0b01100, 0b01110]);
    assert_eq!(fetch(FaultStatus::external_on_walk(3), EAE), 1 << 9 | 0b010111);
    assert_eq!(data(FaultStatus::UNSUPPORTED_EXCLUSIVE, Direction::Write, 0), 1 << 11 | 1 << 10 | 0b0101);
    assert_eq!(data(FaultStatus::UNSUPPORTED_EXCLUSIVE, Direction::Read, EAE), 1 << 9 | 0b110101);
    assert_eq!(data(FaultStatus::ALIGNMENT, Direction::Read, 0), 0b00001);
    assert_eq!((Bank::Abort.link().number(), Bank::Undefined.link().number()), (20, 22));
}

proptest! {
    #[test]
    fn any_state(pc: u32, cpsr: u32, vbar: u32, sctlr: u32) {
        for kind in [Kind::Undefined, Kind::Prefetch, Kind::Data] {
            // M[4] is set in all modes of AArch32.
            check(kind, pc, cpsr | 1 << 4, vbar, sctlr);
        }
    }

    #[test]
    fn flags_from_a_word(spsr: u64, word: u64) {
        let after = Spsr(spsr).with_nzcv(word);
        prop_assert_eq!(after.0 & 0xf000_0000, word & 0xf000_0000);
        prop_assert_eq!(after.0 & !0xf000_0000, spsr & !0xf000_0000);
    }
}
