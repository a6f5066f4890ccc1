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

use list_registers::ListRegisters;

/// Interrupts: 16 SGIs, 16 PPIs, 128 SPIs.
pub const INTERRUPTS: usize = 160;
/// Bitmap words of one bit for each interrupt.
const WORDS: usize = INTERRUPTS / 32;
/// The virtual timer's PPI.
pub const VIRTUAL_TIMER: u16 = 27;
/// SGIs are always enabled.
const SGI_MASK: u32 = 0xffff;

/// The virtual interrupt controller.
pub struct Vgic {
    /// `GICD_CTLR`: bit 0 group 0, bit 1 group 1.
    control: u32,
    enabled: [u32; WORDS],
    group: [u32; WORDS],
    /// Edges not yet in a list register, and what the guest made pending itself.
    latched: [u32; WORDS],
    /// Level of each input.
    line: [u32; WORDS],
    /// 1 = edge-triggered.
    edge: [u32; WORDS],
    priority: [u8; INTERRUPTS],
    target: [u8; INTERRUPTS],
    list: ListRegisters,
    /// The kernel masks the virtual timer's PPI from its VPPIEvent to `VCPU_AckVPPI`.
    timer_held: bool,
}

impl Vgic {
    /// State after reset.
    pub const fn new() -> Self {
        let mut enabled = [0; WORDS];
        enabled[0] = SGI_MASK;
        let mut edge = [0; WORDS];
        edge[0] = SGI_MASK;
        let mut target = [0; INTERRUPTS];
        let mut i = 0;
        while i < 32 {
            target[i] = 1;
            i += 1;
        }
        Self {
            control: 0,
            enabled,
            group: [0; WORDS],
            latched: [0; WORDS],
            line: [0; WORDS],
            edge,
            priority: [0; INTERRUPTS],
            target,
            list: ListRegisters::new(),
            timer_held: false,
        }
    }

    /// Reset. List registers keep what is in them: the ABI cannot empty them.
    pub fn reset(&mut self, port: &mut impl Inject) {
        self.release_timer(port);
        let list = core::mem::replace(&mut self.list, ListRegisters::new());
        *self = Self { list, ..Self::new() };
    }

    /// Whether the guest would take the virtual timer's interrupt, and the kernel will report it.
    pub fn waits_for_timer(&self) -> bool {
        !self.timer_held && self.is_takeable(VIRTUAL_TIMER)
    }

    /// Drive the input of a PPI or SPI. Call [`Self::deliver`] afterwards.
    pub fn set_line(&mut self, intid: u16, high: bool) {
        let Some((word, bit)) = position(intid) else { return };
        if high && self.line[word] & bit == 0 {
            self.latched[word] |= bit & self.edge[word];
        }
        set(&mut self.line[word], bit, high);
    }

    /// The virtual timer fired (VPPIEvent). If the guest would not take it now, the event is remembered and
    /// asked for again when it could: the hardware line is the truth, not a copy of it that may be stale by then.
    pub fn timer_event(&mut self) {
        self.timer_held = true;
        if self.is_takeable(VIRTUAL_TIMER) {
            self.set_line(VIRTUAL_TIMER, true);
        }
    }

    /// The guest ended the interrupt in a list register (VGICMaintenance); all ones is "none of them".
    pub fn maintenance(&mut self, index: u64, port: &mut impl Inject) {
        if self.list.release(index) == Some(VIRTUAL_TIMER) {
            self.set_line(VIRTUAL_TIMER, false);
            self.release_timer(port);
        }
    }

    /// Put what is pending and enabled in free list registers, most urgent first; the rest stays pending.
    pub fn deliver(&mut self, port: &mut impl Inject) {
        if self.timer_held && self.line[0] & (1 << VIRTUAL_TIMER) == 0 && self.is_takeable(VIRTUAL_TIMER) {
            self.release_timer(port);
        }
        while let Some(index) = self.list.free() {
            let Some(intid) = self.most_urgent() else { return };
            let priority = self.priority[usize::from(intid)] >> 3;
            let (word, bit) = (usize::from(intid / 32), 1 << (intid % 32));
            let group = u8::from(self.group[word] & bit != 0);
            if !port.inject(index, intid, priority, group) {
                return;
            }
            self.list.occupy(index, intid);
            self.latched[word] &= !bit;
        }
    }

    /// Whether a list register holds something, or something waits for one: a WFI would not wait.
    pub fn has_pending(&self) -> bool {
        !self.list.is_empty() || self.most_urgent().is_some()
    }

    fn release_timer(&mut self, port: &mut impl Inject) {
        if self.timer_held {
            self.timer_held = false;
            port.ack_vppi(VIRTUAL_TIMER);
        }
    }

    /// Enabled in the distributor, whatever its state.
    fn is_takeable(&self, intid: u16) -> bool {
        let Some((word, bit)) = position(intid) else { return false };
        self.enabled[word] & self.forwarded(word) & bit != 0
    }

    /// Interrupts of a word whose group is switched on.
    fn forwarded(&self, word: usize) -> u32 {
        let group0 = if self.control & 1 != 0 { !self.group[word] } else { 0 };
        let group1 = if self.control & 2 != 0 { self.group[word] } else { 0 };
        group0 | group1
    }

    fn pending(&self, word: usize) -> u32 {
        self.latched[word] | (self.line[word] & !self.edge[word])
    }

    fn held_timer(&self, word: usize) -> u32 {
        if word == 0 { u32::from(self.timer_held) << VIRTUAL_TIMER } else { 0 }
    }

    /// The interrupt to inject next: lowest priority value, then lowest number.
    fn most_urgent(&self) -> Option<u16> {
        let mut best: Option<(u8, u16)> = None;
        for word in 0..WORDS {
            let mut bits = self.pending(word) & self.enabled[word];
            if bits == 0 {
                continue;
            }
            bits &= self.forwarded(word) & !self.list.held(word);
            while bits != 0 {
                let intid = word * 32 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let priority = self.priority[intid];
                if best.is_none_or(|(least, _)| priority < least) {
                    best = Some((priority, intid as u16));
                }
            }
        }
        best.map(|(_, intid)| intid)
    }
}

impl Default for Vgic {
    fn default() -> Self {
        Self::new()
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
