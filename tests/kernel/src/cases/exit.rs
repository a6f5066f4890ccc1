// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exits with our kernel's longer messages, answered with ReplyRecv as a VMM does.

use lazaret_abi::fault_context;
use sel4::{MessageInfo, MessageInfoBuilder, cap, with_ipc_buffer_mut};

use crate::{
    case::{Outcome, check, message_register, needs_extension, same},
    env::Env,
    memory::{ticks, ticks_per_second},
};

use super::vcpu::{CODE, EL1H, Guest, HVC_66, WFI};

/// `add x1, x1, #1`
const ADD_X1: u32 = 0x9100_0421;
/// `str x1, [x2]` and `ldr x3, [x2]`
const STR_X1: u32 = 0xf900_0041;
const LDR_X3: u32 = 0xf940_0043;
/// Two instructions back.
const BACK: u32 = 0x17ff_fffe;
pub(super) const HSR_HVC: u64 = 0x5a00_0042;
const START: u64 = 0x1111;
/// What x2 points at.
const NOWHERE: u64 = 0x0a00_0000;

fn first(guest: &Guest) -> MessageInfo {
    guest.faults.recv(guest.reply).0
}

/// The answer that says how to go on.
pub(super) fn answer(ip: u64, spsr: u64, register: u64, value: u64) -> MessageInfo {
    with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..4].copy_from_slice(&[ip, spsr, register, value]));
    MessageInfoBuilder::default().label(fault_context::REPLY_LABEL).length(fault_context::REPLY_LENGTH).build()
}

/// On to the next instruction; the next exit.
pub fn go_on(guest: &Guest) -> MessageInfo {
    go_on_for(guest.faults, guest.reply)
}

/// Whoever's guest it is.
pub fn go_on_for(faults: cap::Endpoint, reply: cap::Reply) -> MessageInfo {
    let ip = message_register(fault_context::VCPU_IP);
    let spsr = message_register(fault_context::VCPU_SPSR);
    faults.reply_recv(answer(ip + 4, spsr, fault_context::NO_REGISTER, 0), reply).0
}

pub fn context_of_a_trap(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[HVC_66, WFI])?;
    let info = first(&guest);
    same(info.length() as u64, fault_context::VCPU_LENGTH as u64)?;
    same(message_register(0), HSR_HVC)?;
    same(message_register(fault_context::VCPU_IP), CODE as u64)?;
    same(message_register(fault_context::VCPU_SPSR) & 0xf, EL1H & 0xf)?;
    go_on(&guest);
    same(message_register(0) >> 26, 1)?;
    same(message_register(fault_context::VCPU_IP), CODE as u64 + 4)
}

pub fn context_of_an_abort(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[STR_X1, WFI])?;
    let info = first(&guest);
    check(fault_context::is_abort(info.label()), "an abort")?;
    same(info.length() as u64, fault_context::ABORT_LENGTH as u64)?;
    same(message_register(fault_context::ABORT_IP), CODE as u64)?;
    same(message_register(fault_context::ABORT_STATUS) >> 26 & 0x3f, 0x24)?;
    same(message_register(fault_context::ABORT_STATUS) >> 32 & 0xf, EL1H & 0xf)?;
    same(message_register(fault_context::ABORT_ADDR), NOWHERE)?;
    same(message_register(fault_context::ABORT_VALUE), START)
}

pub fn answer_with_a_register(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[LDR_X3, WFI])?;
    first(&guest);
    let spsr = message_register(fault_context::ABORT_STATUS) >> 32;
    guest.faults.reply_recv(answer(CODE as u64 + 4, spsr, 3, 0xfeed), guest.reply);
    same(message_register(0) >> 26, 1)?;
    same(*guest.tcb.tcb_read_all_registers(false)?.gpr(3), 0xfeed)?;
    same(*guest.tcb.tcb_read_all_registers(false)?.gpr(1), START)
}

/// Whatever the answer says, the guest stays at EL1 or below, and a register number is a register number.
pub fn answer_is_clamped(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    for (spsr, register) in [(0x3c9, 3), (0x3cd, u64::MAX), (u64::MAX, 32), (EL1H, 1 << 40)] {
        let guest = Guest::start(env, &[WFI, WFI, WFI])?;
        first(&guest);
        guest.reply.send(answer(CODE as u64 + 4, spsr, register, u64::MAX));
        super::ipc::settle(env)?;
        let registers = guest.tcb.tcb_read_all_registers(true)?;
        check(*registers.spsr() & 0xf < 8, "not above EL1")?;
        env.clean_up();
    }
    Ok(())
}

pub fn a_thousand_exits(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[ADD_X1, HVC_66, BACK])?;
    first(&guest);
    for _ in 0..1000 {
        same(message_register(0), HSR_HVC)?;
        go_on(&guest);
    }
    same(*guest.tcb.tcb_read_all_registers(false)?.gpr(1), START + 1001)
}

/// Between exit and answer the VMM calls the kernel, sleeps, and runs out of its own budget.
pub fn other_calls_between(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[ADD_X1, HVC_66, BACK])?;
    first(&guest);
    for round in 0..20 {
        let words = [0, 1, 2].map(message_register);
        match round % 4 {
            0 => sel4::r#yield(),
            1 => guest.tcb.tcb_write_registers(false, 0x0, &Default::default()).unwrap_or(()),
            2 => {
                let end = ticks() + ticks_per_second() / 100;
                while ticks() < end {}
            }
            _ => super::ipc::settle(env)?,
        }
        with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..3].copy_from_slice(&words));
        same(message_register(0), HSR_HVC)?;
        go_on(&guest);
    }
    same(*guest.tcb.tcb_read_all_registers(false)?.gpr(1), START + 21)
}

pub fn budget_of_a_chatty_guest(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let context = env.sched_context(1_000, 10_000, 0);
    let guest = Guest::start_with(env, &[ADD_X1, HVC_66, BACK], context)?;
    first(&guest);
    let end = ticks() + ticks_per_second() / 5;
    let mut exits = 0;
    while ticks() < end {
        go_on(&guest);
        exits += 1;
    }
    let consumed = context.consumed()?;
    check(exits > 20, "it got somewhere")?;
    check((5_000..60_000).contains(&consumed), "about a tenth of 200 ms")
}
