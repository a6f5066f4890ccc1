// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds between any two entries into the kernel.
//!
//! A kernel of configuration `checked` looks after each entry, and panics where something does not hold; in a world of
//! many capabilities it looks less often, so that guests still get on. Tests on the host do the same and look at more,
//! with sets to remember what they saw. In other configurations none of this code is part of the kernel. Passes between
//! a guest and its VMM are looked at when they are over.

mod capabilities;
mod queues;
mod threads;
mod translation;
mod vcpus;
mod waiting;
mod walk;

pub(crate) use waiting::before_receive;
#[cfg(test)]
pub(crate) use waiting::left_open;
#[cfg(test)]
pub(crate) use walk::thread_slots;

use crate::cap::{Cap, derivation};
use crate::config::CHECK_INVARIANTS;
use crate::kernel::Kernel;
use crate::object::asid;

/// Which path an entry took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Past the scheduler.
    Slow,
    /// From one thread to another: whose time has come in between is released by the interrupt that is due.
    Fast,
}

/// After a look at this many capabilities two entries pass unseen, after three times as many four, and so on: always an
/// even number, for an exit is two entries, and both must get their turn.
const CAPS_PER_UNSEEN_ENTRY: usize = 256;

const fn unseen_after(capabilities: usize) -> usize {
    (capabilities / CAPS_PER_UNSEEN_ENTRY).next_multiple_of(2)
}

const _: () = assert!(unseen_after(255) == 0 && unseen_after(256) == 2 && unseen_after(1016) == 4);

/// Due at the end of each entry.
#[inline(always)]
pub(crate) fn after_entry(kernel: &Kernel, path: Path) {
    if CHECK_INVARIANTS {
        let unseen = kernel.cpu.unseen.get().checked_sub(1);
        kernel.cpu.unseen.set(unseen.unwrap_or_else(|| unseen_after(check(kernel, path, &|_| true))));
    }
}

/// Checks everything, and counts the capabilities. `is_alive`: whether there is a capability to the object at this
/// address, as far as is known.
pub(crate) fn check(kernel: &Kernel, path: Path, is_alive: &dyn Fn(u64) -> bool) -> usize {
    kernel.settle_resident();
    let mut queued = queues::Counts::default();
    let mut count = 0;
    walk::each_slot(kernel, &mut |slot| {
        count += 1;
        if slot.neighbours()[0].is_none() {
            capabilities::check_list(slot);
        }
        // Each frame capability has its own mapping.
        if let Cap::Frame(frame) = slot.cap() {
            translation::check_frame(kernel, &frame);
        }
        if !derivation::is_first(slot) {
            return;
        }
        match slot.cap() {
            Cap::Thread(thread) => {
                queued.add(thread);
                threads::check(kernel, thread, is_alive);
            }
            Cap::SchedContext { object, .. } => threads::check_sched_context(object, is_alive),
            Cap::PageTable { object, mapping: Some(mapping) } => translation::check_table(kernel, object, mapping),
            Cap::Vcpu(vcpu) => vcpus::check(kernel, vcpu, is_alive),
            Cap::Notification { object, .. } => vcpus::check_notification(object, is_alive),
            _ => {}
        }
    });
    queues::check(kernel, path, &queued);
    asid::check(kernel, is_alive);
    count
}
