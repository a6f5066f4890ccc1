// SPDX-License-Identifier: MIT OR Apache-2.0
//! Faults and what their answers do.

use sel4::{
    CapRights, CapRightsBuilder, Error, Fault, MessageInfo, MessageInfoBuilder, cap, init_thread::slot::TCB,
    with_ipc_buffer, with_ipc_buffer_mut,
};

use crate::{
    case::{Outcome, check, refused_with, same},
    env::{Env, SCRATCH},
    memory::{peek, strange_call, undefined},
    thread::{Body, clear_notes, done, note, noted, null, spawn, spawn_watched},
};

use super::ipc::settle;

/// A thread with a handler, and the handler's side.
pub struct Watched {
    /// The thread.
    pub tcb: cap::Tcb,
    endpoint: cap::Endpoint,
    reply: cap::Reply,
}

impl Watched {
    /// Starts a body; its faults carry badge 7.
    pub fn new(env: &mut Env, body: Body, arguments: [u64; 3]) -> sel4::Result<Self> {
        clear_notes();
        let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
        let badged = env.mint(endpoint, CapRights::all(), 7);
        let tcb = spawn_watched(env, 0, badged, body, arguments)?;
        Ok(Self { tcb, endpoint, reply })
    }

    /// Waits for a fault.
    pub fn fault(&self) -> (Option<Fault>, MessageInfo, u64) {
        let (info, badge) = self.endpoint.recv(self.reply);
        (with_ipc_buffer(|buffer| Fault::try_new(buffer, &info)), info, badge)
    }

    /// Answers with words that the buffer holds.
    pub fn answer(&self, label: u64, length: usize) {
        self.reply.send(MessageInfoBuilder::default().label(label).length(length).build());
    }
}

/// Reads a word and notes it.
pub extern "C" fn read_once(address: u64, _: u64, _: u64) -> ! {
    note(0, 1);
    note(1, peek(address as usize));
    note(0, 2);
    done()
}

pub fn vm_fault(env: &mut Env) -> Outcome {
    let watched = Watched::new(env, read_once, [SCRATCH as u64, 0, 0])?;
    let (Some(Fault::VmFault(fault)), info, badge) = watched.fault() else {
        return check(false, "a VM fault");
    };
    same(info.length() as u64, 4)?;
    same(badge, 7)?;
    same(fault.addr(), SCRATCH as u64)?;
    check(fault.ip() != 0 && !fault.is_prefetch(), "a data access")?;
    same(fault.fsr() >> 26, 0x24)?;
    env.map(SCRATCH);
    watched.answer(0, 0);
    settle(env)?;
    same(noted(0), 2)?;
    same(noted(1), 0)
}

extern "C" fn undefined_once(_: u64, _: u64, _: u64) -> ! {
    undefined();
    note(0, 1);
    done()
}

pub fn user_exception(env: &mut Env) -> Outcome {
    let watched = Watched::new(env, undefined_once, [0; 3])?;
    let (Some(Fault::UserException(fault)), info, _) = watched.fault() else {
        return check(false, "a user exception");
    };
    same(info.length() as u64, 5)?;
    with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[0] = fault.fault_ip() + 4);
    watched.answer(0, 3);
    settle(env)?;
    same(noted(0), 1)
}

extern "C" fn strange_once(argument: u64, _: u64, _: u64) -> ! {
    note(0, strange_call(argument));
    done()
}

fn answer_unknown_syscall(watched: &Watched, label: u64) -> Outcome {
    let (Some(Fault::UnknownSyscall(fault)), info, _) = watched.fault() else {
        return check(false, "an unknown system call");
    };
    same(info.length() as u64, 13)?;
    same(fault.gpr(0), 0xabc)?;
    same(fault.syscall(), 1234)?;
    with_ipc_buffer_mut(|buffer| {
        buffer.msg_regs_mut()[0] = 99;
        buffer.msg_regs_mut()[8] = fault.fault_ip() + 4;
    });
    watched.answer(label, 12);
    Ok(())
}

pub fn unknown_syscall(env: &mut Env) -> Outcome {
    let watched = Watched::new(env, strange_once, [0xabc, 0, 0])?;
    answer_unknown_syscall(&watched, 0)?;
    settle(env)?;
    same(noted(0), 99)
}

pub fn refused_reply_stops(env: &mut Env) -> Outcome {
    let watched = Watched::new(env, strange_once, [0xabc, 0, 0])?;
    answer_unknown_syscall(&watched, 1)?;
    settle(env)?;
    same(noted(0), 0)?;
    watched.tcb.tcb_resume()?;
    settle(env)?;
    same(noted(0), 99)
}

extern "C" fn receive_on(cptr: u64, _: u64, _: u64) -> ! {
    cap::Endpoint::from_bits(cptr).recv(null());
    note(0, 1);
    done()
}

pub fn cap_fault(env: &mut Env) -> Outcome {
    let empty = env.slot().path().bits();
    let watched = Watched::new(env, receive_on, [empty, 0, 0])?;
    let (Some(Fault::CapFault(fault)), ..) = watched.fault() else {
        return check(false, "a capability fault");
    };
    same(fault.addr(), empty)?;
    same(fault.in_recv_phase(), 1)?;
    watched.answer(0, 0);
    // It tries again.
    check(matches!(watched.fault().0, Some(Fault::CapFault(_))), "the same again")
}

pub fn invalid_depth(env: &mut Env) -> Outcome {
    let watched = Watched::new(env, receive_on, [1 << 40, 0, 0])?;
    let (Some(Fault::CapFault(fault)), ..) = watched.fault() else {
        return check(false, "a capability fault");
    };
    same(fault.addr(), 1 << 40)?;
    same(fault.lookup_failure_type(), sel4::sys::error::LookupFailure::GuardMismatch as u64)
}

pub fn no_handler(env: &mut Env) -> Outcome {
    clear_notes();
    spawn(env, 0, read_once, [SCRATCH as u64, 0, 0])?;
    settle(env)?;
    same(noted(0), 1)
}

pub fn handler_needs_rights(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    let endpoint: cap::Endpoint = env.object();
    let mut try_rights = |rights| {
        let handler = env.mint(endpoint, rights, 1);
        tcb.tcb_set_sched_params(TCB.cap(), 1, 1, null(), handler)
    };
    refused_with(try_rights(CapRights::write_only()), Error::InvalidCapability, &[3])?;
    refused_with(try_rights(CapRightsBuilder::none().grant(true).build()), Error::InvalidCapability, &[3])?;
    try_rights(CapRightsBuilder::none().write(true).grant_reply(true).build())?;
    try_rights(CapRightsBuilder::none().write(true).grant(true).build())?;
    Ok(())
}
