// SPDX-License-Identifier: MIT OR Apache-2.0
//! VCPU_SetAlarm: the VMM is told of a moment; or it is refused.

use lazaret_abi::fault_context::{NO_REGISTER, ReplyKind};
use lazaret_abi::{ALARM_EVENT, Switch};
use sel4::{MessageInfoBuilder, VCpuReg, with_ipc_buffer_mut};
use sel4_vcpu_debug::set_alarm;

use crate::{
    case::{Outcome, check, message_register, needs, same},
    env::Env,
    memory::{ticks, ticks_per_second},
};

use super::vcpu::{CODE, EL1H, Guest, WFI};

/// `b .`
const LOOP: u32 = 0x1400_0000;
/// Label of a VPPIEvent.
const EVENT: u64 = 9;

/// In so many milliseconds.
fn moment(milliseconds: u64) -> u64 {
    ticks() + milliseconds * ticks_per_second() / 1000
}

/// The next message is the alarm's, and comes when it is time.
fn comes_at(due: u64) -> Outcome {
    same(message_register(0), ALARM_EVENT)?;
    check(ticks() >= due, "not before its time")?;
    // An emulator on a loaded machine stands still for longer than a tick.
    check(ticks() < due + ticks_per_second(), "nor long after")
}

/// It neither exits nor has a timer of its own.
pub fn a_guest_that_runs_is_interrupted(env: &mut Env) -> Outcome {
    needs(env, Switch::Alarm)?;
    let guest = Guest::start(env, &[LOOP])?;
    for _ in 0..3 {
        let due = moment(2);
        set_alarm(guest.vcpu, Some(due))?;
        same(guest.faults.recv(guest.reply).0.label(), EVENT)?;
        comes_at(due)?;
        guest.reply.send(MessageInfoBuilder::default().build());
    }
    Ok(())
}

pub fn an_alarm_ends_a_wait(env: &mut Env) -> Outcome {
    needs(env, Switch::Alarm)?;
    needs(env, Switch::Stop)?;
    // Without a timer, and with one that is later.
    for control in [0, 1] {
        let guest = Guest::start(env, &[WFI])?;
        guest.faults.recv(guest.reply);
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CVAL, moment(10_000))?;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CTL, control)?;
        let due = moment(2);
        set_alarm(guest.vcpu, Some(due))?;
        let words = [CODE as u64 + 4, EL1H, NO_REGISTER, 0];
        with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..words.len()].copy_from_slice(&words));
        let answer = MessageInfoBuilder::default().label(ReplyKind::Wait.label()).length(words.len()).build();
        same(guest.faults.reply_recv(answer, guest.reply).0.label(), EVENT)?;
        comes_at(due)?;
        env.clean_up();
    }
    Ok(())
}

/// One that takes another's place, one that is taken back, one that is due while its VMM has another fault to answer.
pub fn the_last_alarm_counts(env: &mut Env) -> Outcome {
    needs(env, Switch::Alarm)?;
    let guest = Guest::start(env, &[WFI, LOOP])?;
    guest.faults.recv(guest.reply);
    set_alarm(guest.vcpu, Some(0))?;
    set_alarm(guest.vcpu, None)?;
    set_alarm(guest.vcpu, Some(moment(1)))?;
    let due = moment(4);
    set_alarm(guest.vcpu, Some(due))?;
    guest.skip()?;
    same(guest.faults.recv(guest.reply).0.label(), EVENT)?;
    comes_at(due)?;
    set_alarm(guest.vcpu, Some(0))?;
    let after_this = MessageInfoBuilder::default().build();
    same(guest.faults.reply_recv(after_this, guest.reply).0.label(), EVENT)?;
    same(message_register(0), ALARM_EVENT)
}
