// SPDX-License-Identifier: MIT OR Apache-2.0
//! The remote serial protocol, by the crate `gdbstub`. A stub is made for each packet and forgets everything after it: what
//! has to last is the session's, so a VMM that dies between two packets is not missed, and one that dies in a packet does
//! it again.

mod architecture;
mod monitor;
mod registers;
mod system;
mod target;

use super::line::{LONGEST, Line, Writer};
use crate::console::Serial;
use crate::exit::Handler;
use crate::vcpu::KernelVcpu;
use core::convert::Infallible;
use gdbstub::conn::Connection;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{BaseStopReason, DisconnectReason, GdbStubBuilder, GdbStubError};
use target::Target;

/// What becomes of the guest after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stays as it is.
    Stays,
    /// It goes on; with `steps` for one instruction.
    Resumes {
        /// One instruction.
        steps: bool,
    },
    /// gdb lets go of it.
    Detaches,
    /// gdb kills it: it starts anew, without a debugger.
    Kills,
}

/// What gdb gets where there is nothing to debug. `E01` is any error.
const REFUSAL: &[u8] = b"+$E01#a6";
/// What asks gdb for the same packet once more.
const AGAIN: u8 = b'-';
/// A packet that lets the guest go on: a fresh stub reports a stop only to a gdb that waits for one.
const CONTINUE: &[u8] = b"$vCont;c#a8";

/// A stub's states.
type Machine<'s, 'w, 'h, 'a, S, K> = GdbStubStateMachine<'s, Target<'h, 'a, S, K>, Speech<'w, S>>;

/// The writer, which can be made to say nothing.
struct Speech<'w, S> {
    writer: Writer<'w, S>,
    is_mute: bool,
}

impl<S: Serial> Connection for Speech<'_, S> {
    type Error = Infallible;

    fn write(&mut self, byte: u8) -> Result<(), Infallible> {
        if self.is_mute { Ok(()) } else { self.writer.write(byte) }
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// Answers the packet of so many bytes that comes next.
    pub(super) fn answer_packet(&mut self, length: u32) -> Outcome {
        let taken = self.platform.debugger.session.taken;
        let mut bytes = heapless::Vec::<u8, { LONGEST + 3 }>::new();
        bytes.extend((0..length).filter_map(|at| self.platform.debugger.line.byte(taken, at)));
        self.open_registers();
        let written = self.platform.debugger.session.written;
        let outcome = self.with_line(|target, speech| answer(&bytes, target, speech));
        if outcome.is_none() && self.platform.debugger.session.written == written {
            self.with_line(|_, mut speech| _ = speech.write(AGAIN));
        }
        outcome.unwrap_or(Outcome::Stays)
    }

    /// Tells gdb, which waits for it, why the guest has stopped.
    pub(super) fn report_to_debugger(&mut self, reason: BaseStopReason<(), u64>) {
        self.with_line(|target, mut speech| {
            speech.is_mute = true;
            let mut buffer = [0; LONGEST];
            let Some(Ok(mut machine)) = begin(speech, &mut buffer, target) else { return };
            for &byte in CONTINUE {
                machine = match feed(machine, byte, target) {
                    Ok(machine) => machine,
                    Err(_) => return,
                };
            }
            if let GdbStubStateMachine::Running(mut waiting) = machine {
                waiting.borrow_conn().is_mute = false;
                let _ = waiting.report_stop(target, reason);
            }
        });
    }

    /// gdb gets an error.
    pub(super) fn refuse_debugger(&mut self) {
        self.with_line(|_, mut speech| _ = speech.write_all(REFUSAL));
    }

    /// With this vCPU as what is debugged, and the line to answer on.
    fn with_line<R>(&mut self, speak: impl FnOnce(&mut Target<'_, '_, S, K>, Speech<'_, S>) -> R) -> R {
        let mut line = core::mem::replace(&mut self.platform.debugger.line, Line::none());
        let mut written = self.platform.debugger.session.written;
        let speech = Speech { writer: line.writer(&mut written), is_mute: false };
        let result = speak(&mut Target::new(self.reborrow()), speech);
        self.platform.debugger.line = line;
        if written != self.platform.debugger.session.written {
            self.platform.debugger.session.change().written = written;
        }
        result
    }
}

/// What went wrong in a stub.
type Failure = GdbStubError<Infallible, Infallible>;

fn begin<'s, 'w, 'h, 'a, S: Serial, K: KernelVcpu>(
    speech: Speech<'w, S>,
    buffer: &'s mut [u8],
    target: &mut Target<'h, 'a, S, K>,
) -> Option<Result<Machine<'s, 'w, 'h, 'a, S, K>, Failure>> {
    let stub = GdbStubBuilder::new(speech).with_packet_buffer(buffer).build().ok()?;
    Some(stub.run_state_machine(target))
}

fn feed<'s, 'w, 'h, 'a, S: Serial, K: KernelVcpu>(
    machine: Machine<'s, 'w, 'h, 'a, S, K>,
    byte: u8,
    target: &mut Target<'h, 'a, S, K>,
) -> Result<Machine<'s, 'w, 'h, 'a, S, K>, Failure> {
    match machine {
        GdbStubStateMachine::Idle(idle) => idle.incoming_data(target, byte),
        GdbStubStateMachine::Running(running) => running.incoming_data(target, byte),
        other => Ok(other),
    }
}

/// `None`: the packet breaks the protocol, and has changed nothing.
fn answer<S: Serial, K: KernelVcpu>(
    bytes: &[u8],
    target: &mut Target<'_, '_, S, K>,
    speech: Speech<'_, S>,
) -> Option<Outcome> {
    let mut buffer = [0; LONGEST];
    let mut machine = begin(speech, &mut buffer, target)?.ok()?;
    for &byte in bytes {
        machine = feed(machine, byte, target).ok()?;
    }
    Some(match machine {
        GdbStubStateMachine::Running(_) => Outcome::Resumes { steps: target.steps },
        GdbStubStateMachine::Disconnected(gone) => match gone.get_reason() {
            DisconnectReason::Kill => Outcome::Kills,
            _ => Outcome::Detaches,
        },
        _ => Outcome::Stays,
    })
}
