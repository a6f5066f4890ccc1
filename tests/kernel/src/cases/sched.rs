// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling contexts.

use sel4::{
    Error, MessageInfoBuilder, ObjectBlueprint, cap, cap_type,
    init_thread::slot::{SC, TCB},
};

use crate::{
    case::{Failure, Outcome, check, message_register, needs_extension, refused, same},
    env::{Env, SCRATCH},
    memory::{ticks, ticks_per_second},
    thread::{Body, Start, clear_notes, done, note, noted, null, spawn, start},
};

use super::exit::go_on_for;
use super::ipc::{echo, settle};
use super::vcpu::{CODE, EL1H, Guest, HVC_66};

/// `b .-4`
const BACK: u32 = 0x17ff_ffff;

fn fresh(env: &mut Env, size_bits: usize) -> sel4::Result<cap::SchedContext> {
    env.make(ObjectBlueprint::SchedContext { size_bits })
}

fn empty_message() -> sel4::MessageInfo {
    MessageInfoBuilder::default().build()
}

pub fn budgets_out_of_range(env: &mut Env) -> Outcome {
    let context = fresh(env, 8)?;
    let configure = |budget, period| env.control.sched_control_configure_flags(context, budget, period, 0, 0, 0);
    let longest = sel4::sys::MAX_PERIOD_US;
    refused(configure(19, 1000), Error::RangeError)?;
    refused(configure(1001, 1000), Error::RangeError)?;
    refused(configure(1000, longest + 1), Error::RangeError)?;
    configure(20, 20)?;
    configure(1000, longest)?;
    Ok(())
}

pub fn refills_out_of_range(env: &mut Env) -> Outcome {
    let context = fresh(env, 7)?;
    let configure = |refills| env.control.sched_control_configure_flags(context, 1000, 2000, refills, 0, 0);
    refused(configure(1), Error::RangeError)?;
    configure(0)?;
    Ok(())
}

pub fn bind_errors(env: &mut Env) -> Outcome {
    let (a, b): (cap::Tcb, cap::Tcb) = (env.object(), env.object());
    let (first, second) = (env.sched_context(1000, 1000, 0), env.sched_context(1000, 1000, 0));
    first.bind(a)?;
    refused(first.bind(b), Error::IllegalOperation)?;
    refused(second.bind(a), Error::IllegalOperation)?;
    refused(a.tcb_set_sched_params(TCB.cap(), 1, 1, second, null()), Error::IllegalOperation)?;
    check(first.bind(env.object::<cap_type::Endpoint>()).is_err(), "endpoints have none")?;
    first.unbind_object(a)?;
    second.bind(a)?;
    a.tcb_set_sched_params(TCB.cap(), 1, 1, null(), null())?;
    second.bind(b)?;
    Ok(())
}

pub fn own_context(_: &mut Env) -> Outcome {
    refused(SC.cap().unbind(), Error::IllegalOperation)?;
    refused(SC.cap().unbind_object(TCB.cap()), Error::IllegalOperation)
}

/// Runs for so many microseconds, then signals.
extern "C" fn spin(microseconds: u64, notification: u64, _: u64) -> ! {
    let end = ticks() + microseconds * ticks_per_second() / 1_000_000;
    while ticks() < end {
        note(0, noted(0) + 1);
    }
    cap::Notification::from_bits(notification).signal();
    done()
}

pub fn budget_limits(env: &mut Env) -> Outcome {
    let (never, soon): (cap::Notification, cap::Notification) = (env.object(), env.object());
    let context = env.sched_context(1_000, 20_000, 0);
    let greedy = [1_000_000, never.bits(), 0];
    start(env, Start { number: 0, priority: 100, context, faults: null(), body: spin, arguments: greedy })?;
    let rest = env.sched_context(1_000_000, 1_000_000, 0);
    let patient = [100_000, soon.bits(), 0];
    start(env, Start { number: 1, priority: 50, context: rest, faults: null(), body: spin, arguments: patient })?;
    soon.wait();
    let consumed = context.consumed()?;
    // A loaded emulator overruns budgets; without limits it would be all of the 100 ms.
    check((2_000..60_000).contains(&consumed), "about 1 ms in each 20 ms of 100 ms")?;
    same(never.poll().1, 0)
}

pub fn consumed_counts(env: &mut Env) -> Outcome {
    let notification: cap::Notification = env.object();
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let arguments = [2_000, notification.bits(), 0];
    start(env, Start { number: 0, priority: 100, context, faults: null(), body: spin, arguments })?;
    notification.wait();
    let consumed = context.consumed()?;
    check((1_900..1_000_000).contains(&consumed), "about 2 ms")?;
    check(context.consumed()? < 1_900, "since last asked")
}

/// Answers a guest's traps after some work each, without a scheduling context.
extern "C" fn handle_slowly(ready: u64, faults: u64, reply: u64) -> ! {
    let (faults, reply) = (cap::Endpoint::from_bits(faults), cap::Reply::from_bits(reply));
    cap::Notification::from_bits(ready).nb_send_recv(empty_message(), faults, reply);
    loop {
        let end = ticks() + ticks_per_second() / 50_000;
        while ticks() < end {}
        note(1, noted(1) + 1);
        go_on_for(faults, reply);
    }
}

/// All time is somebody's, to a thousandth: a guest pays for what its VMM does, and nobody for what another one does.
pub fn charges_add_up(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    // An emulator that is stopped by its host between two instructions seems to have lost time.
    (0..5)
        .map(|_| charges(env))
        .find(|result| !matches!(result, Ok(false)))
        .unwrap_or(Ok(false))
        .and_then(|add_up| check(add_up, "the sum is what has passed"))
}

/// Whether they do, while a guest traps all the time and another thread runs as well.
fn charges(env: &mut Env) -> Result<bool, Failure> {
    const LASTS: u64 = 50_000;
    clear_notes();
    let of_guest = env.sched_context(2_000, 5_000, 0);
    let guest = Guest::prepare(env, &[HVC_66, BACK], of_guest, SCRATCH)?;
    let (ready, over): (cap::Notification, cap::Notification) = (env.object(), env.object());
    let of_handler = env.sched_context(100_000, 100_000, 0);
    let arguments = [ready.bits(), guest.faults.bits(), guest.reply.bits()];
    let handler =
        Start { number: 0, priority: 120, context: of_handler, faults: null(), body: handle_slowly, arguments };
    start(env, handler)?;
    ready.wait();
    of_handler.unbind()?;
    let of_other = env.sched_context(1_000_000, 1_000_000, 0);
    let arguments = [LASTS, over.bits(), 0];
    let other = Start { number: 1, priority: 90, context: of_other, faults: null(), body: spin, arguments };
    // Of whoever runs, the kernel tells what was consumed until its last switch: the time between two is looked at.
    let switches: [cap::Notification; 2] = [env.object(), env.object()];
    let first = spawn_lowest(env, 2, switches[0])?;
    switches[0].wait();
    let before = ticks();
    first.tcb_suspend()?;
    for context in [SC.cap(), of_guest, of_other, of_handler] {
        context.consumed()?;
    }
    guest.run(CODE as u64, EL1H)?;
    start(env, other)?;
    spawn_lowest(env, 3, switches[1])?;
    over.wait();
    guest.tcb.tcb_suspend()?;
    let (by_guest, by_other, by_handler) = (of_guest.consumed()?, of_other.consumed()?, of_handler.consumed()?);
    let elapsed = (ticks() - before) * 1_000_000 / ticks_per_second();
    switches[1].wait();
    let sum = SC.cap().consumed()? + by_guest + by_other + by_handler;
    // A slow emulator overruns budgets, which are paid back.
    check(by_guest >= noted(1) * 20 && by_handler == 0, "the guest pays for its handler")?;
    check((LASTS / 2..=LASTS).contains(&by_other), "and the other one for itself")?;
    env.clean_up();
    Ok(sum.abs_diff(elapsed) <= elapsed / 1000)
}

/// Signals once nobody else runs.
fn spawn_lowest(env: &mut Env, number: usize, notification: cap::Notification) -> sel4::Result<cap::Tcb> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let arguments = [0, notification.bits(), 0];
    start(env, Start { number, priority: 1, context, faults: null(), body: spin, arguments })
}

pub fn timeout_fault(env: &mut Env) -> Outcome {
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let context = env.sched_context(1_000, 10_000, 0x5c5c);
    let notification: cap::Notification = env.object();
    let arguments = [10_000_000, notification.bits(), 0];
    let tcb = start(env, Start { number: 0, priority: 100, context, faults: null(), body: spin, arguments })?;
    tcb.tcb_set_timeout_endpoint(endpoint)?;
    for _ in 0..3 {
        let (info, _) = endpoint.recv(reply);
        same(info.label(), sel4::sys::fault::FaultLabel::Timeout as u64)?;
        same(message_register(0), 0x5c5c)?;
        same(info.length() as u64, 2)?;
        // A slow emulator overruns one budget, and the next is shorter by as much; no refill is below the least budget.
        let least = sel4::sys::MIN_BUDGET_US;
        same(message_register(1).clamp(least, 100_000), message_register(1))?;
        reply.send(empty_message());
    }
    Ok(())
}

pub fn no_timeout_for_round_robin(env: &mut Env) -> Outcome {
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let notification: cap::Notification = env.object();
    let context = env.sched_context(1_000, 1_000, 1);
    let arguments = [10_000, notification.bits(), 0];
    let tcb = start(env, Start { number: 0, priority: 100, context, faults: null(), body: spin, arguments })?;
    tcb.tcb_set_timeout_endpoint(endpoint)?;
    notification.wait();
    check(context.consumed()? >= 9_000, "ten budgets in a row")?;
    let (info, _) = endpoint.nb_recv(reply);
    check(info.label() != 5, "no timeout")
}

/// Says that it is ready, then serves without a scheduling context.
extern "C" fn passive(notification: u64, endpoint: u64, reply: u64) -> ! {
    let (endpoint, reply) = (cap::Endpoint::from_bits(endpoint), cap::Reply::from_bits(reply));
    let (mut info, _) = cap::Notification::from_bits(notification).nb_send_recv(empty_message(), endpoint, reply);
    loop {
        note(1, noted(1) + 1);
        info = endpoint.reply_recv(info, reply).0;
    }
}

/// A server without a scheduling context of its own.
pub fn passive_thread(env: &mut Env) -> sel4::Result<(cap::Endpoint, cap::Tcb, cap::SchedContext)> {
    passive_at(env, 100, passive)
}

fn passive_at(env: &mut Env, priority: u64, body: Body) -> sel4::Result<(cap::Endpoint, cap::Tcb, cap::SchedContext)> {
    clear_notes();
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let ready: cap::Notification = env.object();
    let context = env.sched_context(100_000, 100_000, 0);
    let arguments = [ready.bits(), endpoint.bits(), reply.bits()];
    let tcb = start(env, Start { number: 0, priority, context, faults: null(), body, arguments })?;
    ready.wait();
    context.unbind()?;
    Ok((endpoint, tcb, context))
}

pub fn passive_server(env: &mut Env) -> Outcome {
    let (endpoint, ..) = passive_thread(env)?;
    for round in 1..=10 {
        sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[0] = round);
        endpoint.call(MessageInfoBuilder::default().length(1).build());
        same(message_register(0), round)?;
        same(noted(1), round)?;
    }
    Ok(())
}

pub fn server_without_client_context(env: &mut Env) -> Outcome {
    let (endpoint, tcb, context) = passive_thread(env)?;
    endpoint.send(empty_message());
    settle(env)?;
    same(noted(1), 0)?;
    context.bind(tcb)?;
    settle(env)?;
    same(noted(1), 1)
}

extern "C" fn wait_twice(notification: u64, ready: u64, _: u64) -> ! {
    let notification = cap::Notification::from_bits(notification);
    cap::Notification::from_bits(ready).nb_send_wait(empty_message(), notification);
    note(0, 1);
    notification.wait();
    note(0, 2);
    done()
}

pub fn notification_lends_its_context(env: &mut Env) -> Outcome {
    clear_notes();
    let (notification, ready): (cap::Notification, cap::Notification) = (env.object(), env.object());
    let context = env.sched_context(100_000, 100_000, 0);
    let arguments = [notification.bits(), ready.bits(), 0];
    start(env, Start { number: 0, priority: 100, context, faults: null(), body: wait_twice, arguments })?;
    ready.wait();
    context.unbind()?;
    context.bind(notification)?;
    notification.signal();
    settle(env)?;
    same(noted(0), 1)?;
    notification.signal();
    settle(env)?;
    same(noted(0), 2)
}

extern "C" fn take_turns(own: u64, other: u64, result: u64) -> ! {
    for turn in 1..=5 {
        note(own as usize, turn);
        sel4::r#yield();
    }
    note(result as usize, noted(other as usize));
    done()
}

/// A passive server that ends its callers' slices.
extern "C" fn wasteful(notification: u64, endpoint: u64, reply: u64) -> ! {
    let (endpoint, reply) = (cap::Endpoint::from_bits(endpoint), cap::Reply::from_bits(reply));
    let (mut info, _) = cap::Notification::from_bits(notification).nb_send_recv(empty_message(), endpoint, reply);
    loop {
        sel4::r#yield();
        info = endpoint.reply_recv(info, reply).0;
    }
}

/// Calls some times, and says how often its neighbour had come back by then.
extern "C" fn call_in_turns(own: u64, endpoint: u64, result: u64) -> ! {
    for turn in 1..=5 {
        cap::Endpoint::from_bits(endpoint).call(empty_message());
        note(own as usize, turn);
    }
    note(result as usize, noted(own as usize ^ 1));
    done()
}

/// On seL4 the server goes to the end of its own queue, and its client, with the next slice, stays the first.
pub fn a_slice_that_ends_in_a_server(env: &mut Env) -> Outcome {
    let (endpoint, ..) = passive_at(env, 120, wasteful)?;
    spawn(env, 1, call_in_turns, [4, endpoint.bits(), 6])?;
    spawn(env, 2, call_in_turns, [5, endpoint.bits(), 7])?;
    settle(env)?;
    same(noted(4) + noted(5), 10)?;
    same(noted(6).min(noted(7)), 0)
}

pub fn yield_lets_others_run(env: &mut Env) -> Outcome {
    clear_notes();
    spawn(env, 0, take_turns, [0, 1, 2])?;
    spawn(env, 1, take_turns, [1, 0, 3])?;
    settle(env)?;
    check(noted(2) >= 4 && noted(3) >= 4, "they took turns")
}

pub fn fresh_context_is_inactive(env: &mut Env) -> Outcome {
    clear_notes();
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let context = fresh(env, 8)?;
    let arguments = [endpoint.bits(), reply.bits(), 0];
    start(env, Start { number: 0, priority: 100, context, faults: null(), body: echo, arguments })?;
    settle(env)?;
    endpoint.nb_send(empty_message());
    settle(env)?;
    same(noted(1), 0)?;
    env.control.sched_control_configure_flags(context, 1000, 1000, 0, 0, 0)?;
    endpoint.call(empty_message());
    same(noted(1), 1)
}
