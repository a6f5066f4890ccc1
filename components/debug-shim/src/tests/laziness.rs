// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::{DebugStatus, State};

#[test]
fn p5_idle_guest_costs_nothing_in_a_million_exits() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    for _ in 0..1_000_000 {
        core.run(&vcpu);
    }
    assert_eq!(core.hw.accesses().total(), 0);
    let status = core.shim.status(Vcpu(&vcpu));
    assert_eq!(status[DebugStatus::BankAccesses as usize], 0);
    assert_eq!(status[DebugStatus::MdscrWrites as usize], 0);
    assert_eq!(status[DebugStatus::Exits as usize], 1_000_000);
}

#[test]
fn p5_clean_guest_beside_a_loaded_one_costs_nothing() {
    let core = Core::new();
    let (idle, debugging) = (VcpuDebug::new(), VcpuDebug::new());
    core.write(&debugging, DebugRegister::Mdscr, MDE);
    core.run(&debugging);
    core.hw.forget_accesses();
    for _ in 0..1000 {
        core.run(&idle);
    }
    assert_eq!(core.hw.accesses().total(), 0);
    assert_eq!(debugging.state(), State::Loaded);
}

#[test]
fn p6_armed_guest_alone_loads_once_and_then_moves_only_mdscr() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Bcr(0), 1);
    core.write(&vcpu, DebugRegister::Mdscr, MDE | KDE);
    for _ in 0..1000 {
        core.run(&vcpu);
    }
    let accesses = core.hw.accesses();
    assert_eq!(accesses.bank(), LOAD);
    assert_eq!((accesses.mdscr_reads, accesses.mdscr_writes), (1000, 2001));
    let status = core.shim.status(Vcpu(&vcpu));
    assert_eq!((status[DebugStatus::BankLoads as usize], status[DebugStatus::BankSaves as usize]), (1, 0));
}

#[test]
fn p6_two_armed_guests_cost_one_save_and_one_load_a_switch() {
    let core = Core::new();
    let (a, b) = (VcpuDebug::new(), VcpuDebug::new());
    core.write(&a, DebugRegister::Mdscr, MDE);
    core.write(&b, DebugRegister::Mdscr, MDE);
    core.run(&a);
    for _ in 0..100 {
        core.hw.forget_accesses();
        core.run(&b);
        assert_eq!((core.hw.accesses().bank_reads, core.hw.accesses().bank_writes), (SAVE, LOAD));
        core.run(&a);
    }
}

#[test]
fn p6_burst_of_trapped_writes_is_one_load() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    for n in 0..6 {
        core.write(&vcpu, DebugRegister::Bvr(n), 0x1000 * u64::from(n));
        core.write(&vcpu, DebugRegister::Bcr(n), 0);
    }
    assert_eq!((vcpu.state(), core.hw.accesses().total()), (State::Pending, 0));
    core.enter(&vcpu);
    assert_eq!(core.hw.accesses().bank_writes, LOAD);
    assert!(!core.traps());
}

#[test]
fn p6_step_and_channel_control_need_no_bank() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.shim.write(Vcpu(&vcpu), DebugRegister::Mdscr, SS | TDCC, false, &core.hw).unwrap();
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.traps()), (SS | TDCC, true));
    core.leave(&vcpu);
    assert_eq!((core.mdscr(), core.hw.accesses().bank()), (0, 0));
}

#[test]
fn p9_el0_only_debugging_is_reloaded_after_a_thousand_switches() {
    let core = Core::new();
    let (a, b) = (VcpuDebug::new(), VcpuDebug::new());
    core.write(&a, DebugRegister::Wvr(2), 0x4000);
    core.write(&a, DebugRegister::Wcr(2), 0x1f_f5);
    core.write(&a, DebugRegister::Mdscr, MDE);
    core.write(&b, DebugRegister::Mdscr, KDE);
    for _ in 0..1000 {
        core.enter(&a);
        let r = core.hw.registers();
        assert_eq!((r.wvr[2], r.wcr[2], r.mdscr, core.traps()), (0x4000, 0x1f_f5, MDE, false));
        core.leave(&a);
        core.enter(&b);
        let r = core.hw.registers();
        assert_eq!((r.wvr[2], r.wcr[2], r.mdscr), (0, 0, KDE));
        core.leave(&b);
    }
}

#[test]
fn p4_native_code_runs_disarmed_and_trapped() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Mdscr, MDE | KDE | SS | TDCC);
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.traps()), (MDE | KDE | SS | TDCC, false));
    core.leave(&vcpu);
    assert_eq!((core.mdscr(), core.traps()), (0, true));
}

#[test]
fn p12_os_lock_keeps_exceptions_off_the_hardware_and_traps() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Mdscr, MDE | KDE | SS | TDCC);
    core.run(&vcpu);
    core.shim.write(Vcpu(&vcpu), DebugRegister::OsLock, 1, false, &core.hw).unwrap();
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.traps()), (TDCC, true));
    core.leave(&vcpu);
    assert_eq!(core.read(&vcpu, DebugRegister::Mdscr), MDE | KDE | SS | TDCC);
    core.shim.write(Vcpu(&vcpu), DebugRegister::OsLock, 0, false, &core.hw).unwrap();
    core.enter(&vcpu);
    assert_eq!((core.mdscr(), core.traps()), (MDE | KDE | SS | TDCC, false));
    assert!(!core.hw.registers().os_lock, "P10");
}

#[test]
fn p12_locked_guest_gets_no_bank_until_it_is_free() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::OsLock, 1);
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    core.run(&vcpu);
    assert_eq!((core.hw.accesses().bank(), vcpu.state()), (0, State::Pending));
    core.write(&vcpu, DebugRegister::OsLock, 0);
    core.run(&vcpu);
    assert_eq!((core.hw.accesses().bank(), vcpu.state()), (LOAD, State::Loaded));
}

#[test]
fn hazards_need_no_refresh_after_what_a_direct_guest_wrote() {
    let core = Core::new();
    let vcpu = VcpuDebug::new();
    core.write(&vcpu, DebugRegister::Mdscr, MDE);
    for mdscr in [0, MDE, 1] {
        core.enter(&vcpu);
        core.hw.with_registers(|r| r.mdscr = mdscr);
        core.leave(&vcpu);
        let kept = vcpu.hazards();
        vcpu.refresh();
        assert_eq!(kept, vcpu.hazards());
        core.enter(&vcpu);
        assert_eq!(core.hw.with_registers(|r| r.mdscr), mdscr);
        core.leave(&vcpu);
    }
}

#[test]
fn p6_loads_and_saves_are_counted() {
    let core = Core::new();
    let vcpus = [VcpuDebug::new(), VcpuDebug::new()];
    let [a, b] = &vcpus;
    for vcpu in [a, b] {
        core.write(vcpu, DebugRegister::Mdscr, MDE);
    }
    for _ in 0..10 {
        core.run(a);
        core.run(b);
    }
    let counted = |vcpu: &VcpuDebug, word: DebugStatus| vcpu.status(A57)[word as usize];
    assert_eq!((counted(a, DebugStatus::BankLoads), counted(a, DebugStatus::BankSaves)), (10, 10));
    assert_eq!((counted(b, DebugStatus::BankLoads), counted(b, DebugStatus::BankSaves)), (10, 9));
}
