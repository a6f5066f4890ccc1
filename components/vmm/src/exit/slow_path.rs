// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any exit: each kind by its handler, then the commit, then the reply.

use super::{Exit, Handler, Next, ReplyContext, inject};
use crate::console::Serial;
use crate::device::gic::{PHYSICAL_TIMER, VIRTUAL_TIMER};
use crate::trace::{Note, Outcome, Record};
use crate::vcpu::{FaultContext, KernelVcpu, PowerState};
use crate::vm::Vm;
use sel4_abi::fault::FaultLabel;

impl<S: Serial> Vm<'_, S> {
    /// Answer an exit. With the reply's words, if there are any, a reply finishes the exit; without, nothing is left to
    /// do.
    ///
    /// `number` is the kernel's for the fault; without one, a VMM that is started again cannot tell which exit it was in.
    #[inline]
    pub fn exit(
        &mut self,
        exit: Exit,
        context: Option<FaultContext>,
        number: Option<u32>,
        kernel: &mut impl KernelVcpu,
    ) -> (Next, Option<ReplyContext>) {
        self.handler(kernel).exit(exit, context, number)
    }
}

/// Ticks since then, as a record keeps them.
fn since(ticks: u64, kernel: &impl KernelVcpu) -> u16 {
    kernel.ticks().wrapping_sub(ticks).min(u16::MAX.into()) as u16
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    #[inline]
    pub(crate) fn exit(
        &mut self,
        exit: Exit,
        context: Option<FaultContext>,
        number: Option<u32>,
    ) -> (Next, Option<ReplyContext>) {
        let ticks = if self.platform.is_recorded() { self.kernel.ticks() } else { 0 };
        self.vcpu.registers.open(context);
        self.vcpu.exit_number = number;
        if self.vcpu.power.is_parked() {
            // Its timer has ended the wait.
            self.vcpu.power.change().enter(PowerState::Running);
            if self.was_to_start() {
                return self.exit_to_start();
            }
        }
        self.poll_physical_timer();
        let next = self.dispatch(exit);
        let next = self.held_by_debugger(next);
        self.wake_others();
        let is_reply = next.is_reply(self.kernel);
        if self.platform.journal.is_changed() || self.vcpu.registers.writes_back(is_reply) {
            self.commit(next);
        }
        let reply = self.vcpu.registers.close(is_reply, self.kernel);
        self.platform.publish();
        self.tell_others();
        self.keep_alarm();
        self.record(exit, context, next, ticks);
        (next, reply)
    }

    /// The wait of a reset is over, or nearly.
    #[cold]
    fn exit_to_start(&mut self) -> (Next, Option<ReplyContext>) {
        let next = self.start_anew();
        self.commit(next);
        self.platform.publish();
        self.tell_others();
        (next, None)
    }

    #[inline(always)]
    fn dispatch(&mut self, exit: Exit) -> Next {
        match exit {
            Exit::Memory { ipa, fetch, esr } => self.memory(ipa, fetch, esr),
            Exit::Vcpu { esr } => self.trap(esr),
            Exit::Maintenance { index } => self.maintenance(index),
            Exit::VirtualPpi { intid } => self.virtual_ppi(intid),
            Exit::UnknownSyscall => self.untold_hypercall(),
            Exit::Other { label } => self.other_fault(label),
        }
    }

    /// For the trace, if there is one.
    #[inline(always)]
    fn record(&mut self, exit: Exit, context: Option<FaultContext>, next: Next, ticks: u64) {
        let Some(trace) = &self.platform.trace else { return };
        let (cause, esr) = exit.cause();
        let value = self.vcpu.note.value.unwrap_or_else(|| exit.value(context));
        let pc = context.map_or(0, |context| context.pc);
        let (outcome, duration) = (next.outcome(self.vcpu.note.outcome) as u8, since(ticks, self.kernel));
        trace.add(&Record { ticks, pc, value, esr, cause: cause.0, outcome, duration });
        self.vcpu.note = Note::NONE;
    }

    fn maintenance(&mut self, index: u64) -> Next {
        let gic = &mut self.platform.bus.gic;
        gic.maintenance(index, self.kernel);
        gic.deliver(self.kernel);
        Next::Resume
    }

    fn virtual_ppi(&mut self, intid: u64) -> Next {
        if intid == u64::from(VIRTUAL_TIMER) {
            let gic = &mut self.platform.bus.gic;
            gic.timer_event(self.kernel);
            gic.deliver(self.kernel);
        } else if intid == u64::from(PHYSICAL_TIMER) {
            return self.alarm();
        }
        Next::Resume
    }

    /// Faults that only another kernel makes of what a guest does.
    fn other_fault(&mut self, label: u64) -> Next {
        match FaultLabel::from_label(label) {
            Some(FaultLabel::Timeout) => Next::Resume,
            // An HVC whose x7 happens to be a system call's number.
            Some(FaultLabel::CapFault) => self.untold_hypercall(),
            Some(FaultLabel::UserException) => self.undefined(),
            _ => {
                let name = self.platform.config.name;
                self.platform.info(format_args!("{name}: stopped by a fault of label {label}"));
                self.end()
            }
        }
    }

    /// The guest gets an undefined instruction in place of what it tried.
    pub(super) fn undefined(&mut self) -> Next {
        self.vcpu.note.outcome = Outcome::Undefined;
        inject::undefined(self.vcpu.registers, self.kernel);
        Next::Resume
    }
}
