// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest stands still for its debugger, and goes on.

use super::line::Message;
use super::matching::Moment;
use super::merge::Excluded;
use super::stub::Outcome;
use crate::console::Serial;
use crate::exit::{Handler, Next};
use crate::vcpu::{KernelVcpu, PC, PowerState, SPSR, VcpuReg};
use crate::vm::Phase;
use arm_syndrome::Spsr;
use gdbstub::common::Signal;
use gdbstub::stub::BaseStopReason;

/// Words of the user context from PC to SPSR.
const LEAST: usize = 3;
const _: () = assert!(PC < LEAST && SPSR < LEAST);

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// Answers all that gdb has sent. No exit is being handled.
    pub(crate) fn serve_debugger(&mut self) {
        while let Some(message) = self.platform.debugger.line.next(self.platform.debugger.session.taken) {
            let (length, outcome) = match message {
                Message::Noise(length) => (length, Outcome::Stays),
                Message::Break => (1, self.interrupt()),
                Message::Packet(length) => (length, self.packet(length)),
            };
            self.conclude(length, outcome);
        }
    }

    /// What a message has done stands from here on; and then the vCPU hears of it.
    fn conclude(&mut self, length: u32, outcome: Outcome) {
        match outcome {
            Outcome::Stays => {}
            Outcome::Resumes { steps } => self.prepare_to_go_on(steps),
            Outcome::Detaches | Outcome::Kills => self.end_session(),
        }
        let session = self.platform.debugger.session.change();
        session.taken = session.taken.wrapping_add(length);
        self.platform.debugger.line.note_taken();
        if outcome == Outcome::Kills {
            // What it commits has the packet in it: a successor goes on with one or the other.
            let next = self.reset();
            self.platform.publish();
            return self.go_on(next);
        }
        self.commit(Next::Stay);
        self.platform.publish();
        match outcome {
            Outcome::Stays | Outcome::Kills => {}
            _ if self.vcpu.power.is_parked() => self.go_on(Next::Wait),
            _ => self.go_on(Next::Resume),
        }
    }

    /// One that was refused has changed nothing of the guest's.
    fn end_session(&mut self) {
        if self.platform.debugger.is_attached() {
            self.hide_step();
            self.detach_debugger();
        } else {
            self.platform.debugger.session.change().end();
        }
    }

    fn go_on(&mut self, next: Next) {
        match next {
            Next::Resume => self.kernel.restart(),
            Next::Wait => _ = self.kernel.wait(),
            Next::Stop | Next::Stay => {}
        }
    }

    /// Ctrl-C.
    fn interrupt(&mut self) -> Outcome {
        let debugger = &self.platform.debugger;
        if debugger.is_attached() && !debugger.is_stopped() {
            self.halt();
            self.report_to_debugger(BaseStopReason::Signal(Signal::SIGINT));
        }
        Outcome::Stays
    }

    /// A packet; the first one attaches, and one that comes while the guest runs is of a new gdb.
    fn packet(&mut self, length: u32) -> Outcome {
        if self.platform.phase.get() != Phase::On {
            self.refuse_debugger();
            return Outcome::Stays;
        }
        if !self.platform.debugger.is_stopped() {
            self.halt();
        }
        if !self.platform.debugger.is_attached() {
            if !self.attach_debugger() {
                self.refuse_debugger();
                return Outcome::Detaches;
            }
            // What is loaded from here on is not the guest's alone.
            self.commit(Next::Stay);
        }
        self.answer_packet(length)
    }

    /// The vCPU does not run, whatever it did. If it has a fault that the VMM has not taken yet, that is handled as any
    /// other, and then it stops.
    fn halt(&mut self) {
        let cpu = self.kernel.id().index();
        self.kernel.hold(cpu);
        self.kernel.let_go(PowerState::Off);
        let session = self.platform.debugger.session.change();
        session.set_stopped(true);
        session.set_stepping(false);
    }

    /// An exit of a vCPU that stands still leaves it so.
    #[inline(always)]
    pub(crate) fn held_by_debugger(&self, next: Next) -> Next {
        match next {
            Next::Resume | Next::Wait if self.platform.debugger.is_stopped() => Next::Stop,
            next => next,
        }
    }

    /// The guest where it is.
    pub(super) fn moment(&mut self) -> Moment {
        let (pc, spsr) = self.pc_and_spsr();
        let context = self.kernel.read_system_register(VcpuReg::Cidr) as u32;
        Moment { pc, spsr, context, is_locked: self.is_locked() }
    }

    /// Of a stopped vCPU, outside its exits.
    fn pc_and_spsr(&mut self) -> (u64, Spsr) {
        let registers = &mut *self.vcpu.registers;
        (registers.pc(self.kernel), Spsr(registers.spsr(self.kernel)))
    }

    /// The registers' copy is of no exit: what is read is read from the kernel.
    pub(super) fn open_registers(&mut self) {
        self.vcpu.registers.open(None);
        self.vcpu.exit_number = None;
    }

    /// The next instruction, or all that follow. Where the debugger stopped the guest at a point that is still set, the
    /// instruction is stepped over without it: what the guest itself has there comes next.
    fn prepare_to_go_on(&mut self, steps: bool) {
        self.open_registers();
        let moment = self.moment();
        let session = self.platform.debugger.session.change();
        let is_at_hit = session.hit_at == moment.pc;
        session.exclude(if is_at_hit { session.hit } else { 0 });
        session.hit = 0;
        session.set_stopped(false);
        session.set_stepping(steps);
        let spsr = self.stepping_state(moment);
        self.write_spsr(spsr);
        self.load_merged();
    }

    /// PSTATE with SS as it has to be for the steps that are wanted, and what is known of the step that begins.
    ///
    /// The hardware steps for EL2, so it steps at EL1 as well where the guest would not: there the VMM goes on, instruction
    /// by instruction, until the guest is where it wants to be stepped.
    pub(super) fn stepping_state(&mut self, moment: Moment) -> u64 {
        let Moment { pc, spsr: Spsr(spsr), is_locked, .. } = moment;
        let session = self.platform.debugger.session.change();
        let guest_steps = session.guest.steps() && !is_locked;
        let takes = moment.takes(&session.guest);
        session.origin = pc;
        session.set_forced(guest_steps && !takes);
        if guest_steps && takes {
            // With SS = 0 its own step exception is due, before anything else.
            return spsr;
        }
        let steps = guest_steps || session.steps_unseen();
        spsr & !Spsr::SS | if steps { Spsr::SS } else { 0 }
    }

    /// Nothing of the debugger's steps stays in the guest's state.
    fn hide_step(&mut self) {
        self.open_registers();
        let moment = self.moment();
        if !self.platform.debugger.session.guest.steps() {
            self.write_spsr(moment.spsr.0 & !Spsr::SS);
        }
    }

    fn write_spsr(&mut self, spsr: u64) {
        let mut words = [0; LEAST];
        self.kernel.read_registers(&mut words);
        if words[SPSR] != spsr {
            words[SPSR] = spsr;
            self.kernel.write_registers(&words);
        }
    }

    /// The guest stops at an exception, and gdb hears why.
    pub(super) fn stop_for_debugger(&mut self, hit: u64, reason: BaseStopReason<(), u64>) -> Next {
        let (pc, _) = self.pc_and_spsr();
        let session = self.platform.debugger.session.change();
        session.set_stopped(true);
        session.set_stepping(false);
        session.exclude(Excluded::NONE.0);
        (session.hit, session.hit_at) = (hit, pc);
        self.report_to_debugger(reason);
        Next::Stop
    }
}
