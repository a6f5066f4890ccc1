// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual timer's interrupt, left to the kernel: it puts it in list register 0 when the timer fires, and the guest's
//! own end of it lets the next one through. Neither is an exit.
//!
//! It is left to the kernel where all that matters is the timer's line: the guest has it enabled and its group on, and has
//! neither made it pending nor active itself. Otherwise, and on a kernel that cannot do this, the model has it as any
//! other interrupt, told of by VPPIEvent. Either way the model is asked for all else: list register 0 counts as one that
//! holds the interrupt, so whatever concerns it takes the list registers back, and what is found there, the guest handling
//! it or not, decides with the model who has it next.

use super::bitmap::{WORDS, place};
use super::interface::{Interface, LIST_REGISTERS};
use super::list_registers::Entry;
use super::{Gic, Inject, TIMER_BIT, VIRTUAL_TIMER};
use lazaret_abi::injection_word;

/// The list register that is the kernel's meanwhile.
pub(super) const TIMER_REGISTER: u8 = 0;

/// It is left to the VMM.
const OWN: u64 = 0;

impl Gic<'_> {
    /// The kernel injects it.
    #[inline(always)]
    pub(super) fn is_prepared(&self, cpu: usize) -> bool {
        self.inputs.prepared[cpu] != OWN
    }

    /// What the kernel is to inject, as a word of VCPU_InjectIRQ.
    fn preparation(&self, cpu: usize, port: &dyn Inject) -> u64 {
        let at = place(cpu, 0);
        let by_software = self.inputs.latched[at] | self.seldom.by_hand[at];
        // What began as the VMM's ends as that.
        let began = if self.is_prepared(cpu) { 0 } else { self.inputs.held[at] | self.seldom.active[at] };
        let is_its = (by_software | began) & TIMER_BIT == 0 && self.is_takeable(cpu, VIRTUAL_TIMER);
        let is_its = is_its && !self.is_crowded(cpu);
        if !is_its || !port.can_prepare_timer() {
            return OWN;
        }
        let group = u8::from(self.inputs.group[at] & TIMER_BIT != 0);
        injection_word(VIRTUAL_TIMER, self.seldom.priority(cpu, VIRTUAL_TIMER) >> 3, group, TIMER_REGISTER)
    }

    /// There are more other interrupts than list registers beside the kernel's: the timer's could come before a more
    /// urgent one that has none.
    fn is_crowded(&self, cpu: usize) -> bool {
        let of = |word: usize| {
            let own = if word == 0 { TIMER_BIT } else { 0 };
            ((self.deliverable(cpu, word) | self.handled(cpu, word)) & !own).count_ones()
        };
        let beside = self.inputs.list[cpu].entries().filter(|(_, entry)| entry.intid != VIRTUAL_TIMER).count();
        (0..WORDS).map(of).sum::<u32>() as usize + beside >= LIST_REGISTERS
    }

    /// Leaves it to the kernel if that can be done now.
    #[inline(always)]
    pub(super) fn prepare_timer(&mut self, cpu: usize, port: &mut dyn Inject) {
        if !self.is_prepared(cpu) && self.inputs.enabled[cpu] & TIMER_BIT != 0 {
            self.prepare_enabled_timer(cpu, port);
        }
    }

    #[cold]
    #[inline(never)]
    fn prepare_enabled_timer(&mut self, cpu: usize, port: &mut dyn Inject) {
        let word = self.preparation(cpu, port);
        if word == OWN || self.inputs.list[cpu].free() != Some(TIMER_REGISTER) {
            return;
        }
        // The kernel refuses for a vCPU that runs.
        if port.prepare_timer(cpu, Some(word)) {
            self.leave_to_kernel(cpu, word, port);
        }
    }

    /// Whatever the model has of the line is no longer true: it comes again, to the kernel.
    fn leave_to_kernel(&mut self, cpu: usize, word: u64, port: &mut dyn Inject) {
        let inputs = self.inputs.change();
        inputs.prepared[cpu] = word;
        inputs.line[cpu] &= !TIMER_BIT;
        self.release_timer(cpu, port);
        self.occupy(cpu, TIMER_REGISTER, Entry { intid: VIRTUAL_TIMER, source: 0, latched: false });
    }

    /// Who has it once the list registers are filled again, and what of it is in its own then. `None`: the model.
    pub(super) fn divide(&mut self, cpu: usize, port: &mut dyn Inject) -> Option<u64> {
        let word = self.preparation(cpu, port);
        if word == OWN {
            if self.is_prepared(cpu) {
                self.inputs.change().prepared[cpu] = OWN;
            }
            return None;
        }
        let is_active = self.is_active(cpu, VIRTUAL_TIMER);
        if is_active {
            self.set_active(cpu, VIRTUAL_TIMER, false);
        }
        self.leave_to_kernel(cpu, word, port);
        Some(if is_active { port.format().word(self.timer_handled(cpu)) } else { 0 })
    }

    /// Tells the kernel, together with the list registers. `before`: what it had been told.
    pub(super) fn write_divided(&mut self, cpu: usize, before: u64, interface: &Interface, port: &mut dyn Inject) {
        let word = self.inputs.prepared[cpu];
        if before != OWN && before != word {
            port.prepare_timer(cpu, (word != OWN).then_some(word));
        }
        port.write_interface(cpu, interface);
        // Only now its list register is free.
        if before == OWN && word != OWN && !port.prepare_timer(cpu, Some(word)) {
            self.inputs.change().prepared[cpu] = OWN;
            self.inputs.change().list[cpu].release(TIMER_REGISTER.into());
            self.no_longer_held(cpu, VIRTUAL_TIMER);
        }
    }

    /// A reset leaves it to nobody.
    pub(super) fn forget_preparation(&mut self, cpu: usize, port: &mut dyn Inject) {
        if self.is_prepared(cpu) {
            port.prepare_timer(cpu, None);
        }
    }

    /// [`Self::roll_back`]: the kernel is told what it was told before an exit that was not committed, with what was in
    /// the list registers if that was rewritten.
    pub(super) fn roll_timer_back(&mut self, cpu: usize, found: Option<&Interface>, port: &mut dyn Inject) {
        if !port.can_prepare_timer() || (found.is_none() && self.is_prepared(cpu)) {
            return;
        }
        port.prepare_timer(cpu, None);
        if let Some(found) = found
            && self.is_prepared(cpu)
        {
            port.write_interface(cpu, &Interface { list: [0; LIST_REGISTERS], ..*found });
            port.prepare_timer(cpu, Some(self.inputs.prepared[cpu]));
        }
    }
}
