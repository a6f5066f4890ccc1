// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::DebugHardware as _;
use crate::{Error, State};

/// A different value for each register of each vCPU.
fn pattern(salt: u64, n: u8) -> u64 {
    salt << 32 | u64::from(n) << 4
}

fn registers() -> impl Iterator<Item = (u8, DebugRegister)> {
    (0..6).map(|n| (n, DebugRegister::Bvr(n))).chain((0..4).map(|n| (0x10 + n, DebugRegister::Wvr(n))))
}

#[test]
fn p1_p2_two_guests_never_see_each_other_in_ten_thousand_switches() {
    let core = Core::new();
    let vcpus = [VcpuDebug::new(), VcpuDebug::new()];
    for (salt, vcpu) in (1..).zip(&vcpus) {
        registers().for_each(|(n, register)| core.write(vcpu, register, pattern(salt, n)));
        core.write(vcpu, DebugRegister::Claim, 0x11 * salt);
        core.write(vcpu, DebugRegister::Mdccint, salt << 29);
    }
    for turn in 0..10_000 {
        let (salt, vcpu) = if turn % 2 == 0 { (1, &vcpus[0]) } else { (2, &vcpus[1]) };
        if turn > 1 {
            // The first access after losing the bank traps and is flagged.
            core.shim.flag_dirty(Vcpu(vcpu)).unwrap();
        }
        core.enter(vcpu);
        assert!(!core.traps() && core.shim.owner() == Some(Vcpu(vcpu)));
        let r = core.hw.registers();
        (0..6).for_each(|n| assert_eq!(r.bvr[n as usize], pattern(salt, n)));
        (0..4).for_each(|n| assert_eq!(r.wvr[n as usize], pattern(salt, 0x10 + n)));
        assert_eq!((r.claim, r.mdccint), (0x11 * salt, salt << 29));
        core.leave(vcpu);
    }
}

#[test]
fn p2_channel_data_does_not_cross() {
    let core = Core::new();
    let (a, b) = (VcpuDebug::new(), VcpuDebug::new());
    core.write(&a, DebugRegister::Mdscr, MDE);
    core.write(&b, DebugRegister::Mdscr, MDE);
    core.enter(&a);
    core.hw.with_registers(|r| r.channel = [0xaaaa, 0xbbbb]);
    core.leave(&a);
    core.enter(&b);
    assert_eq!(core.hw.registers().channel, [0, 0]);
    assert!(!core.hw.registers().os_lock, "P10");
}

#[test]
fn p3_direct_writes_survive_losing_the_bank() {
    let core = Core::new();
    let (a, b) = (VcpuDebug::new(), VcpuDebug::new());
    core.write(&a, DebugRegister::Bcr(0), 0);
    core.write(&b, DebugRegister::Mdscr, MDE);
    core.enter(&a);
    core.hw.with_registers(|r| {
        r.bvr[3] = 0x8000;
        r.claim = 0x42;
        r.mdscr = MDE | KDE;
    });
    core.leave(&a);
    core.run(&b);
    assert_eq!(a.state(), State::Clean);
    assert_eq!(core.read(&a, DebugRegister::Bvr(3)), 0x8000);
    assert_eq!(core.read(&a, DebugRegister::Claim), 0x42);
    assert_eq!(core.read(&a, DebugRegister::Mdscr), MDE | KDE);
    core.enter(&a);
    assert_eq!((core.hw.registers().bvr[3], core.mdscr(), core.traps()), (0x8000, MDE | KDE, false));
}

#[test]
fn p8_reads_and_writes_while_loaded_go_to_the_hardware() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Bcr(0), 0);
    core.enter(&vcpu);
    core.hw.with_registers(|r| r.wvr[1] = 0x1230);
    core.leave(&vcpu);
    assert_eq!(core.read(&vcpu, DebugRegister::Wvr(1)), 0x1230);
    core.write(&vcpu, DebugRegister::Wvr(1), 0x4560);
    assert_eq!(core.hw.registers().wvr[1], 0x4560);
    assert_eq!(vcpu.state(), State::Loaded);
}

#[test]
fn p8_nobody_looks_while_the_guest_runs() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    core.enter(&vcpu);
    assert_eq!(core.shim.read(Vcpu(&vcpu), DebugRegister::Bvr(0), &core.hw), Err(Error::Running));
    assert_eq!(core.shim.flag_dirty(Vcpu(&vcpu)), Err(Error::Running));
    assert_eq!(core.shim.evict(&core.hw), Err(Error::Running));
}

#[test]
fn p8_one_owner_when_a_vcpu_changes_cores() {
    let (one, two) = (Core::new(), Core::new());
    let vcpu = VcpuDebug::new();
    one.write(&vcpu, DebugRegister::Bvr(0), 0x1000);
    one.write(&vcpu, DebugRegister::Mdscr, MDE);
    one.run(&vcpu);
    assert_eq!(two.shim.enter(Vcpu(&vcpu), &two.hw), Err(Error::Elsewhere));
    assert_eq!(two.shim.read(Vcpu(&vcpu), DebugRegister::Bvr(0), &two.hw), Err(Error::Elsewhere));
    assert_eq!(two.shim.release(Vcpu(&vcpu), &two.hw), Err(Error::Elsewhere));
    assert_eq!(two.hw.accesses().total(), 0);
    one.shim.evict(&one.hw).unwrap();
    assert_eq!((one.shim.owner(), one.hw.registers().bvr[0]), (None, 0));
    two.enter(&vcpu);
    assert_eq!((two.hw.registers().bvr[0], two.mdscr()), (0x1000, MDE));
}

#[test]
fn p8_a_locked_guest_with_its_bank_on_one_core_does_not_run_on_another() {
    let (one, two) = (Core::new(), Core::new());
    let vcpu = VcpuDebug::new();
    one.write(&vcpu, DebugRegister::Bvr(0), 0x1000);
    one.run(&vcpu);
    one.shim.write(Vcpu(&vcpu), DebugRegister::OsLock, 1, false, &one.hw).unwrap();
    assert_eq!(two.shim.enter(Vcpu(&vcpu), &two.hw), Err(Error::Elsewhere));
}

#[test]
fn p13_attached_the_bank_is_loaded_but_the_guest_cannot_reach_it() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Bvr(0), 0x1000);
    core.write(&vcpu, DebugRegister::Mdscr, MDE | KDE | SS | TDCC);
    core.run(&vcpu);
    core.shim.attach_external(Vcpu(&vcpu)).unwrap();
    assert_eq!(core.shim.attach_external(Vcpu(&vcpu)), Err(Error::External));
    core.write(&vcpu, DebugRegister::Bvr(1), 0x2000);
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    core.shim.flag_dirty(Vcpu(&vcpu)).unwrap();
    core.hw.forget_accesses();
    core.enter(&vcpu);
    assert!(core.hw.log().iter().all(|(register, _)| !matches!(register, crate::Register::Bvr(_))), "it was loaded");
    assert_eq!((core.mdscr(), core.traps(), &core.hw.registers().bvr[..2]), (MDE, true, &[0x1000, 0x2000][..]));
    assert_eq!(core.hw.registers().mdcr >> 8 & 3, 3, "its debug exceptions are the debugger's");
    core.leave(&vcpu);
    assert_eq!(core.hw.registers().mdcr >> 8 & 3, 2);
    assert_eq!(core.read(&vcpu, DebugRegister::Bvr(0)), 0x1000);
    core.shim.detach_external(Vcpu(&vcpu)).unwrap();
    assert_eq!(core.shim.detach_external(Vcpu(&vcpu)), Err(Error::External));
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.traps(), core.hw.registers().bvr[0]), (MDE, false, 0x1000));
}

/// What the guest has locked is its own debugging.
#[test]
fn p12_a_guests_lock_is_none_for_an_outside_debugger() {
    let core = Core::new();
    let (vcpu, other) = (VcpuDebug::new(), VcpuDebug::new());
    core.shim.write(Vcpu(&vcpu), DebugRegister::OsLock, 1, false, &core.hw).unwrap();
    core.write(&vcpu, DebugRegister::Bvr(0), 0x1000);
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    core.run(&vcpu);
    assert_eq!((core.hw.registers().bvr[0], vcpu.state()), (0, State::Pending));
    core.shim.attach_external(Vcpu(&vcpu)).unwrap();
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.hw.registers().bvr[0], vcpu.state()), (MDE, 0x1000, State::ExternalLoaded));
    core.leave(&vcpu);
    core.write(&other, DebugRegister::Mdscr, MDE);
    core.run(&other);
    assert_eq!((core.hw.registers().bvr[0], vcpu.state()), (0, State::External), "another guest debugs");
    core.enter(&vcpu);
    assert_eq!((core.hw.registers().bvr[0], core.traps()), (0x1000, true), "it comes back by itself");
    core.leave(&vcpu);
    core.shim.detach_external(Vcpu(&vcpu)).unwrap();
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.traps()), (0, true), "locked again");
}

/// One that does not debug has nothing to switch, but its exceptions go elsewhere.
#[test]
fn p11_only_an_attached_guests_exceptions_leave_it() {
    let core = Core::new();
    let (attached, other) = (VcpuDebug::new(), VcpuDebug::new());
    core.shim.attach_external(Vcpu(&attached)).unwrap();
    for (vcpu, expected) in [(&attached, 3), (&other, 2), (&attached, 3)] {
        core.enter(vcpu);
        assert_eq!(core.hw.registers().mdcr >> 8 & 3, expected);
        core.leave(vcpu);
        assert_eq!(core.hw.registers().mdcr >> 8 & 3, 2);
    }
    core.enter(&attached);
    core.shim.disarm(&core.hw);
    assert_eq!(core.hw.registers().mdcr >> 8 & 3, 2, "after a panic");
    core.shim.release(Vcpu(&attached), &core.hw).unwrap();
    core.enter(&attached);
    assert_eq!(core.hw.registers().mdcr >> 8 & 3, 2, "a reset ends it");
}

#[test]
fn vcr32_is_switched_for_32_bit_guests_only() {
    let core = Core::new();
    let (narrow, wide) = (VcpuDebug::new(), VcpuDebug::new());
    narrow.set_aarch32(true);
    for vcpu in [&narrow, &wide] {
        core.write(vcpu, DebugRegister::Vcr32, 0xff);
        core.write(vcpu, DebugRegister::Mdscr, MDE);
    }
    let touched = |vcpu| {
        core.hw.forget_accesses();
        core.run(vcpu);
        core.hw.log().iter().any(|(register, _)| *register == crate::Register::Vcr32)
    };
    assert!(touched(&narrow));
    assert!(touched(&wide), "saved for the 32-bit guest");
    let third = VcpuDebug::new();
    core.write(&third, DebugRegister::Mdscr, MDE);
    assert!(!touched(&third));
}

#[test]
fn p13_outside_debugger_waits_until_the_guest_stops() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.shim.write(Vcpu(&vcpu), DebugRegister::Mdscr, SS, false, &core.hw).unwrap();
    core.enter(&vcpu);
    assert_eq!(core.shim.attach_external(Vcpu(&vcpu)), Err(Error::Running));
    core.leave(&vcpu);
    assert_eq!(core.shim.attach_external(Vcpu(&vcpu)), Ok(()));
}

const MOE: u64 = 0xf << 2;
const BKPT: u64 = 3 << 2;
const WATCHPOINT: u64 = 10 << 2;

#[test]
fn a_32_bit_guest_keeps_its_method_of_entry() {
    let core = Core::new();
    let (narrow, wide) = (VcpuDebug::new(), VcpuDebug::new());
    narrow.set_aarch32(true);
    // BKPT works without MDE, and only the hardware sees it.
    core.enter(&narrow);
    core.hw.write(crate::Register::Mdscr, BKPT);
    core.leave(&narrow);
    assert_eq!((core.read(&narrow, DebugRegister::Mdscr), core.mdscr()), (BKPT, 0));
    assert!(narrow.hazards().is_none(), "it can be read only by a trap");
    // A later exception replaces it, and a stay without one does not.
    core.write(&narrow, DebugRegister::Mdscr, MDE | BKPT);
    core.enter(&narrow);
    assert_eq!(core.mdscr(), MDE | BKPT);
    core.hw.write(crate::Register::Mdscr, MDE | WATCHPOINT);
    core.leave(&narrow);
    core.write(&wide, DebugRegister::Mdscr, MDE | MOE);
    core.enter(&wide);
    assert_eq!(core.mdscr(), MDE, "not a 64-bit guest's");
    core.leave(&wide);
    core.enter(&narrow);
    assert_eq!(core.mdscr(), MDE | WATCHPOINT);
    core.leave(&narrow);
    assert_eq!(core.read(&narrow, DebugRegister::Mdscr), MDE | WATCHPOINT);
}

#[test]
fn a_32_bit_guest_has_no_software_step_and_no_kde() {
    let core = Core::new();
    let narrow = VcpuDebug::new();
    narrow.set_aarch32(true);
    core.write(&narrow, DebugRegister::Mdscr, u64::MAX);
    assert_eq!(core.read(&narrow, DebugRegister::Mdscr), MDE | TDCC | MOE);
}

#[test]
fn a_method_of_entry_behind_the_os_lock_is_kept() {
    let core = Core::new();
    let narrow = VcpuDebug::new();
    narrow.set_aarch32(true);
    core.write(&narrow, DebugRegister::Mdscr, MDE | TDCC);
    core.write(&narrow, DebugRegister::OsLock, 1);
    core.enter(&narrow);
    assert_eq!(core.mdscr(), TDCC);
    core.hw.write(crate::Register::Mdscr, TDCC | BKPT);
    core.leave(&narrow);
    assert_eq!((core.read(&narrow, DebugRegister::Mdscr), core.mdscr()), (MDE | TDCC | BKPT, 0));
}

#[test]
fn vcr32_of_a_64_bit_guest_stays_in_memory() {
    let core = Core::new();
    let wide = VcpuDebug::new();
    core.write(&wide, DebugRegister::Mdscr, MDE);
    core.run(&wide);
    core.hw.forget_accesses();
    core.write(&wide, DebugRegister::Vcr32, 0xde);
    assert_eq!(core.read(&wide, DebugRegister::Vcr32), 0xde);
    assert!(core.hw.log().is_empty());
}
