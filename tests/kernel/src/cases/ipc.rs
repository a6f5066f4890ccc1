// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages.

use sel4::{
    Cap, CapRights, CapRightsBuilder, MessageInfo, MessageInfoBuilder, cap, with_ipc_buffer, with_ipc_buffer_mut,
};

use crate::{
    case::{Outcome, check, message_register, same},
    env::{Env, slot_of},
    thread::{Start, clear_notes, done, note, noted, null, registers, spawn, spawn_watched, start},
};

fn message(label: u64, length: usize) -> MessageInfo {
    MessageInfoBuilder::default().label(label).length(length).build()
}

fn set(index: usize, value: u64) {
    with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[index] = value);
}

/// Lets everything above priority 1 run until it blocks.
pub fn settle(env: &mut Env) -> sel4::Result<()> {
    extern "C" fn signal(notification: u64, _: u64, _: u64) -> ! {
        cap::Notification::from_bits(notification).signal();
        done()
    }
    let how = |notification: cap::Notification, context| {
        let arguments = [notification.bits(), 0, 0];
        Start { number: 3, priority: 1, context, faults: null(), body: signal, arguments }
    };
    let (notification, last) = match env.last {
        Some((notification, last)) => {
            last.tcb_write_all_registers(true, &registers(env, how(notification, null())))?;
            (notification, last)
        }
        // One for all: whoever waits for something by the clock settles as often as the core is fast.
        None => {
            let (notification, context) = (env.object(), env.sched_context(1_000_000, 1_000_000, 0));
            (notification, start(env, how(notification, context))?)
        }
    };
    env.last = Some((notification, last));
    notification.wait();
    last.tcb_suspend()
}

/// Answers with what came; notes badge and number of calls.
pub extern "C" fn echo(endpoint: u64, reply: u64, _: u64) -> ! {
    let (endpoint, reply) = (cap::Endpoint::from_bits(endpoint), cap::Reply::from_bits(reply));
    let (mut info, mut badge) = endpoint.recv(reply);
    loop {
        note(0, badge);
        note(1, noted(1) + 1);
        (info, badge) = endpoint.reply_recv(info, reply);
    }
}

/// Calls once with its second argument, notes the answer.
extern "C" fn call_once(endpoint: u64, word: u64, index: u64) -> ! {
    set(0, word);
    cap::Endpoint::from_bits(endpoint).call(message(0, 1));
    note(index as usize, message_register(0));
    done()
}

/// Sends its second argument, then notes that it is done.
extern "C" fn send_once(endpoint: u64, word: u64, index: u64) -> ! {
    set(0, word);
    cap::Endpoint::from_bits(endpoint).send(message(0, 1));
    note(index as usize, 1);
    done()
}

fn server(env: &mut Env) -> sel4::Result<cap::Endpoint> {
    clear_notes();
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    spawn(env, 0, echo, [endpoint.bits(), reply.bits(), 0])?;
    Ok(endpoint)
}

pub fn call_and_reply(env: &mut Env) -> Outcome {
    let endpoint = server(env)?;
    (0..4).for_each(|index| set(index, 10 + index as u64));
    let answer = endpoint.call(message(77, 4));
    same(answer.label(), 77)?;
    same(answer.length() as u64, 4)?;
    (0..4).try_for_each(|index| same(message_register(index), 10 + index as u64))?;
    same(noted(0), 0)
}

pub fn long_message(env: &mut Env) -> Outcome {
    let endpoint = server(env)?;
    (0..120).for_each(|index| set(index, 1000 + index as u64));
    let answer = endpoint.call(message(1, 120));
    same(answer.length() as u64, 120)?;
    (0..120).try_for_each(|index| same(message_register(index), 1000 + index as u64))
}

pub fn badge_arrives(env: &mut Env) -> Outcome {
    let endpoint = server(env)?;
    let badge = 0xfeed_0000_0000_0001;
    env.mint(endpoint, CapRights::all(), badge).call(message(0, 0));
    same(noted(0), badge)
}

pub fn no_write_right(env: &mut Env) -> Outcome {
    let endpoint = server(env)?;
    let answer = env.mint(endpoint, CapRights::read_only(), 0).call(message(0, 0));
    same(answer.label(), sel4::sys::error::Error::InvalidCapability as u64)?;
    settle(env)?;
    same(noted(1), 0)
}

pub fn no_grant_right(env: &mut Env) -> Outcome {
    let endpoint = server(env)?;
    let writer = env.mint(endpoint, CapRights::write_only(), 5);
    note(2, 99);
    spawn(env, 1, call_once, [writer.bits(), 1, 2])?;
    settle(env)?;
    same(noted(0), 5)?;
    check(noted(2) == 99, "there is nobody to answer")?;
    let caller = env.mint(endpoint, CapRightsBuilder::none().write(true).grant_reply(true).build(), 6);
    spawn(env, 2, call_once, [caller.bits(), 1, 2])?;
    settle(env)?;
    same(noted(2), 1)
}

extern "C" fn send_cap(endpoint: u64, cap: u64, _: u64) -> ! {
    with_ipc_buffer_mut(|buffer| buffer.caps_or_badges_mut()[0] = cap);
    cap::Endpoint::from_bits(endpoint).send(MessageInfo::new(0, 0, 1, 0));
    done()
}

fn receive_cap(env: &mut Env, endpoint: cap::Endpoint) -> (MessageInfo, Cap<sel4::cap_type::Unspecified>) {
    let to = env.empty();
    with_ipc_buffer_mut(|buffer| buffer.set_recv_slot(&slot_of(to)));
    let reply: cap::Reply = env.object();
    (endpoint.recv(reply).0, to)
}

pub fn grants_a_capability(env: &mut Env) -> Outcome {
    let (endpoint, sent): (cap::Endpoint, cap::Notification) = (env.object(), env.object());
    spawn(env, 0, send_cap, [endpoint.bits(), sent.bits(), 0])?;
    let (info, to) = receive_cap(env, endpoint);
    same(info.extra_caps() as u64, 1)?;
    same(info.caps_unwrapped() as u64, 0)?;
    check(to.debug_identify() == sent.debug_identify(), "of the same kind")?;
    to.downcast::<sel4::cap_type::Notification>().signal();
    check(sent.poll().0.length() == 0 && to.debug_identify() != 0, "it is the same object")
}

pub fn same_endpoint_unwraps(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let badged = env.mint(endpoint, CapRights::all(), 42);
    spawn(env, 0, send_cap, [endpoint.bits(), badged.bits(), 0])?;
    let (info, to) = receive_cap(env, endpoint);
    same(info.caps_unwrapped() as u64, 1)?;
    same(with_ipc_buffer(|buffer| buffer.caps_or_badges()[0]), 42)?;
    check(to.debug_identify() == 0, "the slot stays empty")
}

pub fn nothing_to_receive(env: &mut Env) -> Outcome {
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    same(endpoint.nb_recv(reply).1, 0)
}

pub fn nobody_receives(env: &mut Env) -> Outcome {
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    env.mint(endpoint, CapRights::all(), 9).nb_send(message(0, 0));
    same(endpoint.nb_recv(reply).1, 0)
}

pub fn senders_by_priority(env: &mut Env) -> Outcome {
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    for (number, priority) in [90, 95].into_iter().enumerate() {
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        let arguments = [endpoint.bits(), priority, 0];
        start(env, Start { number, priority, context, faults: null(), body: send_once, arguments })?;
        settle(env)?;
    }
    endpoint.recv(reply);
    same(message_register(0), 95)?;
    endpoint.recv(reply);
    same(message_register(0), 90)
}

pub fn reply_receive_loop(env: &mut Env) -> Outcome {
    let endpoint = server(env)?;
    for round in 0..100 {
        set(0, round);
        endpoint.call(message(0, 1));
        same(message_register(0), round)?;
    }
    same(noted(1), 100)
}

pub fn reply_object_reused(env: &mut Env) -> Outcome {
    clear_notes();
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let first = spawn(env, 0, call_once, [endpoint.bits(), 11, 0])?;
    endpoint.recv(reply);
    same(message_register(0), 11)?;
    spawn(env, 1, call_once, [endpoint.bits(), 22, 1])?;
    endpoint.recv(reply);
    same(message_register(0), 22)?;
    set(0, 23);
    reply.send(message(0, 1));
    settle(env)?;
    check(noted(0) == 0 && noted(1) == 23, "the first caller was forgotten, the second answered")?;
    first.tcb_resume()?;
    endpoint.recv(reply);
    same(message_register(0), 11)
}

pub fn cancel_badged_sends(env: &mut Env) -> Outcome {
    clear_notes();
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let one = env.mint(endpoint, CapRights::all(), 1);
    let two = env.mint(endpoint, CapRights::all(), 2);
    spawn(env, 0, send_once, [one.bits(), 0, 0])?;
    spawn(env, 1, send_once, [two.bits(), 0, 1])?;
    settle(env)?;
    slot_of(one).cancel_badged_sends()?;
    slot_of(one).delete()?;
    settle(env)?;
    check(noted(0) == 1 && noted(1) == 0, "only the first is through")?;
    same(endpoint.recv(reply).1, 2)
}

extern "C" fn receive_once(endpoint: u64, reply: u64, _: u64) -> ! {
    cap::Endpoint::from_bits(endpoint).recv(cap::Reply::from_bits(reply));
    note(0, 1);
    done()
}

pub fn endpoint_deleted(env: &mut Env) -> Outcome {
    clear_notes();
    let (faults, endpoint): (cap::Endpoint, cap::Endpoint) = (env.object(), env.object());
    let (reply, own): (cap::Reply, cap::Reply) = (env.object(), env.object());
    spawn_watched(env, 0, faults, receive_once, [endpoint.bits(), reply.bits(), 0])?;
    settle(env)?;
    slot_of(endpoint).delete()?;
    let (info, _) = faults.recv(own);
    same(info.label(), sel4::sys::fault::FaultLabel::CapFault as u64)?;
    same(message_register(1), endpoint.bits())?;
    same(message_register(2), 1)?;
    same(noted(0), 0)
}
