// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the model to the list registers, and whether the guest hears of it.

use super::bitmap::{BANKS, place, position};
use super::list_registers::Entry;
use super::state::Rank;
use super::{Gic, Inject, SGIS, TIMER_BIT, VIRTUAL_TIMER, port};

impl Gic<'_> {
    /// Put what is pending and enabled in free list registers, most urgent first; the rest stays pending.
    #[inline]
    pub fn deliver(&mut self, port: &mut dyn Inject) {
        for cpu in 0..self.cpus() {
            self.deliver_to(cpu, port);
        }
    }

    #[inline]
    fn deliver_to(&mut self, cpu: usize, port: &mut dyn Inject) {
        if self.inputs.timer_held >> cpu & 1 != 0
            && self.inputs.line[cpu] & TIMER_BIT == 0
            && self.is_takeable(cpu, VIRTUAL_TIMER)
        {
            self.release_timer(cpu, port);
        }
        if self.taken[cpu].is_some() {
            return self.refill(cpu, port);
        }
        // Of one that runs the kernel would refuse it; that has it prepared at its own next exit.
        if cpu == port::current(port) {
            self.prepare_timer(cpu, port);
        }
        while let Some((rank, others)) = self.most_urgent_of(cpu) {
            let Some(index) = self.inputs.list[cpu].free() else {
                // What is there was the most urgent, as long as nothing has changed.
                if core::mem::take(&mut self.unsettled[cpu]) {
                    self.rearrange(cpu, port);
                }
                return;
            };
            if !self.inject(cpu, index, rank, port) || !others {
                return;
            }
            // It may be of a group that the guest has switched off; one that finds no room now would come before it.
            self.unsettled[cpu] = true;
        }
    }

    fn inject(&mut self, cpu: usize, index: u8, (priority, intid): Rank, port: &mut dyn Inject) -> bool {
        let Some((word, bit)) = position(intid) else { return false };
        let at = place(cpu, word);
        // Another vCPU does not run before this is committed: it could take what a successor would give it once more.
        if cpu != port::current(port) && !port.hold(cpu) {
            return false;
        }
        let entry = self.entry(cpu, intid);
        let group = u8::from(self.inputs.group[at] & bit != 0);
        // seL4's invocation names no source; and it refuses where the guest still handles an interrupt.
        if entry.source != 0 || !port.inject(cpu, index, intid, priority >> 3, group) {
            self.rearrange(cpu, port);
            return false;
        }
        self.occupy(cpu, index, entry);
        true
    }

    /// A pending interrupt as it will be in a list register.
    #[inline]
    pub(super) fn entry(&self, cpu: usize, intid: u16) -> Entry {
        let is_latched = |(word, bit)| self.inputs.latched[place(cpu, word)] & bit != 0;
        let latched = position(intid).is_some_and(is_latched);
        let is_sgi = self.cpus() > 1 && usize::from(intid) < SGIS;
        let source = if is_sgi { self.sources(cpu, intid).trailing_zeros() as u8 & 7 } else { 0 };
        Entry { intid, source, latched }
    }

    /// It is in a list register now.
    #[inline]
    pub(super) fn occupy(&mut self, cpu: usize, index: u8, entry: Entry) {
        let Some((word, bit)) = position(entry.intid) else { return };
        let (at, inputs) = (place(cpu, word), self.inputs.change());
        inputs.list[cpu].occupy(index, entry);
        inputs.held[at] |= bit;
        if entry.latched && BANKS == 1 {
            inputs.latched[at] &= !bit;
        } else if entry.latched {
            self.unlatch(cpu, entry.intid, entry.source);
        }
    }

    /// Fill the list registers anew, if the kernel can.
    #[cold]
    fn rearrange(&mut self, cpu: usize, port: &mut dyn Inject) {
        self.take_back(cpu, port);
        if self.taken[cpu].is_some() {
            self.refill(cpu, port);
        }
    }

    /// Whether an interrupt is signalled to the vCPU: a WFI would not wait. Without a way to read list registers, one
    /// that is in one counts.
    pub fn has_pending(&mut self, cpu: usize, port: &mut dyn Inject) -> bool {
        let cpu = if BANKS == 1 { 0 } else { cpu };
        let is_prepared = self.is_prepared(cpu);
        if self.inputs.list[cpu].are_free_from(usize::from(is_prepared)) {
            // What the kernel has put there by itself it knows: no wait begins with it.
            return self.most_urgent(cpu).is_some();
        }
        if !is_prepared && self.inputs.held[cpu] & TIMER_BIT != 0 {
            // Its level may have fallen since it was injected.
            self.rearrange(cpu, port);
        }
        let format = port.format();
        port.read_interface(cpu).is_none_or(|interface| interface.signals(format))
    }

    /// What was done was no exit's.
    pub fn end_event(&mut self) {
        (0..self.cpus()).for_each(|cpu| self.note_rewrite(cpu));
    }

    /// What was done was an exit of that vCPU, whose own message is answered.
    pub fn end_exit(&mut self, of: usize) {
        (0..self.cpus()).filter(|cpu| *cpu != of).for_each(|cpu| self.note_rewrite(cpu));
    }

    fn note_rewrite(&mut self, cpu: usize) {
        if core::mem::take(&mut self.rewrote[cpu]) {
            self.seldom.change().rearranged[cpu] = 1;
        }
    }
}
