// SPDX-License-Identifier: MIT OR Apache-2.0
//! One virtual machine: its devices, its power state, and the answer to each exit.

use crate::boot::{self, BootError, Images};
use crate::config::Config;
use crate::console::{Console, Serial};
use crate::device::pl011::Pl011;
use crate::device::vgic::{VIRTUAL_TIMER, Vgic};
use crate::exit::Exit;
use crate::frame::{Answer, Frame, Given};
use crate::guest_map::UART_INTID;
use crate::guest_ram::GuestRam;
use crate::vcpu::{DebugUse, Vcpu};
use crate::{inject, reset};
use sel4_sys::fault::FaultLabel;

/// What becomes of the vCPU after an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on: reply to the fault.
    Resume,
    /// It waits for an interrupt, and for the virtual counter to reach this value if there is one. Its registers
    /// are past the WFI already.
    Wait(Option<u64>),
    /// No reply: it is off, or was started anew.
    Stay,
}

/// A VM with one vCPU.
pub struct Vm<'a, S> {
    pub(crate) config: Config<'a>,
    images: Images<'a>,
    ram: GuestRam<'a>,
    pub(crate) frame: Frame,
    pub(crate) gic: Vgic,
    pub(crate) uart: Pl011,
    pub(crate) console: Console<S>,
    /// Trapped accesses to debug registers that the lazy switch is to save, since the start.
    pub(crate) debug_traps: u64,
    off: bool,
}

impl<'a, S: Serial> Vm<'a, S> {
    /// Not started yet.
    pub const fn new(config: Config<'a>, images: Images<'a>, ram: GuestRam<'a>, serial: S) -> Self {
        Self {
            config,
            images,
            ram,
            frame: Frame::new(),
            gic: Vgic::new(),
            uart: Pl011::new(),
            console: Console::new(serial),
            debug_traps: 0,
            off: true,
        }
    }

    /// Load the guest and let the vCPU run from its entry.
    pub fn start(&mut self, vcpu: &mut impl Vcpu) -> Result<(), BootError> {
        let loaded = boot::load(&self.config, self.images, &mut self.ram)?;
        self.gic.reset(vcpu);
        self.uart = Pl011::new();
        self.frame.open(None);
        reset::vcpu(vcpu, loaded);
        self.debug_traps = 0;
        self.off = false;
        let (name, entry, dtb) = (self.config.name, loaded.entry, loaded.dtb);
        self.console.log(format_args!("{name}: starts at {entry:#x}, device tree at {dtb:#x}"));
        vcpu.restart();
        Ok(())
    }

    /// Answer an exit. With the answer, if there is one, a reply finishes the exit; without, nothing is left to do.
    #[inline]
    pub fn exit(&mut self, exit: Exit, given: Option<Given>, vcpu: &mut impl Vcpu) -> (Next, Option<Answer>) {
        self.frame.open(given);
        let next = match exit {
            Exit::Memory { ipa, fetch, esr } => self.memory(ipa, fetch, esr, vcpu),
            Exit::Vcpu { esr } => self.trap(esr, vcpu),
            Exit::Maintenance { index } => {
                self.gic.maintenance(index, vcpu);
                self.gic.deliver(vcpu);
                Next::Resume
            }
            Exit::VirtualPpi { intid } => self.virtual_ppi(intid, vcpu),
            Exit::UnknownSyscall => self.hypercall(vcpu),
            Exit::Other { label } => self.other_fault(label, vcpu),
        };
        let answer = self.frame.close(next == Next::Resume, vcpu);
        self.console.settle();
        (next, answer)
    }

    /// Take what the serial driver has for the guest; true if an interrupt is now pending.
    pub fn pump(&mut self, vcpu: &mut impl Vcpu) -> bool {
        if self.off {
            while self.console.get().is_some() {}
            return false;
        }
        self.receive();
        self.update_uart_line(vcpu);
        self.gic.has_pending()
    }

    /// The VMM's own voice.
    pub fn console(&mut self) -> &mut Console<S> {
        &mut self.console
    }

    /// The VM's name.
    pub const fn name(&self) -> &'a str {
        self.config.name
    }

    /// Input moves to the UART as far as it has room.
    pub(crate) fn receive(&mut self) {
        while self.uart.can_receive() {
            let Some(byte) = self.console.get() else { return };
            self.uart.receive(byte);
        }
    }

    pub(crate) fn update_uart_line(&mut self, vcpu: &mut impl Vcpu) {
        self.gic.set_line(UART_INTID, self.uart.line());
        self.gic.deliver(vcpu);
    }

    pub(crate) fn power_off(&mut self, vcpu: &impl Vcpu) -> Next {
        self.off = true;
        let name = self.config.name;
        let traps = self.debug_traps;
        if let Some(DebugUse { loads, saves, accesses, mdscr_writes, exits }) = vcpu.debug_use() {
            self.console.log(format_args!(
                "{name}: {exits} exits, {traps} debug-register traps, {loads} bank loads, {saves} bank saves, {accesses} bank accesses, \
                 {mdscr_writes} MDSCR writes"
            ));
        }
        self.console.log(format_args!("{name}: powered off"));
        Next::Stay
    }

    pub(crate) fn reset(&mut self, vcpu: &mut impl Vcpu) -> Next {
        let name = self.config.name;
        self.console.log(format_args!("{name}: reset"));
        if let Err(error) = self.start(vcpu) {
            self.console.log(format_args!("{name}: {error}"));
            self.off = true;
        }
        Next::Stay
    }

    fn virtual_ppi(&mut self, intid: u64, vcpu: &mut impl Vcpu) -> Next {
        if intid == u64::from(VIRTUAL_TIMER) {
            self.gic.timer_event();
            self.gic.deliver(vcpu);
        }
        self.console.flush();
        Next::Resume
    }

    /// Faults that only another kernel makes of what a guest does.
    fn other_fault(&mut self, label: u64, vcpu: &mut impl Vcpu) -> Next {
        match FaultLabel::from_label(label) {
            Some(FaultLabel::Timeout) => Next::Resume,
            // An HVC whose x7 happens to be a system call's number.
            Some(FaultLabel::CapFault) => self.hypercall(vcpu),
            Some(FaultLabel::UserException) => {
                inject::undefined(&mut self.frame, vcpu);
                Next::Resume
            }
            _ => {
                let name = self.config.name;
                self.console.log(format_args!("{name}: stopped by a fault of label {label}"));
                self.off = true;
                Next::Stay
            }
        }
    }
}

#[cfg(test)]
mod tests;
