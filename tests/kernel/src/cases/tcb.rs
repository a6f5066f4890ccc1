// SPDX-License-Identifier: MIT OR Apache-2.0
//! Threads: registers, priorities, buffers.

use sel4::{
    CNodeCapData, Error, UserContext, cap, cap_type,
    init_thread::slot::{CNODE, TCB, VSPACE},
};

use crate::{
    case::{Outcome, check, refused, refused_with, same},
    env::Env,
    thread::{clear_notes, note, noted, null, spawn},
};

use super::ipc::settle;

pub fn registers_come_back(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    let mut written = UserContext::default();
    for (index, word) in written.inner_mut().iter_mut().enumerate() {
        *word = 0x1000_0000 + 8 * index as u64;
    }
    // Negative, and a mode of EL3.
    *written.spsr_mut() = 0x8000_000d;
    tcb.tcb_write_all_registers(false, &written)?;
    let read = tcb.tcb_read_all_registers(false)?;
    same(*read.spsr() & 0xf000_000f, 0x8000_0000)?;
    *written.spsr_mut() = *read.spsr();
    written.inner().iter().zip(read.inner()).try_for_each(|(written, read)| same(*read, *written))
}

pub fn self_registers_are_refused(_: &mut Env) -> Outcome {
    refused(TCB.cap().tcb_read_registers(false, 1), Error::IllegalOperation)?;
    refused(TCB.cap().tcb_write_registers(false, 1, &UserContext::default()), Error::IllegalOperation)
}

pub fn too_many_registers(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    refused_with(tcb.tcb_read_registers(false, 37), Error::RangeError, &[1, 36])?;
    refused_with(tcb.tcb_read_registers(false, 0), Error::RangeError, &[1, 36])
}

pub fn priority_out_of_range(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    refused_with(tcb.tcb_set_priority(TCB.cap(), 256), Error::RangeError, &[0, 255])?;
    refused_with(tcb.tcb_set_mc_priority(TCB.cap(), 256), Error::RangeError, &[0, 255])
}

pub fn mcp_limits(env: &mut Env) -> Outcome {
    let (authority, tcb): (cap::Tcb, cap::Tcb) = (env.object(), env.object());
    authority.tcb_set_mc_priority(TCB.cap(), 10)?;
    tcb.tcb_set_priority(authority, 10)?;
    refused_with(tcb.tcb_set_priority(authority, 11), Error::RangeError, &[0, 10])?;
    refused(tcb.tcb_set_priority(null(), 1), Error::InvalidCapability)
}

pub fn buffer_alignment(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    let (frame, address) = env.buffer(0);
    refused(tcb.tcb_set_ipc_buffer(address + 0x200, frame), Error::AlignmentError)?;
    let endpoint = env.object::<cap_type::Endpoint>().cast();
    check(tcb.tcb_set_ipc_buffer(address, endpoint).is_err(), "an endpoint is no frame")
}

pub fn flags(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    let fpu = sel4::TcbFlagsBuilder::new().fpu_disabled(true).build();
    same(tcb.tcb_set_flags(0, fpu)?, fpu)?;
    same(tcb.tcb_set_flags(0, 0)?, fpu)?;
    same(tcb.tcb_set_flags(fpu, 0)?, 0)
}

pub fn bind_notification_once(env: &mut Env) -> Outcome {
    let (a, b): (cap::Tcb, cap::Tcb) = (env.object(), env.object());
    let (n, m): (cap::Notification, cap::Notification) = (env.object(), env.object());
    a.tcb_bind_notification(n)?;
    refused(a.tcb_bind_notification(m), Error::IllegalOperation)?;
    refused(b.tcb_bind_notification(n), Error::IllegalOperation)?;
    a.tcb_unbind_notification()?;
    refused(a.tcb_unbind_notification(), Error::IllegalOperation)?;
    b.tcb_bind_notification(n)?;
    Ok(())
}

extern "C" fn tick(notification: u64, _: u64, _: u64) -> ! {
    loop {
        note(0, noted(0) + 1);
        cap::Notification::from_bits(notification).signal();
    }
}

pub fn suspended_threads_stay(env: &mut Env) -> Outcome {
    clear_notes();
    let notification: cap::Notification = env.object();
    let tcb = spawn(env, 0, tick, [notification.bits(), 0, 0])?;
    (0..3).for_each(|_| {
        notification.wait();
    });
    tcb.tcb_suspend()?;
    let ticks = noted(0);
    check(ticks >= 3, "it ran")?;
    settle(env)?;
    same(noted(0), ticks)?;
    tcb.tcb_resume()?;
    notification.wait();
    check(noted(0) >= ticks, "it runs again")
}

pub fn configure_needs_a_cnode(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    let endpoint: cap::Endpoint = env.object();
    let data = CNodeCapData::new(0, 0);
    check(tcb.tcb_configure(endpoint.cast(), data, VSPACE.cap(), 0, null()).is_err(), "an endpoint is no CNode")?;
    check(tcb.tcb_configure(CNODE.cap(), data, endpoint.cast(), 0, null()).is_err(), "an endpoint is no VSpace")?;
    tcb.tcb_configure(CNODE.cap(), data, VSPACE.cap(), 0, null())?;
    Ok(())
}
