// SPDX-License-Identifier: MIT OR Apache-2.0
//! One virtual machine: its devices, its power state, and the answer to each exit.

use crate::boot::{self, BootError, Images};
use crate::config::Config;
use crate::console::{Console, Serial};
use crate::device::pl011::Pl011;
use crate::device::vgic::{VIRTUAL_TIMER, Vgic};
use crate::exit::Exit;
use crate::frame::{Frame, Given};
use crate::guest_map::UART_INTID;
use crate::guest_ram::GuestRam;
use crate::power::{Phase, Power};
use crate::short::Answer;
use crate::state::{Journal, Section, State};
use crate::trace::{Note, Outcome, Record, Trace};
use crate::vcpu::{DebugUse, Vcpu};
use crate::{inject, reset};
use sel4_abi::fault::FaultLabel;

/// What becomes of the vCPU after an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on: reply to the fault.
    Resume,
    /// It waits for an interrupt, its virtual timer's for one. Its registers are past the WFI already.
    Wait,
    /// No reply: it is off, or was started anew.
    Stay,
}

impl Next {
    /// In the trace; `noted` is what became of an exit after which the guest goes on.
    const fn outcome(self, noted: Outcome) -> Outcome {
        match self {
            Self::Resume => noted,
            Self::Wait => Outcome::Waits,
            Self::Stay => Outcome::Stopped,
        }
    }
}

/// Ticks since then, as a record keeps them.
fn since(ticks: u64, vcpu: &impl Vcpu) -> u16 {
    vcpu.ticks().wrapping_sub(ticks).min(u16::MAX.into()) as u16
}

/// A VM with one vCPU.
pub struct Vm<'a, S> {
    pub(crate) config: Config<'a>,
    images: Images<'a>,
    ram: GuestRam<'a>,
    pub(crate) frame: &'a mut Frame,
    pub(crate) gic: Vgic<'a>,
    pub(crate) uart: Pl011<'a>,
    pub(crate) console: Console<'a, S>,
    pub(crate) power: Section<'a, Power>,
    pub(crate) journal: &'a Journal,
    /// The exit that is being handled, as the kernel numbers them.
    pub(crate) number: Option<u32>,
    /// The OS lock, if it was asked for since the start.
    pub(crate) os_lock: Option<u64>,
    trace: Option<Trace<'a>>,
    /// About the exit that is being answered, for the trace.
    pub(crate) note: Note,
}

impl<'a, S: Serial> Vm<'a, S> {
    /// As the state says: not started yet, unless it was left by another VMM; then [`Self::recover`] comes first.
    pub fn new(config: Config<'a>, images: Images<'a>, ram: GuestRam<'a>, serial: S, state: &'a mut State) -> Self {
        let journal = &state.journal;
        Self {
            config,
            images,
            ram,
            frame: &mut state.frame,
            gic: Vgic::new(Section::new(&mut state.inputs, journal), Section::new(&mut state.routing, journal)),
            uart: Pl011::new(Section::new(&mut state.uart, journal)),
            console: Console::new(serial, Section::new(&mut state.console, journal)).telling_all(config.log_all),
            power: Section::new(&mut state.power, journal),
            journal,
            number: None,
            os_lock: None,
            trace: None,
            note: Note::NONE,
        }
    }

    /// Load the guest and let the vCPU run from its entry.
    pub fn start(&mut self, vcpu: &mut impl Vcpu) -> Result<(), BootError> {
        let loaded = boot::load(&self.config, self.images, &mut self.ram)?;
        self.gic.reset(vcpu);
        self.uart.reset();
        self.frame.open(None);
        reset::vcpu(vcpu, loaded)?;
        self.os_lock = None;
        self.journal.reset_traps();
        self.power.change().enter(Phase::On);
        let (name, entry, dtb) = (self.config.name, loaded.entry, loaded.dtb);
        self.console.log(format_args!("{name}: starts at {entry:#x}, device tree at {dtb:#x}"));
        self.commit(Next::Stay);
        self.console.publish();
        vcpu.restart();
        Ok(())
    }

    /// Exits are recorded from here on.
    pub fn record(&mut self, trace: Trace<'a>) {
        self.trace = Some(trace);
    }

    /// Exits are recorded.
    #[inline(always)]
    pub(crate) const fn is_recorded(&self) -> bool {
        self.trace.is_some()
    }

    /// Answer an exit. With the answer, if there is one, a reply finishes the exit; without, nothing is left to do.
    ///
    /// `number` is the kernel's for the fault; without one, a VMM that is started again cannot tell which exit it was in.
    #[inline]
    pub fn exit(
        &mut self,
        exit: Exit,
        given: Option<Given>,
        number: Option<u32>,
        vcpu: &mut impl Vcpu,
    ) -> (Next, Option<Answer>) {
        let ticks = if self.trace.is_some() { vcpu.ticks() } else { 0 };
        self.frame.open(given);
        self.number = number;
        if self.power.is_parked() {
            // Its timer has ended the wait.
            self.power.change().park(false);
        }
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
        self.console.settle();
        if self.journal.is_changed() || self.frame.writes_back(next == Next::Resume) {
            self.commit(next);
        }
        let answer = self.frame.close(next == Next::Resume, vcpu);
        self.console.publish();
        if let Some(trace) = &self.trace {
            let (cause, esr) = exit.cause();
            let value = self.note.value.unwrap_or_else(|| exit.value(given));
            let pc = given.map_or(0, |given| given.pc);
            let (outcome, duration) = (next.outcome(self.note.outcome) as u8, since(ticks, vcpu));
            trace.add(&Record { ticks, pc, value, esr, cause: cause.0, outcome, duration });
            self.note = Note::NONE;
        }
        (next, answer)
    }

    /// Take what the serial driver has for the guest; true if an interrupt is now pending.
    pub fn pump(&mut self, vcpu: &mut impl Vcpu) -> bool {
        let pending = self.take_input(vcpu);
        self.commit_event();
        pending
    }

    /// The serial driver has something; a vCPU that waits for it goes on.
    pub fn notified(&mut self, vcpu: &mut impl Vcpu) {
        if self.pump(vcpu) && self.power.is_parked() {
            self.power.change().park(false);
            self.commit_event();
            vcpu.wake();
        }
    }

    /// A line of the VMM's own.
    pub fn say(&mut self, line: core::fmt::Arguments<'_>) {
        self.console.log(line);
        self.commit_event();
    }

    /// The VM's name.
    pub const fn name(&self) -> &'a str {
        self.config.name
    }

    /// The exit that is being handled has had all its effects; what is left can be done again.
    pub(crate) fn commit(&mut self, next: Next) {
        self.seal();
        self.journal.commit(self.number.map(|number| (number, next)));
    }

    /// The same for what is no exit.
    pub(crate) fn commit_event(&mut self) {
        if self.journal.is_changed() {
            self.seal();
            self.journal.commit(None);
        }
        self.console.publish();
    }

    fn seal(&mut self) {
        self.gic.seal();
        self.uart.seal();
        self.console.seal();
        self.power.seal();
    }

    pub(crate) fn take_input(&mut self, vcpu: &mut impl Vcpu) -> bool {
        if self.power.phase() != Phase::On {
            while self.console.get().is_some() {}
            return false;
        }
        self.receive();
        self.update_uart_line(vcpu);
        self.gic.has_pending()
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

    /// The guest runs no more. Its thread is told so: a fault without an answer would be one that was lost.
    fn end(&mut self, vcpu: &mut impl Vcpu) -> Next {
        self.power.change().enter(Phase::Off);
        self.console.settle();
        self.commit(Next::Stay);
        vcpu.stop();
        Next::Stay
    }

    pub(crate) fn power_off(&mut self, vcpu: &mut impl Vcpu) -> Next {
        let name = self.config.name;
        let traps = self.journal.traps();
        if let Some(DebugUse { loads, saves, accesses, mdscr_writes, exits }) = vcpu.debug_use() {
            self.console.log(format_args!(
                "{name}: {exits} exits, {traps} debug-register traps, {loads} bank loads, {saves} bank saves, {accesses} bank accesses, \
                 {mdscr_writes} MDSCR writes"
            ));
        }
        match self.console.untold() {
            0 => {}
            untold => self.console.log(format_args!("{name}: {untold} more lines about its mistakes were not told")),
        }
        self.console.log(format_args!("{name}: powered off"));
        self.end(vcpu)
    }

    pub(crate) fn reset(&mut self, vcpu: &mut impl Vcpu) -> Next {
        let name = self.config.name;
        self.console.log(format_args!("{name}: reset"));
        // From here on it is no more the exit that would be done again, but the start.
        self.power.change().enter(Phase::ToStart);
        self.commit(Next::Stay);
        if let Err(error) = self.start(vcpu) {
            self.console.log(format_args!("{name}: {error}"));
            return self.end(vcpu);
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
                self.note.outcome = Outcome::Undefined;
                inject::undefined(self.frame, vcpu);
                Next::Resume
            }
            _ => {
                let name = self.config.name;
                self.console.log(format_args!("{name}: stopped by a fault of label {label}"));
                self.end(vcpu)
            }
        }
    }
}

#[cfg(test)]
mod tests;
