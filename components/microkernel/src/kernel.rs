// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel as one core sees it: its own state and the shared one, passed as `&Kernel` to everything.

use crate::arch::Clock;
use crate::cpu::{Choice, Cpu};
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use crate::sched::refill::min_budget;
use crate::shared::Shared;

/// The kernel on one core.
pub struct Kernel {
    /// What is this core's.
    pub cpu: Cpu,
    /// What is everybody's.
    pub shared: &'static Shared,
}

impl Kernel {
    /// A kernel with no thread; boot makes the first one.
    pub const fn new(shared: &'static Shared) -> Self {
        Self { cpu: Cpu::new(), shared }
    }

    /// The thread to resume; `None`: nobody can run, wait for an interrupt.
    #[inline(always)]
    pub fn current(&self) -> Option<Ref<Tcb>> {
        self.cpu.current.get()
    }

    /// Begins with this thread, which boot has given a configured scheduling context.
    pub fn start(&self, thread: Ref<Tcb>) {
        self.init_time();
        self.set_state(thread, ThreadState::Running);
        self.cpu.ready.push_front(thread);
        self.cpu.choice.set(Choice::New);
        self.leave();
    }

    /// Reads the clock for the first time: before any scheduling context is configured.
    pub fn init_time(&self) {
        self.cpu.min_budget.set(min_budget(&self.cpu.arch));
        self.cpu.now.set(self.cpu.arch.now());
        self.cpu.consumed.set(0);
    }
}

#[cfg(target_os = "none")]
mod statics {
    use super::{Kernel, Shared};
    use crate::object::reference::SingleCore;

    static SHARED: SingleCore<Shared> = SingleCore::new(Shared::new());
    /// The boot core's. The entry code finds it by TPIDR_EL2, as every core will find its own.
    pub(crate) static BOOT_CORE: SingleCore<Kernel> = SingleCore::new(Kernel::new(SHARED.get()));
}
#[cfg(target_os = "none")]
pub(crate) use statics::BOOT_CORE;
