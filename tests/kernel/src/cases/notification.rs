// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signals.

use sel4::{CapRights, cap, init_thread::slot::TCB};

use crate::{
    case::{Outcome, check, same},
    env::Env,
    thread::{Start, clear_notes, done, note, noted, null, spawn, start},
};

use super::ipc::settle;

pub fn signals_merge(env: &mut Env) -> Outcome {
    let notification: cap::Notification = env.object();
    env.mint(notification, CapRights::all(), 1).signal();
    env.mint(notification, CapRights::all(), 4).signal();
    same(notification.poll().1, 5)
}

pub fn poll_takes_all(env: &mut Env) -> Outcome {
    let notification: cap::Notification = env.object();
    same(notification.poll().1, 0)?;
    env.mint(notification, CapRights::all(), 1 << 63).signal();
    same(notification.poll().1, 1 << 63)?;
    same(notification.poll().1, 0)
}

extern "C" fn signal_once(notification: u64, _: u64, _: u64) -> ! {
    cap::Notification::from_bits(notification).signal();
    done()
}

pub fn wait_blocks(env: &mut Env) -> Outcome {
    let notification: cap::Notification = env.object();
    let badged = env.mint(notification, CapRights::all(), 6);
    spawn(env, 0, signal_once, [badged.bits(), 0, 0])?;
    same(notification.wait().1, 6)
}

pub fn bound_while_receiving(env: &mut Env) -> Outcome {
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let notification: cap::Notification = env.object();
    TCB.cap().tcb_bind_notification(notification)?;
    let badged = env.mint(notification, CapRights::all(), 6);
    spawn(env, 0, signal_once, [badged.bits(), 0, 0])?;
    let (info, badge) = endpoint.recv(reply);
    same(badge, 6)?;
    same(info.length() as u64, 0)?;
    badged.signal();
    same(endpoint.nb_recv(reply).1, 6)?;
    TCB.cap().tcb_unbind_notification()?;
    Ok(())
}

extern "C" fn wait_once(notification: u64, index: u64, _: u64) -> ! {
    note(index as usize, cap::Notification::from_bits(notification).wait().1);
    done()
}

pub fn waiters_by_priority(env: &mut Env) -> Outcome {
    clear_notes();
    let notification: cap::Notification = env.object();
    for (number, priority) in [90, 95].into_iter().enumerate() {
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        let arguments = [notification.bits(), number as u64, 0];
        start(env, Start { number, priority, context, faults: null(), body: wait_once, arguments })?;
        settle(env)?;
    }
    env.mint(notification, CapRights::all(), 3).signal();
    settle(env)?;
    check(noted(0) == 0 && noted(1) == 3, "the higher one had it")
}

pub fn no_write_right_no_signal(env: &mut Env) -> Outcome {
    let notification: cap::Notification = env.object();
    env.mint(notification, CapRights::read_only(), 1).signal();
    same(notification.poll().1, 0)
}
