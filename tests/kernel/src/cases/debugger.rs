// SPDX-License-Identifier: MIT OR Apache-2.0
//! An outside debugger attaches to a guest that debugs itself, and lets go of it.

use lazaret_abi::{DebugStatus, Switch, VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH};
use sel4::{Error, cap};
use sel4_vcpu_debug::{DebugRegister, State, flag_dirty, read, status, write};

use crate::{
    case::{Failure, Outcome, check, refused, same, skip},
    env::{Env, SCRATCH},
};

use super::exit::HSR_HVC;
use super::vcpu::{CODE, EL1H, Guest, HVC_66};

const BRK_7: u32 = 0xd420_00e0;
const NOP: u32 = 0xd503_201f;
/// EC 0x3c: BRK in AArch64 state, with its number.
const HSR_BRK: u64 = 0xf200_0007;
/// Debug exceptions are not masked.
const D_CLEAR: u64 = EL1H & !0x200;
/// E, EL1 and EL0, all four bytes.
const BREAKPOINT: u64 = 0x1e7;
const KDE_MDE: u64 = 5 << 13;
/// MDSCR_EL1.SS and SPSR.SS.
const SS: u64 = 1;
const SPSR_SS: u64 = 1 << 21;
/// E, EL1 and EL0, loads and stores, all eight bytes.
const WATCHPOINT: u64 = 0x1fff;
/// In the guest's page, behind its code.
const DATA: u64 = CODE as u64 + 0x100;
/// `adr x2, . + 0x100`, as the first instruction.
const ADR_X2_DATA: u32 = 0x1000_0802;
const MRS_X0_MDSCR: u32 = 0xd530_0240;
const STR_X1_X2: u32 = 0xf900_0041;
/// EC 0x30, 0x32 and 0x34, each from a lower level, with the fault status of a debug exception.
const HSR_BREAKPOINT: u64 = 0x30 << 26 | 1 << 25 | 0x22;
const HSR_STEP: u64 = 0x32 << 26 | 1 << 25 | ISV | 0x22;
/// A step is known not to have been of an exclusive load.
const ISV: u64 = 1 << 24;
const HSR_WATCHPOINT: u64 = 0x34 << 26 | 1 << 25;
const ISS: u64 = 0x1ff_ffff;
const EC_SYSREG: u64 = 0x18;
/// The guest's own vector for its synchronous exceptions, where nothing is mapped.
const VECTOR: u64 = 0x200;

fn needs_attach(env: &mut Env) -> Outcome {
    if !env.parts().has(Switch::OutsideDebugger) { skip("this kernel attaches no debugger") } else { Ok(()) }
}

fn attach(vcpu: cap::VCpu) -> sel4::Result<u64> {
    vcpu.invoke_raw(VCPU_DEBUG_ATTACH, &[], &[])
}

fn detach(vcpu: cap::VCpu) -> sel4::Result<u64> {
    vcpu.invoke_raw(VCPU_DEBUG_DETACH, &[], &[])
}

fn prepare(env: &mut Env, code: &[u32]) -> sel4::Result<Guest> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    Guest::prepare(env, code, context, SCRATCH)
}

/// Runs it from its beginning to its hypercall.
fn undisturbed(guest: &Guest) -> Outcome {
    guest.run(CODE as u64, D_CLEAR)?;
    same(guest.hsr(), HSR_HVC)?;
    Ok(guest.tcb.tcb_suspend()?)
}

/// Runs it from its beginning into an exception of its own.
fn takes_its_exception(guest: &Guest) -> Result<(), Failure> {
    guest.run(CODE as u64, D_CLEAR)?;
    same(guest.abort().0, VECTOR)?;
    Ok(guest.tcb.tcb_suspend()?)
}

/// BRK goes to the guest, to the debugger while it is attached, and to the guest again.
pub fn brk_goes_to_whom_it_concerns(env: &mut Env) -> Outcome {
    needs_attach(env)?;
    let guest = prepare(env, &[BRK_7, HVC_66])?;
    takes_its_exception(&guest)?;
    attach(guest.vcpu)?;
    guest.run(CODE as u64, D_CLEAR)?;
    same(guest.hsr(), HSR_BRK)?;
    guest.skip()?;
    same(guest.hsr(), HSR_HVC)?;
    guest.tcb.tcb_suspend()?;
    detach(guest.vcpu)?;
    takes_its_exception(&guest)
}

/// The guest's breakpoint is the debugger's while that is attached, whatever the guest has locked; it is where the guest left
/// it, and the guest's again afterwards.
pub fn breakpoints_go_to_whom_they_concern(env: &mut Env) -> Outcome {
    needs_attach(env)?;
    let guest = prepare(env, &[NOP, HVC_66])?;
    let armed =
        [(DebugRegister::Bvr(0), CODE as u64), (DebugRegister::Bcr(0), BREAKPOINT), (DebugRegister::Mdscr, KDE_MDE)];
    for (register, value) in armed {
        write(guest.vcpu, register, value, true)?;
    }
    takes_its_exception(&guest)?;
    check(status(guest.vcpu)?.state() == Some(State::Loaded), "its bank is on the hardware")?;
    attach(guest.vcpu)?;
    check(status(guest.vcpu)?.state() == Some(State::External), "the debugger has it")?;
    for locked in [0, 1] {
        write(guest.vcpu, DebugRegister::OsLock, locked, false)?;
        guest.run(CODE as u64, D_CLEAR)?;
        same(guest.hsr(), HSR_BREAKPOINT)?;
        guest.tcb.tcb_suspend()?;
    }
    write(guest.vcpu, DebugRegister::OsLock, 0, false)?;
    write(guest.vcpu, DebugRegister::Bcr(0), 0, false)?;
    undisturbed(&guest)?;
    flag_dirty(guest.vcpu)?;
    undisturbed(&guest)?;
    write(guest.vcpu, DebugRegister::Bcr(0), BREAKPOINT, false)?;
    for (register, value) in armed {
        same(read(guest.vcpu, register)?, value)?;
    }
    detach(guest.vcpu)?;
    takes_its_exception(&guest)
}

/// One instruction, and a fault behind it; also of a guest that has its own debug exceptions masked.
pub fn a_step_is_the_debuggers(env: &mut Env) -> Outcome {
    needs_attach(env)?;
    let guest = prepare(env, &[NOP, HVC_66])?;
    attach(guest.vcpu)?;
    write(guest.vcpu, DebugRegister::Mdscr, SS, false)?;
    guest.run(CODE as u64, EL1H | SPSR_SS)?;
    same(guest.hsr(), HSR_STEP)?;
    same(*guest.tcb.tcb_read_registers(false, 1)?.pc(), CODE as u64 + 4)?;
    guest.tcb.tcb_suspend()?;
    write(guest.vcpu, DebugRegister::Mdscr, 0, false)?;
    undisturbed(&guest)
}

/// A store to what is watched; its bank is on the hardware, and yet the guest's own access to it traps.
pub fn watched_and_out_of_reach(env: &mut Env) -> Outcome {
    needs_attach(env)?;
    let guest = prepare(env, &[ADR_X2_DATA, MRS_X0_MDSCR, STR_X1_X2, HVC_66])?;
    let armed = [(DebugRegister::Wvr(0), DATA), (DebugRegister::Wcr(0), WATCHPOINT), (DebugRegister::Mdscr, KDE_MDE)];
    attach(guest.vcpu)?;
    for (register, value) in armed {
        write(guest.vcpu, register, value, false)?;
    }
    let loads = status(guest.vcpu)?.word(DebugStatus::BankLoads);
    for _ in 0..2 {
        guest.run(CODE as u64, D_CLEAR)?;
        same(guest.hsr() >> 26, EC_SYSREG)?;
        guest.skip()?;
        same(guest.hsr() & !ISS, HSR_WATCHPOINT & !ISS)?;
        guest.tcb.tcb_suspend()?;
    }
    same(status(guest.vcpu)?.word(DebugStatus::BankLoads), loads + 1)
}

/// Two debuggers, none, and a vCPU that goes while one has it.
pub fn one_debugger_at_a_time(env: &mut Env) -> Outcome {
    needs_attach(env)?;
    let [one, two]: [cap::VCpu; 2] = [env.object(), env.object()];
    refused(detach(one), Error::IllegalOperation)?;
    attach(one)?;
    refused(attach(one), Error::DeleteFirst)?;
    attach(two)?;
    detach(one)?;
    refused(detach(one), Error::IllegalOperation)?;
    env.delete(two.bits());
    let three: cap::VCpu = env.object();
    check(status(three)?.state() == Some(State::Clean), "a new one is nobody's")
}
