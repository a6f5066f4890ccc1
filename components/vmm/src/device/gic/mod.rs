// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual GICv2, for one vCPU or several.
//!
//! The distributor is emulated here; the CPU interface is the real GICV page, mapped in the VM, so the guest
//! acknowledges and ends interrupts without an exit. Interrupts reach it through the list registers
//! (`VCPU_InjectIRQ`), and each end of interrupt comes back as a VGICMaintenance fault.
//!
//! The model is the whole truth for each interrupt, but for how far the guest is with what is in a list register. Where
//! that matters, the list registers are *taken back* ([`take_back`]): read, counted into the model, and filled anew.
//! Most exits need none of that. seL4's ABI lets nobody read a list register or empty it; there an interrupt that sits in
//! one counts as pending until its end, "active" always reads 0, and one that was disabled meanwhile still arrives once.
//!
//! The virtual timer's interrupt is left to the kernel ([`prepared_timer`]), where that can inject it.

mod bitmap;
mod deliver;
mod distributor;
mod format;
mod interface;
mod list_registers;
mod port;
mod prepared_timer;
mod sections;
mod state;
mod take_back;
mod undo;

pub use format::Format;
pub use interface::{Interface, LIST_REGISTERS, Listed};
pub use port::Inject;
pub use sections::GicMemory;

use super::Outside;
use crate::bus::{MmioDevice, Node};
use crate::console::Serial;
use crate::state::{Content, Journal, Section};
use bitmap::BANKS;
use prepared_timer::TIMER_REGISTER;
use sections::{Inputs, Seldom};
use undo::Undo;

/// Interrupts: 16 SGIs, 16 PPIs, 128 SPIs.
pub const INTERRUPTS: usize = 160;
/// SGIs and PPIs, of which each vCPU has its own.
const PRIVATE: usize = 32;
/// SGIs.
const SGIS: usize = 16;
/// SGIs are always enabled.
const SGI_MASK: u32 = 0xffff;
/// The virtual timer's PPI.
pub const VIRTUAL_TIMER: u16 = 27;
const TIMER_BIT: u32 = 1 << VIRTUAL_TIMER;
/// The physical timer's PPI, which the kernel's alarms have as well.
pub const PHYSICAL_TIMER: u16 = 30;
const _: () = assert!(PHYSICAL_TIMER as u64 == lazaret_abi::ALARM_EVENT);

/// The virtual interrupt controller.
pub struct Gic<'a> {
    inputs: Section<'a, Inputs>,
    seldom: Section<'a, Seldom>,
    undo: &'a mut [Undo; BANKS],
    journal: &'a Journal,
    /// vCPUs, at most [`BANKS`].
    cpus: usize,
    /// Whose list registers the model has taken back: what was found there. [`Self::deliver`] fills them again.
    taken: [Option<Interface>; BANKS],
    /// Something has changed since they were filled with the most urgent of what there was. Not at a commit, so not when
    /// a VMM takes over either.
    unsettled: [bool; BANKS],
    /// Of each vCPU: its list registers were rewritten since the last event.
    rewrote: [bool; BANKS],
}

impl<'a> MmioDevice<'a> for Gic<'a> {
    type Memory = GicMemory;
    /// The template has it: the timer and the tree itself name it.
    const NODE: Option<Node> = None;

    fn new(memory: &'a mut GicMemory, journal: &'a Journal) -> Self {
        Self {
            inputs: Section::new(&mut memory.inputs, journal),
            seldom: Section::new(&mut memory.seldom, journal),
            undo: &mut memory.undo,
            journal,
            cpus: 1,
            taken: [None; BANKS],
            unsettled: [false; BANKS],
            rewrote: [false; BANKS],
        }
    }

    /// On a stock seL4, whose ABI cannot empty them, list registers keep what is in them.
    fn reset(&mut self, port: &mut impl Inject) {
        let mut fresh = Inputs::new();
        for cpu in 0..self.cpus() {
            self.release_timer(cpu, port);
            self.forget_preparation(cpu, port);
            self.taken[cpu] = None;
            if !port.reset_interface(cpu) {
                fresh.list[cpu] = self.inputs.list[cpu].clone();
                fresh.held = self.inputs.held;
            }
        }
        *self.inputs.change() = fresh;
        *self.seldom.change() = Seldom::new();
    }

    #[inline]
    fn update_checksum(&mut self) {
        self.inputs.update_checksum();
        self.seldom.update_checksum();
    }

    /// Where the timer's pending bit is: its line is looked at, and an interrupt whose level has fallen is taken back.
    #[inline(always)]
    fn read_has_effect(offset: u16) -> bool {
        distributor::is_pending_of_private(offset)
    }

    #[inline(always)]
    fn read<S: Serial>(&mut self, offset: u16, size: u8, outside: &mut Outside<'_, 'a, S>) -> u64 {
        if Self::read_has_effect(offset) {
            self.look_at_timer(outside.port);
        }
        self.load(offset, size, outside.port)
    }

    #[inline]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        self.store(offset, size, value, outside.port);
    }
}

impl Gic<'_> {
    /// For so many vCPUs, which a VM keeps from its beginning to its end.
    pub const fn set_cpus(&mut self, count: usize) {
        self.cpus = if count < BANKS { count } else { BANKS };
    }

    /// How many vCPUs there are.
    #[inline(always)]
    const fn cpus(&self) -> usize {
        if BANKS == 1 { 1 } else { self.cpus }
    }

    /// Whether the guest would take the virtual timer's interrupt, and the kernel will report it.
    pub fn waits_for_timer(&self, cpu: usize) -> bool {
        self.inputs.timer_held >> cpu & 1 == 0 && self.is_takeable(cpu, VIRTUAL_TIMER)
    }

    /// Whether the input of a PPI or SPI is up, as it was driven last.
    pub fn is_high(&self, intid: u16, port: &dyn Inject) -> bool {
        let Some((word, bit)) = bitmap::position(intid) else { return false };
        let cpu = if word == 0 { port.current() } else { 0 };
        self.inputs.line[bitmap::place(cpu, word)] & bit != 0
    }

    /// Drive the input of a PPI or SPI; false if it was like this already. Otherwise call [`Self::deliver`] afterwards.
    #[inline]
    pub fn set_line(&mut self, intid: u16, high: bool, port: &mut dyn Inject) -> bool {
        let Some((word, bit)) = bitmap::position(intid) else { return false };
        let cpu = if word == 0 { port::current(port) } else { 0 };
        let at = bitmap::place(cpu, word);
        let changes = high != (self.inputs.line[at] & bit != 0);
        if changes {
            self.change_line(cpu, word, bit, high, port);
        }
        changes
    }

    /// A timer's interrupt that is pending, and whose level has fallen, is taken back.
    #[cold]
    #[inline(never)]
    fn look_at_timer(&mut self, port: &mut dyn Inject) {
        let cpu = port::current(port);
        match self.inputs.prepared[cpu] {
            0 => self.take_back_holders(cpu, 0, TIMER_BIT, port),
            word => _ = port.prepare_timer(cpu, Some(word)),
        }
    }

    fn change_line(&mut self, cpu: usize, word: usize, bit: u32, high: bool, port: &mut dyn Inject) {
        self.unsettled = [true; BANKS];
        let at = bitmap::place(cpu, word);
        let is_edge = self.inputs.edge[at] & bit != 0;
        // A level that falls before it was taken is gone, and an edge before the first one was taken is the same one.
        if high == is_edge {
            self.take_back_holders(cpu, word, bit, port);
        }
        let inputs = self.inputs.change();
        if high && is_edge {
            inputs.latched[at] |= bit;
        }
        bitmap::set(&mut inputs.line[at], bit, high);
    }

    /// The virtual timer fired (VPPIEvent). If the guest would not take it now, the event is remembered and
    /// asked for again when it could: the hardware line is the truth, not a copy of it that may be stale by then.
    pub fn timer_event(&mut self, port: &mut dyn Inject) {
        let cpu = port::current(port);
        if self.is_prepared(cpu) {
            // From before: it comes again, to the kernel.
            return port.ack_vppi(cpu, VIRTUAL_TIMER);
        }
        self.inputs.change().timer_held |= 1 << cpu;
        if self.is_takeable(cpu, VIRTUAL_TIMER) {
            self.set_line(VIRTUAL_TIMER, true, port);
        }
    }

    /// The guest ended the interrupt in a list register (VGICMaintenance); all ones is "none of them". Call
    /// [`Self::deliver`] afterwards.
    pub fn maintenance(&mut self, index: u64, port: &mut dyn Inject) {
        let cpu = port::current(port);
        let is_kernels = self.is_prepared(cpu) && index == TIMER_REGISTER.into();
        if index == u64::MAX || is_kernels || self.seldom.rearranged[cpu] != 0 {
            return self.find_what_ended(cpu, port);
        }
        let inputs = self.inputs.change();
        if let Some(entry) = inputs.list[cpu].release(index)
            && let Some((word, bit)) = bitmap::position(entry.intid)
        {
            inputs.held[bitmap::place(cpu, word)] &= !bit;
            self.ended(cpu, entry.intid, port);
        }
    }
}

#[cfg(test)]
mod tests;
