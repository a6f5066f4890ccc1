// SPDX-License-Identifier: MIT OR Apache-2.0
//! What C cannot get wrong, on the fake hardware.

use debug_shim::fake::{FakeHardware, Vcpu};
use debug_shim::{Counts, DEBUG_STATUS_WORDS, DebugRegister, Shim, State, VcpuDebug};
use lazaret_abi::{
    FLAG_DIRTY, VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH, VCPU_DEBUG_FLAG_DIRTY, VCPU_DEBUG_READ, VCPU_DEBUG_STATUS,
    VCPU_DEBUG_WRITE,
};
use sel4_abi::error::Error as Sel4;

use crate::{Answer, delete, enter};

fn hardware() -> FakeHardware {
    FakeHardware::poisoned(Counts::new(6, 4, 2), 6)
}

#[test]
fn the_four_invocations_and_what_is_none() {
    let (hw, debug) = (FakeHardware::poisoned(Counts::new(6, 4, 2), 6), VcpuDebug::new());
    let shim = Shim::new();
    shim.init_core(&hw);
    let ask = |label, words: &[u64]| Answer::to(&shim, Vcpu(&debug), label, words, &hw);
    let bvr = DebugRegister::Bvr(1).to_word();
    assert_eq!(ask(VCPU_DEBUG_WRITE, &[bvr, 0x1000, FLAG_DIRTY]), Answer::default());
    assert_eq!(ask(VCPU_DEBUG_READ, &[bvr]), Answer::success(&[0x1000]));
    assert_eq!(ask(VCPU_DEBUG_WRITE, &[bvr, 0x2000, FLAG_DIRTY, 7]), Answer::default());
    assert_eq!(ask(VCPU_DEBUG_READ, &[bvr, 7]), Answer::success(&[0x2000]));
    assert_eq!(ask(VCPU_DEBUG_FLAG_DIRTY, &[]), Answer::default());
    let status = ask(VCPU_DEBUG_STATUS, &[]);
    assert_eq!((status.length, status.words[0]), (DEBUG_STATUS_WORDS as u64, 1));
    assert_eq!(ask(VCPU_DEBUG_READ, &[]).error, Sel4::TruncatedMessage as u64);
    assert_eq!(ask(VCPU_DEBUG_WRITE, &[bvr, 0]).error, Sel4::TruncatedMessage as u64);
    assert_eq!(ask(VCPU_DEBUG_READ, &[u64::MAX]).error, Sel4::InvalidArgument as u64);
    assert_eq!(ask(VCPU_DEBUG_READ, &[DebugRegister::Bvr(15).to_word()]).error, Sel4::InvalidArgument as u64);
    assert_eq!(ask(VCPU_DEBUG_STATUS + 1, &[0; 4]).error, Sel4::IllegalOperation as u64);
    assert_eq!(ask(0, &[0; 4]).error, Sel4::IllegalOperation as u64);
}

#[test]
fn a_debugger_attaches_once() {
    let (hw, debug) = (hardware(), VcpuDebug::new());
    let shim = Shim::new();
    shim.init_core(&hw);
    let ask = |label| Answer::to(&shim, Vcpu(&debug), label, &[], &hw).error;
    assert_eq!(ask(VCPU_DEBUG_DETACH), Sel4::IllegalOperation as u64);
    assert_eq!((ask(VCPU_DEBUG_ATTACH), ask(VCPU_DEBUG_ATTACH)), (0, Sel4::DeleteFirst as u64));
    assert_eq!(debug.state(), State::External);
    assert_eq!((ask(VCPU_DEBUG_DETACH), ask(VCPU_DEBUG_DETACH)), (0, Sel4::IllegalOperation as u64));
}

/// A kernel that the library is not for does not compile.
#[test]
fn the_header_refuses_what_it_is_not_for() {
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/debug_shim.h");
    let compiles = |define: &str| {
        let mut cc = std::process::Command::new("cc");
        cc.args(["-fsyntax-only", "-x", "c", define, header]).stderr(std::process::Stdio::piped()).output().ok()
    };
    let Some(plain) = compiles("-DCONFIG_ARM_HYPERVISOR_SUPPORT") else {
        return println!("skipped: no C compiler (cc) is installed");
    };
    assert!(plain.status.success(), "{}", String::from_utf8_lossy(&plain.stderr));
    for (key, word) in [("ENABLE_SMP_SUPPORT", "KernelMaxNumNodes"), ("HARDWARE_DEBUG_API", "HardwareDebugAPI")] {
        let refused = compiles(&format!("-DCONFIG_{key}=1")).expect("it ran just now");
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains(word), "{key}");
    }
}

/// One guest's bank is on the core while another's steps: the first one's VCPU object goes, and nothing points to it.
#[test]
fn an_owner_is_deleted_while_another_guest_runs() {
    const STEP: u64 = 1;
    let (hw, owner, other) = (hardware(), VcpuDebug::new(), VcpuDebug::new());
    let (shim, owner, other) = (Shim::new(), Vcpu(&owner), Vcpu(&other));
    shim.init_core(&hw);
    let write = |vcpu, register: DebugRegister, value, flags| {
        assert_eq!(Answer::to(&shim, vcpu, VCPU_DEBUG_WRITE, &[register.to_word(), value, flags], &hw).error, 0);
    };
    write(owner, DebugRegister::Bvr(1), 0x1000, FLAG_DIRTY);
    enter(&shim, owner, &hw);
    shim.leave_to_native(owner, &hw);
    assert_eq!((shim.owner(), hw.registers().bvr[1]), (Some(owner), 0x1000));

    write(other, DebugRegister::Mdscr, STEP, 0);
    enter(&shim, other, &hw);
    assert_eq!((shim.owner(), hw.registers().mdscr), (Some(owner), STEP));
    assert_eq!(shim.release(owner, &hw), Err(debug_shim::Error::Running));
    delete(&shim, owner, Some(other), &hw);
    assert_eq!((shim.owner(), hw.registers().bvr[1]), (None, 0));
    assert_eq!(hw.registers().mdscr, STEP);

    // Its own guest may be the running one, or none.
    delete(&shim, other, Some(other), &hw);
    assert_eq!(hw.registers().mdscr, 0);
    delete(&shim, other, None, &hw);
}

/// A bank that is loaded on another core: control does not come back to run the guest.
#[test]
#[should_panic(expected = "refuses")]
fn a_guest_whose_bank_is_elsewhere_does_not_run() {
    let (hw, debug) = (hardware(), VcpuDebug::new());
    let (here, elsewhere) = (Shim::new(), Shim::new());
    [&here, &elsewhere].into_iter().for_each(|shim| shim.init_core(&hw));
    let vcpu = Vcpu(&debug);
    let words = [DebugRegister::Bvr(1).to_word(), 0x1000, FLAG_DIRTY];
    assert_eq!(Answer::to(&elsewhere, vcpu, VCPU_DEBUG_WRITE, &words, &hw).error, 0);
    enter(&elsewhere, vcpu, &hw);
    elsewhere.leave_to_native(vcpu, &hw);
    enter(&here, vcpu, &hw);
}
