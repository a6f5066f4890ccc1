// SPDX-License-Identifier: MIT OR Apache-2.0
//! Resumes a VM after its VMM was restarted.

use crate::boot::BootError;
use crate::console::Serial;
use crate::exit::{Exit, Handler, Next, ReplyContext, number};
use crate::vcpu::{FaultContext, KernelVcpu, PowerState};
use crate::vm::{Phase, Vm};

/// What the vCPU's thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits<'m> {
    /// It is stopped.
    Stopped,
    /// It runs, or its message is still to come.
    Elsewhere,
    /// For the reply to this message.
    ForReply(Message<'m>),
    /// For the answer to this message, which no reply can give any more.
    Lost(Message<'m>),
}

impl<'m> Waits<'m> {
    /// The message of its fault.
    const fn message(self) -> Option<Message<'m>> {
        match self {
            Self::ForReply(message) | Self::Lost(message) => Some(message),
            Self::Stopped | Self::Elsewhere => None,
        }
    }
}

/// A fault message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'m> {
    /// Label.
    pub label: u64,
    /// Words.
    pub words: &'m [u64],
}

impl<S: Serial> Vm<'_, S> {
    /// Take over the state that another VMM left at its last commit. The result is as [`Vm::exit`]'s, for the exit that
    /// waits for its reply, if one does.
    pub fn recover(
        &mut self,
        waits: Waits<'_>,
        kernel: &mut impl KernelVcpu,
    ) -> Result<(Next, Option<ReplyContext>), BootError> {
        self.platform.bus.gic.roll_back(kernel);
        // The VMM before this one may have been about to publish it.
        self.platform.console.publish_again();
        self.platform.bus.publish(&self.platform.backing);
        let result = match self.platform.phase.get() {
            Phase::ToStart => self.handler(kernel).resume_start(waits)?,
            Phase::Off => (self.handler(kernel).resume_end(waits), None),
            Phase::On => self.handler(kernel).resume(waits),
        };
        if result.0 != Next::Wait {
            // The serial driver may have signalled to the VMM before this one. A vCPU that is about to wait has looked.
            self.notified(kernel);
        }
        self.handler(kernel).keep_alarm();
        Ok(result)
    }
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// The VM was to start, for the first time or in a reset.
    fn resume_start(&mut self, waits: Waits<'_>) -> Result<(Next, Option<ReplyContext>), BootError> {
        self.vcpu.exit_number = waits.message().and_then(|message| number(message.label, message.words));
        match waits {
            Waits::ForReply(_) => return Ok((self.start_anew(), None)),
            Waits::Elsewhere => self.kernel.stop(),
            Waits::Stopped | Waits::Lost(_) => {}
        }
        if self.waits_for_start() {
            self.commit(Next::Stay);
            if self.kernel.wait() {
                return Ok((Next::Stay, None));
            }
            // Too early, on a kernel that cannot wait.
        }
        let entry = self.start()?;
        self.kernel.start(entry);
        Ok((Next::Stay, None))
    }

    /// The VM had ended; its vCPU may not know yet.
    fn resume_end(&mut self, waits: Waits<'_>) -> Next {
        if matches!(waits, Waits::ForReply(_)) && self.kernel.stops_by_reply() {
            return Next::Stop;
        }
        self.kernel.stop();
        Next::Stay
    }

    fn resume(&mut self, waits: Waits<'_>) -> (Next, Option<ReplyContext>) {
        match waits {
            Waits::ForReply(message) => self.resume_exit(message, false),
            Waits::Lost(message) => {
                let (next, _) = self.resume_exit(message, true);
                self.carry_out(next)
            }
            Waits::Stopped if !self.vcpu.power.is_parked() => self.restarted(),
            Waits::Stopped => {
                // The VMM before this one may have held it.
                self.kernel.wait();
                (Next::Stay, None)
            }
            Waits::Elsewhere => (Next::Stay, None),
        }
    }

    /// What a reply would have said.
    fn carry_out(&mut self, next: Next) -> (Next, Option<ReplyContext>) {
        match next {
            Next::Resume => self.restarted(),
            Next::Stop => {
                self.kernel.stop();
                (Next::Stay, None)
            }
            Next::Wait if self.kernel.wait() => (Next::Stay, None),
            // Too early for its WFI, as hardware may be.
            Next::Wait => {
                self.vcpu.power.change().enter(PowerState::Running);
                self.commit(Next::Stay);
                self.restarted()
            }
            Next::Stay => (Next::Stay, None),
        }
    }

    fn restarted(&mut self) -> (Next, Option<ReplyContext>) {
        self.kernel.restart();
        (Next::Stay, None)
    }

    /// An exit once more, or what is left of it.
    fn resume_exit(&mut self, message: Message<'_>, lost: bool) -> (Next, Option<ReplyContext>) {
        let Message { label, words } = message;
        let number = number(label, words);
        match number.and_then(|number| self.vcpu.exits.committed(number, self.platform.journal)) {
            None => {
                let context = FaultContext::from_message(label, words).filter(|_| !lost);
                self.exit(Exit::from_message(label, words), context, number)
            }
            Some(decided) => {
                self.vcpu.exit_number = number;
                if lost {
                    self.vcpu.registers.expect_no_reply();
                }
                self.finish(decided)
            }
        }
    }

    /// The exit is committed; what its end does can be done again.
    fn finish(&mut self, decided: Next) -> (Next, Option<ReplyContext>) {
        let reply = self.vcpu.registers.close(decided.is_reply(self.kernel), self.kernel);
        let next = match decided {
            Next::Wait => {
                let next = self.wait();
                // Not as the exit's: that is committed, and must not be done again.
                self.commit(Next::Stay);
                next
            }
            decided => decided,
        };
        self.platform.publish();
        (next, reply)
    }
}

#[cfg(test)]
mod tests;
