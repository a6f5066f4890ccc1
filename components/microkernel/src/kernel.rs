// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own state: one value per core, passed as `&Kernel` to everything.

use crate::arch;
use crate::arch::Ticks;
use crate::board;
use crate::cap::{CNodeCap, Slot};
use crate::fastpath::Exchange;
use crate::object::asid::AsidPool;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};
use crate::object::vcpu::Vcpu;
use crate::sched::ready::ReadyQueues;
use crate::sched::refill::min_budget;
use core::cell::Cell;

/// Interrupts of the board.
pub const NUM_IRQS: usize = board::GIC_MAX_IRQ as usize + 1;
/// ASID pools: 2^16 ASIDs.
pub const NUM_ASID_POOLS: usize = 128;

/// Who owns an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum IrqState {
    /// Nobody: it is masked.
    #[default]
    Inactive,
    /// An IRQ handler capability exists.
    Signal,
    /// The kernel itself.
    Reserved,
}

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

/// The state of the kernel on one core.
pub struct Kernel {
    /// The architecture's part: timer, interrupt controller, what is loaded on the core.
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
    pub(crate) exchange: Exchange,
    /// The deadline must be set before the kernel is left.
    pub(crate) reprogram: Cell<bool>,
    /// Notification capabilities by interrupt.
    pub(crate) irq_slots: [Slot; NUM_IRQS],
    /// Owners of interrupts.
    pub(crate) irq_states: [Cell<IrqState>; NUM_IRQS],
    /// ASID pools by the high bits of an ASID.
    pub asid_pools: [Cell<Option<Ref<AsidPool>>>; NUM_ASID_POOLS],
    /// Where the root task's capabilities are: `invariants` begins there.
    pub(crate) root_cnode: Cell<Option<CNodeCap>>,
    /// Entries that `invariants` still lets pass.
    pub(crate) unseen: Cell<usize>,
}

impl Kernel {
    /// A kernel with no thread; boot makes the first one.
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
            exchange: Exchange::new(),
            reprogram: Cell::new(false),
            irq_slots: [const { Slot::empty() }; NUM_IRQS],
            irq_states: [const { Cell::new(IrqState::Inactive) }; NUM_IRQS],
            asid_pools: [const { Cell::new(None) }; NUM_ASID_POOLS],
            root_cnode: Cell::new(None),
            unseen: Cell::new(0),
        }
    }

    /// The thread to resume; `None`: nobody can run, wait for an interrupt.
    #[inline(always)]
    pub fn current(&self) -> Option<Ref<Tcb>> {
        self.current.get()
    }

    /// Begins with this thread, which boot has given a configured scheduling context.
    pub fn start(&self, thread: Ref<Tcb>) {
        self.init_time();
        self.set_state(thread, ThreadState::Running);
        self.ready.push_front(thread);
        self.choice.set(Choice::New);
        self.leave();
    }

    /// Reads the clock for the first time: before any scheduling context is configured.
    pub fn init_time(&self) {
        self.min_budget.set(min_budget(&self.arch));
        self.now.set(self.arch.now());
        self.consumed.set(0);
    }

    /// Keeps an interrupt for the kernel: IRQControl refuses it.
    pub fn reserve_irq(&self, irq: u16) {
        if let Some(state) = self.irq_states.get(irq as usize) {
            state.set(IrqState::Reserved);
        }
    }
}

impl Default for Kernel {
    fn default() -> Self {
        Self::new()
    }
}

/// The kernel of the one core.
#[cfg(target_os = "none")]
pub static KERNEL: crate::object::reference::SingleCore<Kernel> =
    crate::object::reference::SingleCore::new(Kernel::new());
