// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::{Error, Register, State, has_pmu};

#[test]
fn p10_p11_poisoned_core_is_known_before_the_first_guest() {
    for event_counters in 0..=31 {
        let hw = FakeHardware::poisoned(A57, event_counters);
        let shim: Shim<Vcpu> = Shim::new();
        shim.init_core(&hw);
        let r = hw.registers();
        assert!(!r.os_lock && !r.double_lock);
        assert_eq!(r.mdcr & mdcr_el2::MUST_BE_ONE, mdcr_el2::MUST_BE_ONE);
        assert_eq!(r.mdcr & mdcr_el2::MUST_BE_ZERO, 0);
        assert_ne!(r.mdcr & mdcr_el2::TDA, 0);
        assert_eq!(r.mdcr & mdcr_el2::HPMN, event_counters.into());
        assert_eq!((r.mdscr, r.mdccint, r.claim, r.channel), (0, 0, 0, [0, 0]));
        assert!(r.bcr[..6].iter().chain(&r.wcr[..4]).chain(&r.bvr[..6]).chain(&r.wvr[..4]).all(|&v| v == 0));
    }
}

#[test]
fn p4_exceptions_are_off_before_the_locks_open() {
    let hw = FakeHardware::poisoned(A57, 6);
    Shim::<Vcpu>::new().init_core(&hw);
    let log = hw.log();
    let first = |wanted| log.iter().position(|entry| *entry == wanted).unwrap();
    assert_eq!(first((Register::Mdscr, Some(0))), 0);
    assert!(first((Register::Osdlr, Some(0))) > 0);
    assert!(
        log.iter().rposition(|(r, _)| *r == Register::Oslar).unwrap()
            > first((Register::Mdcr, Some(hw.registers().mdcr)))
    );
}

#[test]
fn p11_mdcr_is_a_pure_function() {
    for n in 0..=u8::MAX {
        let value = mdcr_el2::value(n);
        assert_eq!(value & mdcr_el2::MUST_BE_ZERO, 0);
        assert_eq!(value & mdcr_el2::MUST_BE_ONE, mdcr_el2::MUST_BE_ONE);
        assert_eq!(value & (mdcr_el2::TDA | mdcr_el2::TDE), 0);
    }
}

#[test]
fn p14_no_index_beyond_the_counts_reaches_hardware() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    for n in 0..16 {
        for (register, exists) in [
            (DebugRegister::Bvr(n), n < 6),
            (DebugRegister::Bcr(n), n < 6),
            (DebugRegister::Wvr(n), n < 4),
            (DebugRegister::Wcr(n), n < 4),
        ] {
            let expected = if exists { Ok(()) } else { Err(Error::NoSuchRegister) };
            assert_eq!(core.shim.write(Vcpu(&vcpu), register, 0, true, &core.hw), expected);
            assert_eq!(core.shim.read(Vcpu(&vcpu), register, &core.hw).map(drop), expected);
            core.run(&vcpu);
        }
    }
}

#[test]
fn p14_before_init_core_there_is_nothing() {
    let hw = FakeHardware::poisoned(A57, 6);
    let shim: Shim<Vcpu> = Shim::new();
    let vcpu = VcpuDebug::new();
    assert_eq!(shim.read(Vcpu(&vcpu), DebugRegister::Bvr(0), &hw), Err(Error::NoSuchRegister));
    assert_eq!(hw.accesses().total(), 0);
}

#[test]
fn p18_release_scrubs_object_and_hardware() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Bvr(5), 0x1000);
    core.write(&vcpu, DebugRegister::Wcr(3), 1);
    core.write(&vcpu, DebugRegister::Claim, 0x5a);
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    core.write(&vcpu, DebugRegister::OsLock, 1);
    core.write(&vcpu, DebugRegister::OsLock, 0);
    core.run(&vcpu);
    core.shim.release(Vcpu(&vcpu), &core.hw).unwrap();
    let r = core.hw.registers();
    assert_eq!((r.bvr[5], r.wcr[3], r.claim, r.mdscr), (0, 0, 0, 0));
    assert_eq!(core.shim.owner(), None);
    for register in [DebugRegister::Bvr(5), DebugRegister::Wcr(3), DebugRegister::Claim, DebugRegister::Mdscr] {
        assert_eq!(core.read(&vcpu, register), 0);
    }
    assert!(vcpu.hazards().is_none());
}

#[test]
fn p19_release_while_its_guest_runs_leaves_nothing_armed() {
    for value in [MDE, SS] {
        let core = Core::new();
        let vcpu = VcpuDebug::new();
        core.shim.write(Vcpu(&vcpu), DebugRegister::Mdscr, value, false, &core.hw).unwrap();
        core.enter(&vcpu);
        core.shim.release(Vcpu(&vcpu), &core.hw).unwrap();
        assert_eq!(core.mdscr(), 0);
        assert!(core.traps());
        core.leave(&vcpu);
        assert_eq!(core.shim.owner(), None);
    }
}

#[test]
fn p19_panic_path_disarms_without_a_vcpu() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Mdscr, MDE | KDE | SS);
    core.enter(&vcpu);
    assert_ne!(core.mdscr(), 0);
    core.shim.disarm(&core.hw);
    assert_eq!(core.mdscr(), 0);
    assert!(core.traps());
}

#[test]
fn p19_release_does_not_disturb_another_guest() {
    let vcpus = [VcpuDebug::new(), VcpuDebug::new()];
    let [a, b] = &vcpus;
    let core = Core::new();
    core.write(a, DebugRegister::Mdscr, MDE);
    core.run(a);
    core.shim.write(Vcpu(b), DebugRegister::Mdscr, SS, false, &core.hw).unwrap();
    core.enter(b);
    assert_eq!(core.shim.release(Vcpu(a), &core.hw), Err(Error::Running));
    assert_eq!((core.mdscr(), a.state()), (SS, State::Loaded));
    core.leave(b);
    assert_eq!(core.shim.release(Vcpu(a), &core.hw), Ok(()));
}

#[test]
fn p18_release_empties_the_channel() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    core.enter(&vcpu);
    core.hw.with_registers(|r| r.channel = [1, 2]);
    core.leave(&vcpu);
    core.shim.release(Vcpu(&vcpu), &core.hw).unwrap();
    assert_eq!(core.hw.registers().channel, [0, 0]);
}

/// Bit numbers from the Arm ARM, not from the constants: TPMCR, TPM, TDOSA, TDRA, TPMS, TTRF.
#[test]
fn p10_p11_everything_that_must_trap_does() {
    for counters in [0, 6, 31] {
        let value = mdcr_el2::value(counters);
        for bit in [5, 6, 10, 11, 14, 19] {
            assert_eq!(value >> bit & 1, 1, "bit {bit}");
        }
        assert_eq!(value >> 8 & 3, 0, "TDE and TDA follow what is armed");
        assert_eq!(value & 0x1f, u64::from(counters));
    }
}

/// A Cortex-A57's `ID_AA64DFR0_EL1`, and the largest fields there are.
#[test]
fn p14_counts_are_one_more_than_the_fields() {
    assert_eq!(Counts::from_id_aa64dfr0(0x1030_5106), Counts::new(6, 4, 2));
    assert_eq!(Counts::from_id_aa64dfr0(!0), Counts::new(16, 16, 16));
}

/// PMUv3 of any version, none, and one that the architecture does not know.
#[test]
fn a_core_may_have_no_performance_monitors() {
    let with = [1u64, 4, 5, 6, 9, 14].map(|version| has_pmu(0x1030_5006 | version << 8));
    assert_eq!(with, [true; 6]);
    assert!(has_pmu(0x1030_5106) && !has_pmu(0x1030_5006) && !has_pmu(0x1030_5f06));
}
