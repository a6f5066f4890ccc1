// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state of an interrupt as the architecture has it (IHI 0048B, 3.2.4 and 4.3): pending, active, deliverable.

use super::bitmap::{BANKS, WORDS, bits, place, position, set};
use super::{Gic, Inject, SGIS, TIMER_BIT, VIRTUAL_TIMER};

/// Priority and number of an interrupt: the lower, the more urgent.
pub(super) type Rank = (u8, u16);

impl Gic<'_> {
    /// Enabled in the distributor, whatever its state.
    pub(super) fn is_takeable(&self, cpu: usize, intid: u16) -> bool {
        let Some((word, bit)) = position(intid) else { return false };
        let at = place(cpu, word);
        self.inputs.enabled[at] & self.forwarded(at) & bit != 0
    }

    /// Interrupts of a place whose group is switched on.
    #[inline(always)]
    fn forwarded(&self, at: usize) -> u32 {
        let (control, group) = (self.inputs.control, self.inputs.group[at]);
        let group0 = if control & 1 != 0 { !group } else { 0 };
        let group1 = if control & 2 != 0 { group } else { 0 };
        group0 | group1
    }

    /// By an edge, by software, or by a level; without what is in list registers.
    #[inline(always)]
    pub(super) fn pending(&self, at: usize) -> u32 {
        self.inputs.latched[at] | (self.inputs.line[at] & !self.inputs.edge[at])
    }

    /// What of a vCPU's word may go in a list register as pending.
    #[inline(always)]
    pub(super) fn deliverable(&self, cpu: usize, word: usize) -> u32 {
        let at = place(cpu, word);
        let pending = self.pending(at) & self.inputs.enabled[at];
        if pending == 0 {
            return 0;
        }
        let there = pending & self.forwarded(at) & !self.inputs.held[at] & !self.seldom.active[at];
        if BANKS == 1 || word == 0 { there } else { self.targeted(cpu, word, there) }
    }

    /// Those whose first target a vCPU is; with one vCPU it is every one's (IHI 0048B, 4.3.12).
    fn targeted(&self, cpu: usize, word: usize, there: u32) -> u32 {
        if self.cpus() == 1 {
            return there;
        }
        let is_first = |bit: u16| self.seldom.target(32 * word as u16 + bit).trailing_zeros() as usize == cpu;
        bits(there).filter(|&bit| is_first(bit)).fold(0, |word, bit| word | 1 << bit)
    }

    /// The most urgent interrupt of a set, of those less urgent than `after`.
    #[inline(always)]
    pub(super) fn next(&self, cpu: usize, after: Option<Rank>, set: impl Fn(usize) -> u32) -> Option<Rank> {
        let mut best: Option<Rank> = None;
        for word in 0..WORDS {
            let mut bits = set(word);
            while bits != 0 {
                let intid = (word * 32) as u16 + bits.trailing_zeros() as u16;
                bits &= bits - 1;
                let rank = (self.seldom.priority(cpu, intid), intid);
                if best.is_none_or(|best| rank < best) && after.is_none_or(|after| rank > after) {
                    best = Some(rank);
                }
            }
        }
        best
    }

    /// The interrupt to inject next, and whether there are others.
    #[inline]
    pub(super) fn most_urgent_of(&self, cpu: usize) -> Option<(Rank, bool)> {
        let mut found: Option<(Rank, bool)> = None;
        for word in 0..WORDS {
            let mut there = self.deliverable(cpu, word);
            while there != 0 {
                let intid = (word * 32) as u16 + there.trailing_zeros() as u16;
                there &= there - 1;
                let rank = (self.seldom.priority(cpu, intid), intid);
                found = Some(found.map_or((rank, false), |(best, _)| (best.min(rank), true)));
            }
        }
        found
    }

    /// The interrupt to inject next.
    #[inline]
    pub(super) fn most_urgent(&self, cpu: usize) -> Option<Rank> {
        self.next(cpu, None, |word| self.deliverable(cpu, word))
    }

    /// Makes an interrupt pending, an SGI from a vCPU.
    pub(super) fn latch(&mut self, cpu: usize, intid: u16, source: u8) {
        match position(intid) {
            _ if usize::from(intid) < SGIS => self.latch_sgi(cpu, intid, source),
            Some((word, bit)) => self.inputs.change().latched[place(cpu, word)] |= bit,
            None => {}
        }
    }

    /// Makes an SGI pending, from a vCPU.
    #[inline(always)]
    pub(super) fn latch_sgi(&mut self, cpu: usize, intid: u16, source: u8) {
        self.inputs.change().latched[place(cpu, 0)] |= 1 << intid;
        if self.cpus() > 1 {
            self.seldom.change().pending_sources[cpu][usize::from(intid)] |= 1 << source;
        }
    }

    /// Takes that away again; an SGI stays pending if it is from others as well.
    #[inline]
    pub(super) fn unlatch(&mut self, cpu: usize, intid: u16, source: u8) {
        let Some((word, bit)) = position(intid) else { return };
        if self.cpus() > 1 && usize::from(intid) < SGIS {
            let sources = &mut self.seldom.change().pending_sources[cpu][usize::from(intid)];
            *sources &= !(1 << source);
            if *sources != 0 {
                return;
            }
        }
        self.inputs.change().latched[place(cpu, word)] &= !bit;
    }

    /// The vCPUs that a latched SGI comes from, a bit each.
    pub(super) fn sources(&self, cpu: usize, intid: u16) -> u8 {
        if self.cpus() > 1 {
            return self.seldom.pending_sources[cpu][usize::from(intid) % SGIS];
        }
        u8::from(self.inputs.latched[cpu] >> intid & 1 != 0)
    }

    #[inline(always)]
    pub(super) fn is_active(&self, cpu: usize, intid: u16) -> bool {
        position(intid).is_some_and(|(word, bit)| self.seldom.active[place(cpu, word)] & bit != 0)
    }

    #[inline(always)]
    pub(super) fn is_by_hand(&self, cpu: usize, intid: u16) -> bool {
        position(intid).is_some_and(|(word, bit)| self.seldom.by_hand[place(cpu, word)] & bit != 0)
    }

    pub(super) fn set_active(&mut self, cpu: usize, intid: u16, active: bool) {
        if let Some((word, bit)) = position(intid) {
            set(&mut self.seldom.change().active[place(cpu, word)], bit, active);
        }
    }

    #[inline]
    pub(super) fn no_longer_held(&mut self, cpu: usize, intid: u16) {
        if let Some((word, bit)) = position(intid) {
            self.inputs.change().held[place(cpu, word)] &= !bit;
        }
    }

    /// The guest has ended an interrupt. Whether the timer's comes again, the hardware's line says.
    #[inline]
    pub(super) fn ended(&mut self, cpu: usize, intid: u16, port: &mut dyn Inject) {
        if self.is_by_hand(cpu, intid)
            && let Some((word, bit)) = position(intid)
        {
            self.seldom.change().by_hand[place(cpu, word)] &= !bit;
        }
        if intid == VIRTUAL_TIMER {
            self.inputs.change().line[cpu] &= !TIMER_BIT;
            self.release_timer(cpu, port);
        }
    }

    pub(super) fn release_timer(&mut self, cpu: usize, port: &mut dyn Inject) {
        if self.inputs.timer_held >> cpu & 1 != 0 {
            self.inputs.change().timer_held &= !(1 << cpu);
            port.ack_vppi(cpu, VIRTUAL_TIMER);
        }
    }

    /// The timer's line is not known any more, unless its interrupt is where the guest will end it.
    pub(super) fn forget_timer_line(&mut self, cpu: usize) {
        let inputs = &*self.inputs;
        let is_known = inputs.timer_held >> cpu & 1 == 0
            || inputs.line[cpu] & TIMER_BIT == 0
            || (inputs.held[cpu] | self.seldom.active[cpu]) & TIMER_BIT != 0;
        if !is_known {
            self.inputs.change().line[cpu] &= !TIMER_BIT;
        }
    }
}
