// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guests whose VMM does not answer them. Such a VMM has not faulted, so nobody would hear of it: its reply got lost, or
//! it waits for something else for ever. At each tick the monitor asks the kernel what each vCPU waits for.

use core::fmt;

use sel4::cap;
use sel4_abi::rights::CapRights;
use sel4_vcpu_debug::{Unanswered, VcpuWait, unanswered_fault};
use system_spec::{Component, NONE, OnFault, Thread};

use crate::{System, ticker};

/// A VMM that has not come to a fault for so long, though it may have been kept from it by others, is started again.
const PATIENCE_US: u64 = 2_000_000;

/// The part of the time that counts at least for a VMM on its guest's: the wait for it is at most so many times as long.
const SMALLEST_SHARE: u64 = 64;

/// What was seen of a vCPU at the last tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    fault: Option<Unanswered>,
    /// For how long, in microseconds.
    open: u64,
}

/// What is wrong with a VMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neglect {
    /// Nobody can answer its guest's fault any more.
    Lost,
    /// The same fault for [`PATIENCE_US`].
    Late,
}

impl fmt::Display for Neglect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "has lost the answer to its guest's fault",
            Self::Late => "does not answer its guest's fault",
        })
    }
}

impl Seen {
    /// One tick later. `used`: microseconds of the guest's time that went by meanwhile, if its VMM runs on that: what a small
    /// budget makes long is no neglect. A VMM that uses none of it waits for something, and one that uses less than the
    /// smallest share does little else: what wakes it may be somebody else's doing.
    fn look(&mut self, wait: VcpuWait, fault: Option<Unanswered>, used: Option<u64>) -> Option<Neglect> {
        let is_same = fault.is_some() && fault == self.fault;
        let passed = match used {
            None | Some(0) => ticker::PERIOD_US,
            Some(used) => used.max(ticker::PERIOD_US / SMALLEST_SHARE),
        };
        *self = Self { fault, open: if is_same { self.open.saturating_add(passed) } else { 0 } };
        let neglect = match wait {
            VcpuWait::Lost => Neglect::Lost,
            _ if self.open >= PATIENCE_US => Neglect::Late,
            _ => return None,
        };
        *self = Self::default();
        Some(neglect)
    }
}

/// A vCPU to look after.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    vcpu: cap::VCpu,
    /// The component that receives its faults.
    pub machine: usize,
    /// Its scheduling context, if that component is passive and answers on it.
    lent: Option<cap::SchedContext>,
    seen: Seen,
}

impl Guest {
    /// What is wrong with its VMM at this tick.
    pub fn look_after(&mut self) -> Option<Neglect> {
        let (wait, fault) = unanswered_fault(self.vcpu).ok()?;
        let used = self.lent.and_then(|context| context.consumed().ok());
        self.seen.look(wait, fault, used)
    }

    /// Whether the kernel can tell what it waits for.
    pub fn is_known(&self) -> bool {
        unanswered_fault(self.vcpu).is_ok()
    }
}

impl System<'_> {
    /// Guests whose VMMs can be started again.
    pub(crate) fn guests(&self) -> impl Iterator<Item = Guest> {
        self.spec.threads.iter().filter(|thread| thread.vcpu != NONE).filter_map(|thread| {
            let machine = self.machine_of(thread)?;
            let component = &self.spec.components[machine];
            let lent = (component.passive != 0).then(|| self.object(thread.sched_context));
            let watched = component.on_fault() == OnFault::Restart;
            watched.then(|| Guest { vcpu: self.object(thread.vcpu), machine, lent, seen: Seen::default() })
        })
    }

    /// Whether one of a component's guests waits for it.
    pub(crate) fn has_open_fault(&self, component: &Component) -> bool {
        self.guests_of(component).any(|guest| {
            let vcpu: cap::VCpu = self.object(guest.vcpu);
            unanswered_fault(vcpu).is_ok_and(|(_, fault)| fault.is_some())
        })
    }

    /// The vCPUs' threads whose faults a component receives.
    pub(crate) fn guests_of(&self, component: &Component) -> impl Iterator<Item = &Thread> {
        self.spec.threads.iter().filter(move |thread| {
            let machine = (thread.vcpu != NONE).then(|| self.machine_of(thread)).flatten();
            machine.is_some_and(|machine| self.spec.components[machine].tcb == component.tcb)
        })
    }

    /// The component that receives a vCPU's faults.
    fn machine_of(&self, thread: &Thread) -> Option<usize> {
        let receives = |component: &Component| {
            self.spec.caps.iter().any(|cap| {
                let reads = u64::from(cap.rights) & CapRights::READ != 0;
                cap.cnode == component.cspace && cap.object == thread.fault_endpoint && reads
            })
        };
        self.spec.components.iter().position(receives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks.
    const PATIENCE: u32 = (PATIENCE_US / ticker::PERIOD_US) as u32;

    fn fault(number: u64) -> Option<Unanswered> {
        Some(Unanswered::new(9, &[27, number]))
    }

    #[test]
    fn a_lost_answer_is_seen_at_once() {
        assert_eq!(Seen::default().look(VcpuWait::Lost, fault(1), None), Some(Neglect::Lost));
    }

    #[test]
    fn the_same_fault_may_stay_for_a_while() {
        let mut seen = Seen::default();
        let mut look = |number| seen.look(VcpuWait::Answer, fault(number), None);
        assert_eq!((0..=PATIENCE).filter_map(|_| look(1)).count(), 1);
        // From the start again, and with another fault in between.
        assert_eq!((0..PATIENCE).find_map(|_| look(1)), None);
        assert_eq!(look(2), None);
        assert_eq!((1..PATIENCE).find_map(|_| look(2)), None);
        assert_eq!(look(2), Some(Neglect::Late));
    }

    #[test]
    fn no_fault_is_no_neglect() {
        let mut seen = Seen::default();
        assert_eq!((0..100).find_map(|_| seen.look(VcpuWait::Runs, None, None)), None);
    }

    #[test]
    fn a_passive_vmm_has_patience_of_its_guests_time() {
        let ticks = |used| {
            let mut seen = Seen::default();
            (0..10_000).take_while(|_| seen.look(VcpuWait::Answer, fault(1), Some(used)).is_none()).count()
        };
        // Busy all the time, for a tenth of it, hardly ever, and not at all.
        assert_eq!(ticks(ticker::PERIOD_US), PATIENCE as usize);
        assert_eq!(ticks(ticker::PERIOD_US / 10), 10 * PATIENCE as usize);
        let longest = PATIENCE_US.div_ceil(ticker::PERIOD_US / SMALLEST_SHARE);
        assert_eq!(ticks(1), longest as usize);
        assert_eq!(ticks(0), PATIENCE as usize);
    }
}
