// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual GICv2 for one vCPU.
//!
//! The distributor is emulated here; the CPU interface is the real GICV page, mapped in the VM, so the guest
//! acknowledges and ends interrupts without an exit. Interrupts reach it through the list registers
//! (`VCPU_InjectIRQ`), and each end of interrupt comes back as a VGICMaintenance fault.
//!
//! The ABI lets nobody read a list register or empty it. So an interrupt that sits in one counts as pending until
//! its end, "active" always reads 0, and an interrupt disabled after it was injected may still arrive once.

mod distributor;
mod list_registers;

pub use list_registers::{Inject, LIST_REGISTERS};

use super::Outside;
use crate::bus::{MmioDevice, Node};
use crate::console::Serial;
use crate::state::{Content, Journal, Section, Stored, sections};
use list_registers::ListRegisters;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Interrupts: 16 SGIs, 16 PPIs, 128 SPIs.
pub const INTERRUPTS: usize = 160;
/// Bitmap words of one bit for each interrupt.
const WORDS: usize = INTERRUPTS / 32;
/// The virtual timer's PPI.
pub const VIRTUAL_TIMER: u16 = 27;
/// SGIs are always enabled.
const SGI_MASK: u32 = 0xffff;

/// Inputs and what became of them, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Inputs {
    /// `GICD_CTLR`: bit 0 group 0, bit 1 group 1.
    control: u32,
    /// 1: the kernel masks the virtual timer's PPI from its VPPIEvent to `VCPU_AckVPPI`.
    timer_held: u32,
    enabled: [u32; WORDS],
    group: [u32; WORDS],
    /// Edges not yet in a list register, and what the guest made pending itself.
    latched: [u32; WORDS],
    /// Level of each input.
    line: [u32; WORDS],
    /// 1 = edge-triggered.
    edge: [u32; WORDS],
    list: ListRegisters,
}

/// What guests set once, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Routing {
    priority: [u8; INTERRUPTS],
    target: [u8; INTERRUPTS],
}

impl Content for Inputs {
    const NAME: &'static str = "interrupts";

    fn new() -> Self {
        let mut enabled = [0; WORDS];
        enabled[0] = SGI_MASK;
        let mut edge = [0; WORDS];
        edge[0] = SGI_MASK;
        Self {
            control: 0,
            timer_held: 0,
            enabled,
            group: [0; WORDS],
            latched: [0; WORDS],
            line: [0; WORDS],
            edge,
            list: ListRegisters::new(),
        }
    }
}

impl Content for Routing {
    const NAME: &'static str = "interrupt routing";

    fn new() -> Self {
        let mut target = [0; INTERRUPTS];
        target[..32].fill(1);
        Self { priority: [0; INTERRUPTS], target }
    }
}

sections! {
    /// What of it outlasts the VMM. What guests set once has a section of its own: a copy is made of what changes.
    pub struct GicMemory {
        inputs: Stored<Inputs>,
        routing: Stored<Routing>,
    }
}

/// The virtual interrupt controller.
pub struct Gic<'a> {
    inputs: Section<'a, Inputs>,
    routing: Section<'a, Routing>,
}

impl<'a> MmioDevice<'a> for Gic<'a> {
    type Memory = GicMemory;
    /// The template has it: the timer and the tree itself name it.
    const NODE: Option<Node> = None;

    fn new(memory: &'a mut GicMemory, journal: &'a Journal) -> Self {
        let inputs = Section::new(&mut memory.inputs, journal);
        Self { inputs, routing: Section::new(&mut memory.routing, journal) }
    }

    /// On a stock seL4, whose ABI cannot empty them, list registers keep what is in them.
    fn reset(&mut self, port: &mut impl Inject) {
        self.release_timer(port);
        let list = if port.reset_interface() { ListRegisters::new() } else { self.inputs.list.clone() };
        *self.inputs.change() = Inputs { list, ..Inputs::new() };
        *self.routing.change() = Routing::new();
    }

    #[inline]
    fn update_checksum(&mut self) {
        self.inputs.update_checksum();
        self.routing.update_checksum();
    }

    #[inline(always)]
    fn read_has_effect(_offset: u16) -> bool {
        false
    }

    #[inline(always)]
    fn read<S: Serial>(&mut self, offset: u16, size: u8, _outside: &mut Outside<'_, 'a, S>) -> u64 {
        self.load(offset, size)
    }

    #[inline]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, _outside: &mut Outside<'_, 'a, S>) {
        self.store(offset, size, value);
    }
}

impl Gic<'_> {
    /// Whether the guest would take the virtual timer's interrupt, and the kernel will report it.
    pub fn waits_for_timer(&self) -> bool {
        self.inputs.timer_held == 0 && self.is_takeable(VIRTUAL_TIMER)
    }

    /// Drive the input of a PPI or SPI. Call [`Self::deliver`] afterwards.
    pub fn set_line(&mut self, intid: u16, high: bool) {
        let Some((word, bit)) = position(intid) else { return };
        if high == (self.inputs.line[word] & bit != 0) {
            return;
        }
        let inputs = self.inputs.change();
        if high {
            inputs.latched[word] |= bit & inputs.edge[word];
        }
        set(&mut inputs.line[word], bit, high);
    }

    /// The virtual timer fired (VPPIEvent). If the guest would not take it now, the event is remembered and
    /// asked for again when it could: the hardware line is the truth, not a copy of it that may be stale by then.
    pub fn timer_event(&mut self) {
        self.inputs.change().timer_held = 1;
        if self.is_takeable(VIRTUAL_TIMER) {
            self.set_line(VIRTUAL_TIMER, true);
        }
    }

    /// The guest ended the interrupt in a list register (VGICMaintenance); all ones is "none of them".
    pub fn maintenance(&mut self, index: u64, port: &mut impl Inject) {
        if self.inputs.change().list.release(index) == Some(VIRTUAL_TIMER) {
            self.set_line(VIRTUAL_TIMER, false);
            self.release_timer(port);
        }
    }

    /// Put what is pending and enabled in free list registers, most urgent first; the rest stays pending.
    pub fn deliver(&mut self, port: &mut impl Inject) {
        if self.inputs.timer_held != 0
            && self.inputs.line[0] & (1 << VIRTUAL_TIMER) == 0
            && self.is_takeable(VIRTUAL_TIMER)
        {
            self.release_timer(port);
        }
        while let Some(index) = self.inputs.list.free() {
            let Some(intid) = self.most_urgent() else { return };
            let priority = self.routing.priority[usize::from(intid)] >> 3;
            let (word, bit) = (usize::from(intid / 32), 1 << (intid % 32));
            let group = u8::from(self.inputs.group[word] & bit != 0);
            if !port.inject(index, intid, priority, group) {
                return;
            }
            let inputs = self.inputs.change();
            inputs.list.occupy(index, intid);
            inputs.latched[word] &= !bit;
        }
    }

    /// Whether a list register holds something, or something waits for one: a WFI would not wait.
    pub fn has_pending(&self) -> bool {
        !self.inputs.list.is_empty() || self.most_urgent().is_some()
    }

    fn release_timer(&mut self, port: &mut impl Inject) {
        if self.inputs.timer_held != 0 {
            self.inputs.change().timer_held = 0;
            port.ack_vppi(VIRTUAL_TIMER);
        }
    }

    /// Enabled in the distributor, whatever its state.
    fn is_takeable(&self, intid: u16) -> bool {
        let Some((word, bit)) = position(intid) else { return false };
        self.inputs.enabled[word] & self.forwarded(word) & bit != 0
    }

    /// Interrupts of a word whose group is switched on.
    fn forwarded(&self, word: usize) -> u32 {
        let Inputs { control, group, .. } = &*self.inputs;
        let group0 = if control & 1 != 0 { !group[word] } else { 0 };
        let group1 = if control & 2 != 0 { group[word] } else { 0 };
        group0 | group1
    }

    fn pending(&self, word: usize) -> u32 {
        let Inputs { latched, line, edge, .. } = &*self.inputs;
        latched[word] | (line[word] & !edge[word])
    }

    fn held_timer(&self, word: usize) -> u32 {
        if word == 0 { u32::from(self.inputs.timer_held != 0) << VIRTUAL_TIMER } else { 0 }
    }

    /// The interrupt to inject next: lowest priority value, then lowest number.
    fn most_urgent(&self) -> Option<u16> {
        let mut best: Option<(u8, u16)> = None;
        for word in 0..WORDS {
            let mut bits = self.pending(word) & self.inputs.enabled[word];
            if bits == 0 {
                continue;
            }
            bits &= self.forwarded(word) & !self.inputs.list.held(word);
            while bits != 0 {
                let intid = word * 32 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let priority = self.routing.priority[intid];
                if best.is_none_or(|(least, _)| priority < least) {
                    best = Some((priority, intid as u16));
                }
            }
        }
        best.map(|(_, intid)| intid)
    }
}

/// Bitmap word and bit of an interrupt.
fn position(intid: u16) -> Option<(usize, u32)> {
    let word = usize::from(intid / 32);
    (word < WORDS).then_some((word, 1 << (intid % 32)))
}

fn set(word: &mut u32, bits: u32, on: bool) {
    if on {
        *word |= bits;
    } else {
        *word &= !bits;
    }
}

#[cfg(test)]
mod tests;
