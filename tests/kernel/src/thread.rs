// SPDX-License-Identifier: MIT OR Apache-2.0
//! Threads in the root task's address space and CSpace.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use sel4::{
    CNodeCapData, UserContext, cap,
    init_thread::slot::{CNODE, TCB, VSPACE},
};

use crate::env::{Env, stack_top};

/// The body of a thread.
pub type Body = extern "C" fn(u64, u64, u64) -> !;

/// No endpoint, no scheduling context.
pub fn null<T: sel4::CapType>() -> sel4::Cap<T> {
    sel4::Cap::from_bits(0)
}

/// How a thread starts.
#[derive(Clone, Copy)]
pub struct Start {
    /// Which stack and IPC buffer.
    pub number: usize,
    pub priority: u64,
    /// Scheduling context, or null for a passive one.
    pub context: cap::SchedContext,
    /// Fault endpoint, or null.
    pub faults: cap::Endpoint,
    pub body: Body,
    pub arguments: [u64; 3],
}

/// Makes a thread and starts it.
pub fn start(env: &mut Env, start: Start) -> sel4::Result<cap::Tcb> {
    let tcb: cap::Tcb = env.object();
    let (frame, address) = env.buffer(start.number);
    tcb.tcb_configure(CNODE.cap(), CNodeCapData::new(0, 0), VSPACE.cap(), address as u64, frame)?;
    tcb.tcb_set_sched_params(TCB.cap(), start.priority, start.priority, start.context, start.faults)?;
    tcb.tcb_write_all_registers(true, &registers(env, start))?;
    Ok(tcb)
}

/// The registers that a body starts with.
pub fn registers(env: &Env, start: Start) -> UserContext {
    let mut registers = UserContext::default();
    *registers.pc_mut() = start.body as usize as u64;
    *registers.sp_mut() = stack_top(start.number) as u64;
    *registers.tpidr_el0_mut() = env.buffer(start.number).1 as u64;
    for (index, argument) in start.arguments.into_iter().enumerate() {
        *registers.gpr_mut(index) = argument;
    }
    registers
}

/// An active thread at priority 100 with a second of budget.
pub fn spawn(env: &mut Env, number: usize, body: Body, arguments: [u64; 3]) -> sel4::Result<cap::Tcb> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    start(env, Start { number, priority: 100, context, faults: null(), body, arguments })
}

/// As [`spawn`], with a fault endpoint.
pub fn spawn_watched(
    env: &mut Env,
    number: usize,
    faults: cap::Endpoint,
    body: Body,
    arguments: [u64; 3],
) -> sel4::Result<cap::Tcb> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    start(env, Start { number, priority: 100, context, faults, body, arguments })
}

/// A notification that nobody signals.
pub static NEVER: AtomicU64 = AtomicU64::new(0);

/// Ends a body.
pub fn done() -> ! {
    loop {
        cap::Notification::from_bits(NEVER.load(SeqCst)).wait();
    }
}

/// Words that threads leave for the case.
pub static NOTES: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];

/// Leaves a word.
pub fn note(index: usize, value: u64) {
    NOTES[index].store(value, SeqCst);
}

/// A word that was left.
pub fn noted(index: usize) -> u64 {
    NOTES[index].load(SeqCst)
}

/// Forgets all words.
pub fn clear_notes() {
    (0..NOTES.len()).for_each(|index| note(index, 0));
}
