// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is one core's: who runs there, who waits for it, its time, and what is loaded in its hardware.

use crate::arch::{self, Ticks};
use crate::fastpath::ResidentPair;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;
use crate::object::vcpu::Vcpu;
use crate::sched::ready::ReadyQueues;
use core::cell::Cell;

/// What the scheduler is asked to do before the kernel is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Choice {
    /// Go on with the current thread.
    #[default]
    Resume,
    /// Choose anew.
    New,
    /// This thread, if it may run.
    Switch(Ref<Tcb>),
}

/// The state of one core. No other core reads or writes it.
pub struct Cpu {
    /// What is loaded in the hardware; by it the kernel reaches timer, interrupt controller and debug shim.
    pub arch: arch::Core,
    pub(crate) current: Cell<Option<Ref<Tcb>>>,
    pub(crate) current_sc: Cell<Option<Ref<SchedContext>>>,
    pub(crate) choice: Cell<Choice>,
    pub(crate) ready: ReadyQueues,
    pub(crate) release_head: Cell<Option<Ref<Tcb>>>,
    /// The first of the vCPUs that wait for their timer (`object::vcpu`).
    pub(crate) waiting: Cell<Option<Ref<Vcpu>>>,
    /// The time of this entry.
    pub(crate) now: Cell<Ticks>,
    /// Time since the last charge to the current scheduling context.
    pub(crate) consumed: Cell<Ticks>,
    /// [`min_budget`](crate::sched::refill::min_budget).
    pub(crate) min_budget: Cell<Ticks>,
    /// Work done since the last look for interrupts.
    pub(crate) work: Cell<u32>,
    /// The current thread handles a trap of the guest whose scheduling context is the current one (`fastpath`).
    pub(crate) on_guest_time: Cell<bool>,
    /// The guest and its VMM that pass the core to each other.
    pub(crate) resident: ResidentPair,
    /// When the timer is to interrupt.
    pub(crate) deadline: Cell<Ticks>,
    /// The deadline must be set before the kernel is left.
    pub(crate) reprogram: Cell<bool>,
    /// Entries that `invariants` still lets pass.
    pub(crate) unseen: Cell<usize>,
}

impl Cpu {
    /// A core that runs nothing.
    pub const fn new() -> Self {
        Self {
            arch: arch::Core::new(),
            current: Cell::new(None),
            current_sc: Cell::new(None),
            choice: Cell::new(Choice::Resume),
            ready: ReadyQueues::new(),
            release_head: Cell::new(None),
            waiting: Cell::new(None),
            now: Cell::new(0),
            consumed: Cell::new(0),
            min_budget: Cell::new(0),
            work: Cell::new(0),
            on_guest_time: Cell::new(false),
            resident: ResidentPair::new(),
            deadline: Cell::new(Ticks::MAX),
            reprogram: Cell::new(false),
            unseen: Cell::new(0),
        }
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self::new()
    }
}
