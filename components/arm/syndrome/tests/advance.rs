// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stepping over an instruction, and injecting exceptions.

use arm_syndrome::inject::{DataFault, Vectors};
use arm_syndrome::*;
use proptest::prelude::*;

fn esr(il: bool) -> Esr {
    Esr::from_fields(Class::SYS_REG, il, 0)
}

#[test]
fn lengths() {
    let advance = |pc, spsr, il| Context { pc, spsr: Spsr(spsr) }.advance(esr(il)).pc;
    assert_eq!(advance(0x1000, 0b0101, true), 0x1004);
    assert_eq!(advance(0x1000, 0x13, true), 0x1004);
    assert_eq!(advance(0x1000, 0x33, true), 0x1004);
    assert_eq!(advance(0x1000, 0x33, false), 0x1002);
    // IL says nothing about A64.
    assert_eq!(advance(0x1000, 0b0101, false), 0x1004);
    // B21: the last word of each address space.
    assert_eq!(advance(0xffff_fffc, 0x13, true), 0);
    assert_eq!(advance(0xffff_fffc, 0b0101, true), 0x1_0000_0000);
    assert_eq!(advance(u64::MAX - 3, 0b0101, true), 0);
}

#[test]
fn vectors_by_origin() {
    let el1 = Vectors { vbar: 0xffff_8000_0001_0800, sctlr: 1 << 23 };
    for (mode, offset) in [(0b0100, 0), (0b0101, 0x200), (0b0000, 0x400), (0x10, 0x600)] {
        let injected = inject::undefined(Context { pc: 0x40, spsr: Spsr(mode) }, el1);
        assert_eq!(injected.context.pc, el1.vbar + offset);
        assert_eq!(injected.esr.value(), 1 << 25, "EC 0, IL 1");
        assert_eq!(injected.far, None);
    }
}

#[test]
fn aborts_say_where_they_come_from() {
    let el1 = Vectors { vbar: 0, sctlr: 1 << 23 };
    for (mode, data, instruction) in [(0b0101, 0x25, 0x21), (0b0000, 0x24, 0x20)] {
        let at = Context { pc: 0x40, spsr: Spsr(mode) };
        let abort = |far, status, direction| inject::data_abort(at, el1, far, DataFault { status, direction }, true);
        let store = abort(Some(0x900_0000), FaultStatus::EXTERNAL, Direction::Write);
        assert_eq!(u64::from(store.esr.class().value()), data);
        assert_eq!((store.esr.iss(), store.far), (0x50, Some(0x900_0000)));
        assert_eq!(abort(Some(0x900_0000), FaultStatus::EXTERNAL, Direction::Read).esr.iss(), 0x10);
        // FnV.
        assert_eq!(abort(None, FaultStatus::EXTERNAL, Direction::Read).esr.iss(), 0x410);
        assert_eq!(abort(Some(0), FaultStatus::external_on_walk(2), Direction::Read).esr.iss(), 0x16);
        let fetch = inject::instruction_abort(at, el1, 0x40, FaultStatus::external_on_walk(1));
        assert_eq!(u64::from(fetch.esr.class().value()), instruction);
        assert_eq!((fetch.esr.iss(), fetch.far), (0x15, Some(0x40)));
    }
}

proptest! {
    #[test]
    fn advance_ends_the_step_and_keeps_the_rest(pc: u64, spsr: u64, il: bool) {
        let before = Context { pc, spsr: Spsr(spsr) };
        let after = before.advance(esr(il));
        prop_assert_eq!(after.spsr.0 & Spsr::SS, 0);
        let changed = if before.spsr.is_aarch32() { 0x0600_fc00 } else { Spsr::BTYPE } | Spsr::SS;
        prop_assert_eq!(after.spsr.0 | changed, spsr | changed);
        if !before.spsr.is_aarch32() {
            prop_assert_eq!(after.spsr.0 & Spsr::BTYPE, 0);
        }
    }

    #[test]
    fn injection_saves_everything_and_masks(pc: u64, spsr: u64, vbar: u64, sctlr: u64) {
        let at = Context { pc, spsr: Spsr(spsr) };
        let vbar = vbar & (u64::MAX >> 1);
        let injected = inject::undefined(at, Vectors { vbar, sctlr });
        prop_assert_eq!((injected.elr, injected.spsr), (pc, spsr));
        let entered = injected.context.spsr;
        prop_assert_eq!(entered.mode(), Mode::El1h);
        prop_assert_eq!(entered.0 & Spsr::DAIF, Spsr::DAIF);
        prop_assert_eq!(entered.0 & Spsr::NZCV, spsr & Spsr::NZCV);
        prop_assert_eq!(entered.0 & (Spsr::SS | Spsr::IL | Spsr::UAO | Spsr::BTYPE), 0);
        if sctlr & 1 << 23 == 0 {
            prop_assert_ne!(entered.0 & Spsr::PAN, 0);
        }
        prop_assert_eq!(injected.context.pc & !0x7ff, vbar & !0x7ff);
        prop_assert_eq!(injected.context.pc & 0x1ff, 0, "a synchronous slot");
    }
}
