// SPDX-License-Identifier: MIT OR Apache-2.0
//! An outside debugger attaches to a guest that debugs itself, and lets go of it.

use lazaret_abi::{Switch, VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH};
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

/// The guest's breakpoint does not fire while a debugger has the registers. It is where the guest left it, and fires
/// again afterwards.
pub fn breakpoints_come_back(env: &mut Env) -> Outcome {
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
    undisturbed(&guest)?;
    flag_dirty(guest.vcpu)?;
    undisturbed(&guest)?;
    for (register, value) in armed {
        same(read(guest.vcpu, register)?, value)?;
    }
    detach(guest.vcpu)?;
    takes_its_exception(&guest)
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
