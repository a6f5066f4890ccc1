// SPDX-License-Identifier: MIT OR Apache-2.0
//! The distributor's registers (GICv2 architecture, chapter 4.3), as GIC-400 has them.

use super::bitmap::{BANKS, WORDS, bits, place, position, set};
use super::interface::Listed;
use super::list_registers::Entry;
use super::sections::Inputs;
use super::{Gic, Inject, PRIVATE, SGI_MASK, SGIS, TIMER_BIT, port};

const CTLR: u16 = 0x000;
const TYPER: u16 = 0x004;
const IIDR: u16 = 0x008;
const IGROUPR: u16 = 0x080;
const ISENABLER: u16 = 0x100;
const ICENABLER: u16 = 0x180;
const ISPENDR: u16 = 0x200;
const ICPENDR: u16 = 0x280;
const ISACTIVER: u16 = 0x300;
const ICACTIVER: u16 = 0x380;
const IPRIORITYR: u16 = 0x400;
const ITARGETSR: u16 = 0x800;
const ICFGR: u16 = 0xc00;
const NSACR: u16 = 0xe00;
const SGIR: u16 = 0xf00;
const CPENDSGIR: u16 = 0xf10;
const SPENDSGIR: u16 = 0xf20;
const ID: u16 = 0xfd0;

/// Lines of 32 interrupts minus one, no security extension.
const TYPER_VALUE: u32 = WORDS as u32 - 1;
/// The number of CPU interfaces, minus one.
const TYPER_CPUS_SHIFT: u32 = 5;
/// GIC-400 r0p1, Arm.
const IIDR_VALUE: u32 = 0x0200_143b;
/// Peripheral and component identification from 0xfd0: GICv2.
const ID_VALUES: [u8; 12] = [0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1];
/// The CPU interface has 32 priorities.
const PRIORITY_MASK: u8 = 0xf8;

/// A register of pending SGIs and PPIs.
#[inline(always)]
pub(super) const fn is_pending_of_private(offset: u16) -> bool {
    matches!(offset & !3, ISPENDR | ICPENDR)
}

impl Gic<'_> {
    /// A load of 1, 2, 4 or 8 bytes. Unimplemented registers read as zero.
    #[inline(never)]
    pub fn load(&self, offset: u16, size: u8, port: &mut dyn Inject) -> u64 {
        let shift = 8 * u32::from(offset & 3);
        let low = u64::from(self.read_word(offset & !3, port));
        match size {
            1 => (low >> shift) & 0xff,
            2 => (low >> shift) & 0xffff,
            8 => low | self.high_word(offset, port) << 32,
            _ => low,
        }
    }

    /// Out of line: few loads have it.
    #[cold]
    #[inline(never)]
    fn high_word(&self, offset: u16, port: &mut dyn Inject) -> u64 {
        self.read_word((offset & !3).wrapping_add(4), port).into()
    }

    /// A store of 1, 2, 4 or 8 bytes. Registers that cannot be written ignore it. Call [`Self::deliver`] afterwards.
    pub fn store(&mut self, offset: u16, size: u8, value: u64, port: &mut dyn Inject) {
        self.unsettled = [true; BANKS];
        match size {
            4 => self.write_word(offset & !3, value as u32, port),
            8 => {
                self.write_word(offset & !3, value as u32, port);
                self.write_word((offset & !3).wrapping_add(4), (value >> 32) as u32, port);
            }
            _ => {
                for n in 0..u16::from(size.min(2)) {
                    self.write_byte(offset.wrapping_add(n), (value >> (8 * n)) as u8, port);
                }
            }
        }
    }

    fn read_word(&self, offset: u16, port: &mut dyn Inject) -> u32 {
        let word = usize::from((offset & 0x7f) / 4);
        match offset {
            CTLR => self.inputs.control,
            TYPER => TYPER_VALUE | (self.cpus() as u32 - 1) << TYPER_CPUS_SHIFT,
            IIDR => IIDR_VALUE,
            IGROUPR..ISENABLER if word < WORDS => self.inputs.group[place(port::current(port), word)],
            ISENABLER..ISPENDR if word < WORDS => self.inputs.enabled[place(port::current(port), word)],
            ISPENDR..ISACTIVER if word < WORDS => self.read_pending(word, port),
            ISACTIVER..IPRIORITYR if word < WORDS => self.read_active(word, port),
            IPRIORITYR..ITARGETSR => bytes(|n| self.seldom.priority(port::current(port), offset - IPRIORITYR + n)),
            ITARGETSR..ICFGR => self.read_targets(offset - ITARGETSR, port::current(port)),
            ICFGR..=0xcff => self.read_config(usize::from(offset - ICFGR) / 4, port::current(port)),
            CPENDSGIR..=0xf2f => self.read_sgi_pending(offset & 0xc, port),
            ID..=0xfff => u32::from(ID_VALUES[usize::from(offset - ID) / 4]),
            _ => 0,
        }
    }

    /// The virtual timer's line is asked for: its copy is only as new as the last exit that it made.
    fn read_pending(&self, word: usize, port: &mut dyn Inject) -> u32 {
        let cpu = port::current(port);
        let at = place(cpu, word);
        let is_pending = |entry: Entry, listed: Listed| listed.pending && entry.latched;
        let latched = self.inputs.latched[at] | self.listed_where(word, port, true, is_pending);
        let levels = self.inputs.line[at] & !self.inputs.edge[at];
        if word != 0 {
            return latched | levels;
        }
        let timer = if port.timer_fires(cpu) { TIMER_BIT } else { 0 };
        latched | levels & !TIMER_BIT | timer
    }

    fn read_active(&self, word: usize, port: &mut dyn Inject) -> u32 {
        let at = place(port::current(port), word);
        self.seldom.active[at] | self.listed_where(word, port, false, |_, listed| listed.active)
    }

    /// The interrupts of a word that are in a list register in such a state, or of which that is `unknown`.
    fn listed_where(
        &self,
        word: usize,
        port: &mut dyn Inject,
        unknown: bool,
        is: impl Fn(Entry, Listed) -> bool,
    ) -> u32 {
        let (cpu, format) = (port::current(port), port.format());
        if self.inputs.held[place(cpu, word)] == 0 {
            return 0;
        }
        let mut found = 0;
        for holder in if word == 0 { cpu..cpu + 1 } else { 0..self.cpus() } {
            let interface = port.read_interface(holder);
            for (index, entry) in self.inputs.list[holder].entries() {
                let listed = interface.map(|interface| format.listed(interface.list[index]));
                let of_word = usize::from(entry.intid) / 32 == word;
                if of_word && listed.map_or(unknown, |listed| listed.intid == entry.intid && is(entry, listed)) {
                    found |= 1 << (entry.intid % 32);
                }
            }
        }
        found
    }

    fn write_word(&mut self, offset: u16, value: u32, port: &mut dyn Inject) {
        let word = usize::from((offset & 0x7f) / 4);
        match offset {
            CTLR => self.write_control(value & 3, port),
            SGIR => self.generate_sgi(value, port),
            ICFGR..NSACR => self.write_config(usize::from(offset - ICFGR) / 4, value, port),
            IPRIORITYR..ICFGR | CPENDSGIR..=0xf2f => {
                for n in 0..4 {
                    self.write_byte(offset + n, (value >> (8 * n)) as u8, port);
                }
            }
            IGROUPR..IPRIORITYR if word < WORDS => self.write_bitmap(offset & !0x7f, word, value, port),
            _ => {}
        }
    }

    fn write_control(&mut self, value: u32, port: &mut dyn Inject) {
        let switched_off = self.inputs.control & !value != 0;
        for cpu in 0..self.cpus() {
            if switched_off && !self.inputs.list[cpu].is_empty() {
                self.take_back(cpu, port);
            }
            self.forget_timer_line(cpu);
        }
        self.inputs.change().control = value;
    }

    fn write_bitmap(&mut self, register: u16, word: usize, value: u32, port: &mut dyn Inject) {
        let cpu = port::current(port);
        let at = place(cpu, word);
        // SGIs are always enabled, and only SGIR and xPENDSGIR change their pending state.
        let without_sgis = if word == 0 { value & !SGI_MASK } else { value };
        let concerned = match register {
            IGROUPR => value ^ self.inputs.group[at],
            ISENABLER => 0,
            ISACTIVER | ICACTIVER => value,
            _ => without_sgis,
        };
        self.take_back_holders(cpu, word, concerned, port);
        let Inputs { group, enabled, latched, .. } = self.inputs.change();
        match register {
            IGROUPR => group[at] = value,
            ISENABLER => enabled[at] |= value,
            ICENABLER => enabled[at] &= !without_sgis,
            ISPENDR => latched[at] |= without_sgis,
            ICPENDR => latched[at] &= !without_sgis,
            _ => self.write_active(register == ISACTIVER, word, value, port),
        }
        if word == 0 {
            self.forget_timer_line(cpu);
        }
    }

    /// What is active by hand goes in a list register: the guest may end it as any other.
    fn write_active(&mut self, active: bool, word: usize, value: u32, port: &mut dyn Inject) {
        let cpu = port::current(port);
        let at = place(cpu, word);
        if active {
            let holders = if word == 0 { cpu..cpu + 1 } else { 0..self.cpus() };
            holders.for_each(|holder| self.take_back(holder, port));
        }
        let changed = value & if active { !self.seldom.active[at] } else { self.seldom.active[at] };
        if changed == 0 {
            return;
        }
        if !active {
            self.expect_ends(cpu, word, changed & !self.seldom.by_hand[at], port);
        }
        let seldom = self.seldom.change();
        set(&mut seldom.active[at], changed, active);
        set(&mut seldom.by_hand[at], changed, active);
        if word == 0 {
            bits(changed & SGI_MASK).for_each(|sgi| {
                self.seldom.change().active_sources[cpu][usize::from(sgi)] = cpu as u8;
            });
        }
        if word == 0 && !active && changed & TIMER_BIT != 0 {
            self.ended(cpu, super::VIRTUAL_TIMER, port);
        }
    }

    fn write_byte(&mut self, offset: u16, value: u8, port: &mut dyn Inject) {
        match offset {
            IPRIORITYR..ITARGETSR => self.write_priority(offset - IPRIORITYR, value & PRIORITY_MASK, port),
            ITARGETSR..ICFGR => self.write_target(offset - ITARGETSR, value, port),
            CPENDSGIR..SPENDSGIR => self.write_sgi_pending(offset & 15, value, false, port),
            SPENDSGIR..=0xf2f => self.write_sgi_pending(offset & 15, value, true, port),
            _ => self.write_part(offset, value, port),
        }
    }

    /// A byte of a register that has no bytes of its own: its other bits stay, where ones alone change something as zeros.
    #[cold]
    #[inline(never)]
    fn write_part(&mut self, offset: u16, value: u8, port: &mut dyn Inject) {
        let (word, shift) = (offset & !3, 8 * (offset & 3));
        let others = match word {
            SGIR => return,
            CTLR | IGROUPR..ISENABLER | ICFGR..NSACR => self.read_word(word, port) & !(0xff << shift),
            _ => 0,
        };
        self.write_word(word, others | u32::from(value) << shift, port);
    }

    fn write_priority(&mut self, intid: u16, value: u8, port: &mut dyn Inject) {
        let (cpu, Some((word, bit))) = (port::current(port), position(intid)) else { return };
        if self.seldom.priority(cpu, intid) != value {
            self.take_back_holders(cpu, word, bit, port);
            if let Some(priority) = self.seldom.change().priority_mut(cpu, intid) {
                *priority = value;
            }
        }
    }

    /// SGIs and PPIs have a fixed target, and with one CPU interface there is nothing to choose (IHI 0048B, 4.3.12).
    fn write_target(&mut self, intid: u16, value: u8, port: &mut dyn Inject) {
        let value = value & ((1u16 << self.cpus()) - 1) as u8;
        let Some((word @ 1.., bit)) = position(intid).filter(|_| self.cpus() > 1) else { return };
        if self.seldom.target(intid) != value {
            self.take_back_holders(port::current(port), word, bit, port);
            if let Some(target) = self.seldom.change().target_mut(intid) {
                *target = value;
            }
        }
    }

    fn read_targets(&self, first: u16, cpu: usize) -> u32 {
        match usize::from(first) {
            _ if self.cpus() == 1 => 0,
            0..PRIVATE => 0x0101_0101 << cpu,
            _ => bytes(|n| self.seldom.target(first + n)),
        }
    }

    /// Two bits an interrupt; the upper one is "edge".
    fn read_config(&self, register: usize, cpu: usize) -> u32 {
        if register / 2 >= WORDS {
            return 0;
        }
        let half = (self.inputs.edge[place(cpu, register / 2)] >> (16 * (register % 2))) & 0xffff;
        (0..16).fold(0, |config, n| config | (((half >> n) & 1) << (2 * n + 1)))
    }

    /// SGIs are edge-triggered and PPIs level-sensitive for ever.
    fn write_config(&mut self, register: usize, value: u32, port: &mut dyn Inject) {
        let word = register / 2;
        if !(1..WORDS).contains(&word) {
            return;
        }
        let half = (0..16).fold(0, |half, n| half | (((value >> (2 * n + 1)) & 1) << n));
        let shift = 16 * (register % 2);
        let at = place(0, word);
        let edge = self.inputs.edge[at] & !(0xffff << shift) | half << shift;
        self.take_back_holders(0, word, edge ^ self.inputs.edge[at], port);
        self.inputs.change().edge[at] = edge;
    }

    /// One byte an SGI; a bit for each CPU that it comes from.
    fn read_sgi_pending(&self, first: u16, port: &mut dyn Inject) -> u32 {
        let cpu = port::current(port);
        let held = self.listed_where(0, port, true, |_, listed| listed.pending);
        bytes(|n| {
            let intid = first + n;
            let entry = self.inputs.list[cpu].entries().find(|(_, entry)| entry.intid == intid);
            let source = entry.filter(|_| held >> intid & 1 != 0).map_or(0, |(_, entry)| 1 << entry.source);
            self.sources(cpu, intid) | source
        })
    }

    fn write_sgi_pending(&mut self, intid: u16, value: u8, pending: bool, port: &mut dyn Inject) {
        let cpu = port::current(port);
        let sources = u32::from(value) & ((1 << self.cpus()) - 1);
        if sources == 0 {
            return;
        }
        self.take_back_holders(cpu, 0, 1 << intid, port);
        for source in bits(sources) {
            if pending {
                self.latch_sgi(cpu, intid, source as u8);
            } else {
                self.unlatch(cpu, intid, source as u8);
            }
        }
    }

    fn generate_sgi(&mut self, value: u32, port: &mut dyn Inject) {
        let (cpu, intid) = (port::current(port), value as u16 & (SGIS as u16 - 1));
        let targets = match (value >> 24) & 3 {
            0 => (value >> 16) & 0xff,
            1 => !(1 << cpu),
            2 => 1 << cpu,
            _ => 0,
        };
        for target in 0..self.cpus() {
            if targets >> target & 1 != 0 {
                self.take_back_holders(target, 0, 1 << intid, port);
                self.latch_sgi(target, intid, cpu as u8);
            }
        }
    }
}

/// A word of four bytes.
fn bytes(byte: impl Fn(u16) -> u8) -> u32 {
    (0..4).fold(0, |word, n| word | (u32::from(byte(n)) << (8 * n)))
}
