// SPDX-License-Identifier: MIT OR Apache-2.0
//! List registers taken back: what is in them is counted into the model, the model changes, and they are filled anew
//! with the most urgent of what there is then.
//!
//! What the guest handles has to be in a list register as well, or its end finds none. Such ends are counted by the
//! hardware, and each is then that of the most urgent interrupt that the guest handles: guests end interrupts in the
//! order of their nesting (IHI 0048B, 3.2.1).

use super::bitmap::{bits, place, position};
use super::interface::{
    ENABLE, GROUP0, GROUP1, Interface, LIST_REGISTERS, Listed, SPLIT, TELL_NONE_PENDING, TELL_OTHER_ENDS,
    tell_other_groups,
};
use super::list_registers::Entry;
use super::prepared_timer::TIMER_REGISTER;
use super::state::Rank;
use super::{Gic, Inject, SGIS, TIMER_BIT, VIRTUAL_TIMER};

/// What is to be in a list register.
#[derive(Clone, Copy)]
struct Chosen {
    rank: Rank,
    active: bool,
}

impl Gic<'_> {
    /// Takes back the list registers that hold some of these interrupts.
    #[inline(always)]
    pub(super) fn take_back_holders(&mut self, cpu: usize, word: usize, wanted: u32, port: &mut dyn Inject) {
        if self.inputs.held[place(cpu, word)] & wanted != 0 {
            self.take_back_from(cpu, word, wanted, port);
        }
    }

    #[cold]
    #[inline(never)]
    fn take_back_from(&mut self, cpu: usize, word: usize, wanted: u32, port: &mut dyn Inject) {
        let is_wanted = |intid: u16| usize::from(intid) / 32 == word && wanted >> (intid % 32) & 1 != 0;
        let all = if word == 0 { cpu..cpu + 1 } else { 0..self.cpus() };
        for holder in all {
            if self.inputs.list[holder].entries().any(|(_, entry)| is_wanted(entry.intid)) {
                self.take_back(holder, port);
            }
        }
    }

    /// All that is in a vCPU's list registers is in the model, as far as the guest is with it. Nothing, if the kernel
    /// cannot do that.
    #[cold]
    #[inline(never)]
    pub(super) fn take_back(&mut self, cpu: usize, port: &mut dyn Inject) {
        if self.taken[cpu].is_some() || !port.can_take_back() || !port.hold(cpu) {
            return;
        }
        let Some(found) = port.read_interface(cpu) else { return };
        self.taken[cpu] = Some(found);
        for _ in 0..found.other_ends() {
            self.end_other(cpu, port);
        }
        self.forget_ends(cpu, &found);
        for (index, &word) in found.list.iter().enumerate() {
            if let Some(entry) = self.inputs.change().list[cpu].release(index as u64) {
                self.no_longer_held(cpu, entry.intid);
                self.count_in(cpu, entry, port.format().listed(word), port);
            }
        }
        self.resample_timer(cpu, port);
    }

    fn count_in(&mut self, cpu: usize, entry: Entry, listed: Listed, port: &mut dyn Inject) {
        let Entry { intid, source, latched } = entry;
        let is_there = (listed.intid, listed.source) == (intid, source) && (listed.pending || listed.active);
        if !is_there {
            return self.ended(cpu, intid, port);
        }
        if listed.pending && latched {
            self.latch(cpu, intid, source);
        }
        if listed.active {
            self.set_active(cpu, intid, true);
            if usize::from(intid) < SGIS {
                self.seldom.change().active_sources[cpu][usize::from(intid)] = source;
            }
        }
    }

    /// An end of what is in no list register. Handlers are nested, so what was made inactive in one is the first to end.
    fn end_other(&mut self, cpu: usize, port: &mut dyn Inject) {
        match self.seldom.unended[cpu] {
            0 => self.end_most_urgent(cpu, port),
            _ => self.seldom.change().unended[cpu] -= 1,
        }
    }

    /// No more ends are to come than there are active priorities: a guest may have cleared these instead (GICV_APR).
    fn forget_ends(&mut self, cpu: usize, found: &Interface) {
        let most = found.active_priorities.count_ones().into();
        if self.seldom.unended[cpu] > most {
            self.seldom.change().unended[cpu] = most;
        }
    }

    /// The distributor makes these inactive, which are not so by hand.
    pub(super) fn expect_ends(&mut self, cpu: usize, word: usize, acknowledged: u32, port: &mut dyn Inject) {
        for bit in bits(acknowledged) {
            let handler = if word == 0 || self.cpus() == 1 {
                cpu
            } else {
                self.seldom.target(32 * word as u16 + bit).trailing_zeros() as usize
            };
            if handler >= self.cpus() {
                // Of a target that there is not: nobody acknowledged it.
                continue;
            }
            self.take_back(handler, port);
            if self.taken[handler].is_some_and(|found| found.guest & SPLIT == 0) {
                self.seldom.change().unended[handler] += 1;
            }
        }
    }

    fn end_most_urgent(&mut self, cpu: usize, port: &mut dyn Inject) {
        if let Some((_, intid)) = self.next_handled(cpu, None) {
            self.set_active(cpu, intid, false);
            self.ended(cpu, intid, port);
        }
    }

    /// Active interrupts of a vCPU's word that are in no list register.
    pub(super) fn handled(&self, cpu: usize, word: usize) -> u32 {
        let active = self.seldom.active[place(cpu, word)];
        // An SPI is handled by the vCPU that it goes to.
        let is_here = |&bit: &u16| {
            word == 0 || self.cpus() == 1 || {
                self.seldom.target(32 * word as u16 + bit).trailing_zeros() as usize == cpu
            }
        };
        bits(active).filter(is_here).fold(0, |word, bit| word | 1 << bit)
    }

    /// A timer whose interrupt was pending, and that has been set anew meanwhile, does not interrupt.
    fn resample_timer(&mut self, cpu: usize, port: &mut dyn Inject) {
        let is_up = self.inputs.line[cpu] & TIMER_BIT != 0;
        if is_up && !self.is_active(cpu, VIRTUAL_TIMER) && !port.timer_fires(cpu) {
            self.ended(cpu, VIRTUAL_TIMER, port);
        }
    }

    /// The maintenance interrupt named no list register, or one that may hold something else by now.
    #[cold]
    #[inline(never)]
    pub(super) fn find_what_ended(&mut self, cpu: usize, port: &mut dyn Inject) {
        if self.seldom.rearranged[cpu] != 0 {
            self.seldom.change().rearranged[cpu] = 0;
        }
        self.take_back(cpu, port);
    }

    /// The most urgent of what a vCPU has goes in its list registers, which were taken back.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&mut self, cpu: usize, port: &mut dyn Inject) {
        let Some(found) = self.taken[cpu].take() else { return };
        let before = self.inputs.prepared[cpu];
        let of_timer = self.divide(cpu, port);
        let first = usize::from(of_timer.is_some());
        let (chosen, control) = self.choose(cpu, found.guest, LIST_REGISTERS - first);
        let places = self.arrange(cpu, &chosen, &found, first, port);
        let mut list = [0; LIST_REGISTERS];
        list[usize::from(TIMER_REGISTER)] = of_timer.unwrap_or(0);
        for (index, chosen) in places.into_iter().enumerate() {
            if let Some(chosen) = chosen {
                list[index] = port.format().word(self.listed(cpu, chosen));
                self.put(cpu, index as u8, chosen);
            }
        }
        self.unsettled[cpu] = false;
        let wanted = Interface { control, list, ..found };
        if wanted != found || before != self.inputs.prepared[cpu] {
            self.undo[cpu].keep(&found, self.journal);
            self.write_divided(cpu, before, &wanted, port);
            self.rewrote[cpu] = true;
        }
    }

    /// The most urgent pending interrupt, then what the guest handles, then the others that are pending; and the control
    /// word that goes with it. For so many list registers.
    fn choose(&self, cpu: usize, guest: u64, count: usize) -> ([Option<Chosen>; LIST_REGISTERS], u64) {
        let mut chosen = [None; LIST_REGISTERS];
        let mut room = chosen.iter_mut().take(count);
        let mut pending = self.next_pending(cpu, guest, None);
        if let (Some(rank), Some(place)) = (pending, room.next()) {
            *place = Some(Chosen { rank, active: false });
            pending = self.next_pending(cpu, guest, pending);
        }
        let mut active = self.next_handled(cpu, None);
        while let Some(rank) = active
            && let Some(place) = room.next()
        {
            *place = Some(Chosen { rank, active: true });
            active = self.next_handled(cpu, active);
        }
        while let Some(rank) = pending
            && let Some(place) = room.next()
        {
            *place = Some(Chosen { rank, active: false });
            pending = self.next_pending(cpu, guest, pending);
        }
        let more_pending = if pending.is_some() { TELL_NONE_PENDING | tell_other_groups(guest) } else { 0 };
        let more_active = if active.is_some() { TELL_OTHER_ENDS } else { 0 };
        (chosen, ENABLE | more_pending | more_active)
    }

    /// The active interrupt after that one. Those that the guest has not acknowledged come last, for it does not end them
    /// as it does the others.
    fn next_handled(&self, cpu: usize, after: Option<Rank>) -> Option<Rank> {
        let of = |by_hand: bool, after| {
            self.next(cpu, after, |word| {
                let made = self.seldom.by_hand[place(cpu, word)];
                self.handled(cpu, word) & if by_hand { made } else { !made }
            })
        };
        let was_acknowledged = after.is_none_or(|(_, intid)| !self.is_by_hand(cpu, intid));
        let first = if was_acknowledged { of(false, after) } else { None };
        first.or_else(|| of(true, after.filter(|_| !was_acknowledged)))
    }

    /// The pending interrupt after that one; those of a group that the guest's CPU interface has enabled come first.
    fn next_pending(&self, cpu: usize, guest: u64, after: Option<Rank>) -> Option<Rank> {
        let of = |enabled: bool, after| {
            self.next(cpu, after, |word| {
                let group = self.inputs.group[place(cpu, word)];
                let group0 = if guest & GROUP0 != 0 { !group } else { 0 };
                let group1 = if guest & GROUP1 != 0 { group } else { 0 };
                let interface = group0 | group1;
                self.deliverable(cpu, word) & if enabled { interface } else { !interface }
            })
        };
        let was_enabled = after.is_none_or(|(_, intid)| self.has_group_enabled(cpu, intid, guest));
        let first = if was_enabled { of(true, after) } else { None };
        first.or_else(|| of(false, after.filter(|_| !was_enabled)))
    }

    fn has_group_enabled(&self, cpu: usize, intid: u16, guest: u64) -> bool {
        guest & if self.is_group1(cpu, intid) { GROUP1 } else { GROUP0 } != 0
    }

    fn is_group1(&self, cpu: usize, intid: u16) -> bool {
        position(intid).is_some_and(|(word, bit)| self.inputs.group[place(cpu, word)] & bit != 0)
    }

    /// Whatever was in a list register stays in that one, and nothing goes in those before the first.
    fn arrange(
        &self,
        cpu: usize,
        chosen: &[Option<Chosen>; LIST_REGISTERS],
        found: &Interface,
        first: usize,
        port: &dyn Inject,
    ) -> [Option<Chosen>; LIST_REGISTERS] {
        let mut places = [None; LIST_REGISTERS];
        let found_at = |&chosen: &Chosen| {
            let word = port.format().word(self.listed(cpu, chosen));
            found.list.iter().skip(first).position(|&listed| listed == word).map(|index| first + index)
        };
        for &chosen in chosen.iter().flatten() {
            if let Some(index) = found_at(&chosen) {
                places[index] = Some(chosen);
            }
        }
        for &chosen in chosen.iter().flatten().filter(|chosen| found_at(chosen).is_none()) {
            if let Some(free) = places.iter_mut().skip(first).find(|place| place.is_none()) {
                *free = Some(chosen);
            }
        }
        places
    }

    /// The virtual timer's interrupt, which the guest handles.
    pub(super) fn timer_handled(&self, cpu: usize) -> Listed {
        let rank = (self.seldom.priority(cpu, VIRTUAL_TIMER), VIRTUAL_TIMER);
        self.listed(cpu, Chosen { rank, active: true })
    }

    fn listed(&self, cpu: usize, Chosen { rank: (priority, intid), active }: Chosen) -> Listed {
        let Entry { source, .. } = self.chosen_entry(cpu, intid, active);
        Listed { intid, source, priority, group: self.is_group1(cpu, intid), pending: !active, active }
    }

    fn chosen_entry(&self, cpu: usize, intid: u16, active: bool) -> Entry {
        if !active {
            return self.entry(cpu, intid);
        }
        let source = self.seldom.active_sources[cpu].get(usize::from(intid)).copied().unwrap_or(0);
        Entry { intid, source, latched: false }
    }

    fn put(&mut self, cpu: usize, index: u8, Chosen { rank: (_, intid), active }: Chosen) {
        let entry = self.chosen_entry(cpu, intid, active);
        if active {
            self.set_active(cpu, intid, false);
        }
        self.occupy(cpu, index, entry);
    }

    /// [`crate::vm::recovery`]: list registers that were rewritten by an exit that was not committed are as before it.
    pub fn roll_back(&mut self, port: &mut dyn Inject) {
        for cpu in 0..self.cpus() {
            let kept = self.undo[cpu].kept(self.journal);
            self.roll_timer_back(cpu, kept.as_ref(), port);
            if let Some(found) = kept {
                port.write_interface(cpu, &found);
                self.undo[cpu].forget();
            }
        }
    }
}
