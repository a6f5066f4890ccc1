// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::{clamp_bcr, clamp_wcr};

const HMC: u64 = 1 << 13;
const SSC: u64 = 0b11 << 14;

/// Values that reach each bit alone, all of them, and every type with every link.
fn values() -> impl Iterator<Item = u64> {
    let bits = (0..64).map(|bit| 1 << bit);
    let linked = (0..256).flat_map(|fields| [fields << 16 | 1, fields << 16 | 0x1fff_u64]);
    bits.chain([0, u64::MAX]).chain(linked)
}

#[test]
fn p15_no_control_reaches_el2_or_secure_state_or_links_to_nothing() {
    for value in values() {
        for n in 0..6 {
            let bcr = clamp_bcr(n, value, A57);
            assert_eq!((bcr & (HMC | SSC), bcr >> 24), (0, 0));
            assert_eq!(clamp_bcr(n, bcr, A57), bcr, "idempotent");
            let (lbn, kind) = (bcr >> 16 & 0xf, bcr >> 20 & 0xf);
            if bcr & 1 != 0 {
                assert!(kind <= 5);
                assert!(kind & !0b100 != 1 || lbn == 4 || lbn == 5);
                assert!(!(2..=3).contains(&kind) || n >= 4);
            }
        }
        let wcr = clamp_wcr(value, A57);
        assert_eq!((wcr & (HMC | SSC), wcr >> 29), (0, 0));
        assert!(wcr & 1 == 0 || wcr >> 20 & 1 == 0 || [4, 5].contains(&(wcr >> 16 & 0xf)));
    }
}

#[test]
fn p15_what_is_sane_stays() {
    for value in [0x1e5, 0x1e1, 1 << 20 | 4 << 16 | 0x1e5] {
        assert_eq!(clamp_bcr(0, value, A57), value);
    }
    assert_eq!(clamp_bcr(5, 3 << 20 | 0x1e5, A57), 3 << 20 | 0x1e5);
    for value in [0x1ff5, 0x0000_1ff7, 3 << 24 | 0x1ff5] {
        assert_eq!(clamp_wcr(value, A57), value);
    }
}

#[test]
fn p15_a_bad_vmm_puts_nothing_else_on_the_hardware() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    for value in values() {
        (0..6).for_each(|n| core.write(&vcpu, DebugRegister::Bcr(n), value));
        (0..4).for_each(|n| core.write(&vcpu, DebugRegister::Wcr(n), value));
        core.write(&vcpu, DebugRegister::Mdscr, value);
        core.enter(&vcpu);
        let r = core.hw.registers();
        assert_eq!(r.mdscr & !(SS | TDCC | KDE | MDE), 0);
        (0..6).for_each(|n| assert_eq!(r.bcr[n as usize], clamp_bcr(n, value, A57)));
        (0..4).for_each(|n| assert_eq!(r.wcr[n], clamp_wcr(value, A57)));
        core.leave(&vcpu);
    }
}

#[test]
fn p15_a_guest_with_the_bank_in_its_hands_is_clamped_when_it_comes_back() {
    let core = Core::new();
    let (a, b) = (VcpuDebug::new(), VcpuDebug::new());
    core.write(&a, DebugRegister::Bcr(0), 0);
    core.enter(&a);
    core.hw.with_registers(|r| {
        r.bcr[0] = u64::MAX;
        r.mdscr = u64::MAX;
    });
    core.leave(&a);
    core.write(&b, DebugRegister::Mdscr, MDE);
    core.run(&b);
    core.enter(&a);
    let r = core.hw.registers();
    assert_eq!((r.bcr[0], r.mdscr), (clamp_bcr(0, u64::MAX, A57), SS | TDCC | KDE | MDE));
}
