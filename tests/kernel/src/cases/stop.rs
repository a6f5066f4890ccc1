// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers that leave a vCPU stopped, VCPU_Recall and VCPU_Start; or that they are refused.

use lazaret_abi::fault_context::{self, NO_REGISTER, REPLY_LENGTH, ReplyKind};
use lazaret_abi::{Switch, VCPU_RECALL, VCPU_START};
use sel4::{Error, MessageInfo, MessageInfoBuilder, VCpuReg, cap, with_ipc_buffer_mut};
use sel4_vcpu_debug::{DebugRegister, VcpuWait, recall, start, unanswered_fault, wake};

use crate::{
    case::{Outcome, check, message_register, needs, refused, refused_with, same},
    env::{Env, slot_of},
    memory::{ticks, ticks_per_second},
};

use super::ipc::settle;
use super::vcpu::{CODE, EL1H, Guest, HVC_66, WFI};

/// `add x1, x1, #1`, and one instruction back.
const ADD_X1: u32 = 0x9100_0421;
const BACK: u32 = 0x17ff_ffff;
const NEXT: u64 = CODE as u64 + 4;

fn reply(kind: ReplyKind, words: &[u64]) -> MessageInfo {
    with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..words.len()].copy_from_slice(words));
    MessageInfoBuilder::default().label(kind.label()).length(words.len()).build()
}

fn state(guest: &Guest) -> sel4::Result<VcpuWait> {
    unanswered_fault(guest.vcpu).map(|(wait, _)| wait)
}

/// Where it goes on, and x1.
fn place(guest: &Guest) -> sel4::Result<(u64, u64)> {
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    Ok((*registers.pc(), *registers.gpr(1)))
}

/// A guest that traps twice, its first fault received.
fn trapped(env: &mut Env, code: u32) -> sel4::Result<Guest> {
    let guest = Guest::start(env, &[code, code, BACK])?;
    guest.faults.recv(guest.reply);
    Ok(guest)
}

pub fn an_answer_stops(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    let guest = trapped(env, HVC_66)?;
    guest.reply.send(reply(ReplyKind::Stop, &[NEXT, EL1H, 1, 0x77]));
    check(state(&guest)? == VcpuWait::Stopped, "stopped")?;
    settle(env)?;
    check(place(&guest)? == (NEXT, 0x77), "where the answer says")?;
    // The reply object is free: nobody gets a second answer.
    guest.reply.send(reply(ReplyKind::Resume, &[CODE as u64, EL1H, 1, 0x88]));
    settle(env)?;
    check(place(&guest)? == (NEXT, 0x77), "still there")?;
    start(guest.vcpu, [NEXT, EL1H, 1, 0x99])?;
    same(guest.hsr(), 0x5a00_0042)?;
    check(place(&guest)? == (NEXT, 0x99), "from where it was started")
}

/// The one event also writes a debug register.
pub fn an_answer_stops_and_writes(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    let guest = trapped(env, HVC_66)?;
    let write = fault_context::debug_write(DebugRegister::Bvr(0), true);
    guest.reply.send(reply(ReplyKind::Stop, &[NEXT, EL1H, write, 0x1000]));
    check(state(&guest)? == VcpuWait::Stopped, "stopped")?;
    same(sel4_vcpu_debug::read(guest.vcpu, DebugRegister::Bvr(0))?, 0x1000)?;
    let write = fault_context::debug_write(DebugRegister::Bvr(1), false);
    start(guest.vcpu, [NEXT, EL1H, write, 0x2000])?;
    same(guest.hsr(), 0x5a00_0042)?;
    same(sel4_vcpu_debug::read(guest.vcpu, DebugRegister::Bvr(1))?, 0x2000)
}

/// The kernel resumes a guest when its timer is due, not before, and by itself.
pub fn an_answer_waits_for_the_timer(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    let guest = trapped(env, WFI)?;
    let due = ticks() + ticks_per_second() / 500;
    guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CVAL, due)?;
    guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CTL, 1)?;
    // The next message is the timer's event.
    let words = reply(ReplyKind::Wait, &[NEXT, EL1H, NO_REGISTER, 0]);
    let (info, _) = guest.faults.reply_recv(words, guest.reply);
    same(info.label(), 9)?;
    same(message_register(0), 27)?;
    check(ticks() >= due, "not before its time")?;
    // An emulator on a loaded machine stands still for longer than a tick.
    check(ticks() < due + ticks_per_second(), "nor long after")?;
    check(state(&guest)? == VcpuWait::Answer, "its fault is open")
}

/// A timer that cannot interrupt ends nothing; whoever has the vCPU does.
pub fn a_wait_without_a_timer_is_ended_by_a_call(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    for control in [0, 2, 3] {
        let guest = trapped(env, WFI)?;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CVAL, 0)?;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CTL, control)?;
        guest.reply.send(reply(ReplyKind::Wait, &[NEXT, EL1H, NO_REGISTER, 0]));
        settle(env)?;
        check(state(&guest)? == VcpuWait::Stopped, "it waits")?;
        wake(guest.vcpu)?;
        same(guest.hsr() >> 26, 1)?;
        same(place(&guest)?.0, NEXT)?;
        env.clean_up();
    }
    Ok(())
}

/// Without words, or with another number of them, it is stopped where it was.
pub fn an_answer_without_words_stops_where_it_is(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    for words in [&[][..], &[NEXT], &[NEXT, EL1H, 1, 7, 7]] {
        let guest = trapped(env, HVC_66)?;
        guest.reply.send(reply(ReplyKind::Stop, words));
        check(state(&guest)? == VcpuWait::Stopped, "stopped")?;
        check(place(&guest)? == (CODE as u64, 0x1111), "where it was")?;
        env.clean_up();
    }
    Ok(())
}

pub fn a_running_guest_is_recalled(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    // Others get their turn when its budget is used up.
    let context = env.sched_context(1_000, 10_000, 0);
    let guest = Guest::start_with(env, &[ADD_X1, BACK], context)?;
    let_it_run(env, &guest, 0x1111)?;
    check(recall(guest.vcpu)? == VcpuWait::Runs, "it ran")?;
    let seen = place(&guest)?;
    let later = ticks() + ticks_per_second() / 25;
    while ticks() < later {
        settle(env)?;
    }
    check(place(&guest)? == seen && recall(guest.vcpu)? == VcpuWait::Stopped, "it does not run any more")?;
    wake(guest.vcpu)?;
    let_it_run(env, &guest, seen.1)?;
    recall(guest.vcpu)?;
    start(guest.vcpu, [CODE as u64, EL1H, 1, 5])?;
    recall(guest.vcpu)?;
    check(place(&guest)? == (CODE as u64, 5), "nobody let it run in between")
}

/// Until it has counted on from there.
fn let_it_run(env: &mut Env, guest: &Guest, from: u64) -> Outcome {
    let late = ticks() + 5 * ticks_per_second();
    while place(guest)?.1 <= from && ticks() < late {
        settle(env)?;
    }
    check(place(guest)?.1 > from, "it runs")
}

pub fn an_open_fault_survives_a_recall(env: &mut Env) -> Outcome {
    needs(env, Switch::Stop)?;
    let guest = trapped(env, HVC_66)?;
    check(recall(guest.vcpu)? == VcpuWait::Answer, "it waits for its answer")?;
    check(state(&guest)? == VcpuWait::Answer, "still")?;
    refused(start(guest.vcpu, [NEXT, EL1H, NO_REGISTER, 0]), Error::IllegalOperation)?;
    guest.reply.send(reply(ReplyKind::Resume, &[NEXT, EL1H, NO_REGISTER, 0]));
    // Its next one has not been received yet.
    settle(env)?;
    check(recall(guest.vcpu)? == VcpuWait::Sends, "it waits to be heard")?;
    refused(start(guest.vcpu, [CODE as u64, EL1H, NO_REGISTER, 0]), Error::IllegalOperation)?;
    same(guest.hsr(), 0x5a00_0042)?;
    // Nobody can answer it any more: it is forgotten.
    slot_of(guest.reply).delete()?;
    check(recall(guest.vcpu)? == VcpuWait::Lost, "lost")?;
    check(state(&guest)? == VcpuWait::Stopped, "and stopped")
}

/// By a kernel that has them, for what they were given; by any other, always.
pub fn nonsense_is_refused(env: &mut Env) -> Outcome {
    let good = [NEXT, EL1H, NO_REGISTER, 0];
    let vcpu: cap::VCpu = env.object();
    refused(vcpu.invoke_raw(VCPU_RECALL, &[], &[]), Error::IllegalOperation)?;
    refused(vcpu.invoke_raw(VCPU_START, &good, &[]), Error::IllegalOperation)?;
    let guest = Guest::start(env, &[HVC_66, BACK])?;
    guest.faults.recv(guest.reply);
    guest.tcb.tcb_suspend()?;
    let call = |label, words: &[u64]| guest.vcpu.invoke_raw(label, words, &[]);
    if !env.parts().has(Switch::Stop) {
        refused(call(VCPU_RECALL, &[]), Error::IllegalOperation)?;
        refused(call(VCPU_START, &good), Error::IllegalOperation)?;
        return same(place(&guest)?.0, CODE as u64);
    }
    let core_has_none = fault_context::debug_write(DebugRegister::Wvr(15), false);
    for register in [32, 63, 1 << 17, 1 << 16 | 0xfff, 1 << 40, u64::MAX, core_has_none] {
        refused_with(call(VCPU_START, &[0, 0, register, 0]), Error::InvalidArgument, &[2])?;
    }
    for length in 0..REPLY_LENGTH {
        refused(call(VCPU_START, &good[..length]), Error::TruncatedMessage)?;
    }
    refused(guest.tcb.invoke_raw(VCPU_START, &good, &[]), Error::IllegalOperation)?;
    same(place(&guest)?.0, CODE as u64)?;
    // Not above EL1, whatever it is asked for.
    call(VCPU_START, &[CODE as u64, 0x3c9, NO_REGISTER, 0])?;
    recall(guest.vcpu)?;
    check(*guest.tcb.tcb_read_registers(false, 3)?.spsr() & 0xf < 8, "a mode that a guest has")
}
