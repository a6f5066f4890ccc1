// SPDX-License-Identifier: MIT OR Apache-2.0
//! Resumes a VM after its VMM was restarted.

use crate::boot::BootError;
use crate::console::Serial;
use crate::exit::{Exit, Handler, Next, ReplyContext, number};
use crate::vcpu::{FaultContext, KernelVcpu};
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
        // The VMM before this one may have been about to publish it.
        self.platform.console.publish_again();
        let result = match self.platform.phase.get() {
            Phase::ToStart => {
                self.start(kernel)?;
                (Next::Stay, None)
            }
            Phase::Off => {
                kernel.stop();
                (Next::Stay, None)
            }
            Phase::On => self.handler(kernel).resume(waits),
        };
        // The serial driver may have signalled to it.
        self.notified(kernel);
        Ok(result)
    }
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    fn resume(&mut self, waits: Waits<'_>) -> (Next, Option<ReplyContext>) {
        match waits {
            Waits::ForReply(message) => self.resume_exit(message, false),
            Waits::Lost(message) => match self.resume_exit(message, true) {
                (Next::Resume, _) => self.restarted(),
                done => done,
            },
            Waits::Stopped if !self.vcpu.power.is_parked() => self.restarted(),
            Waits::Stopped | Waits::Elsewhere => (Next::Stay, None),
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
        let reply = self.vcpu.registers.close(decided == Next::Resume, self.kernel);
        let next = match decided {
            Next::Wait => {
                let next = self.wait();
                self.commit(next);
                next
            }
            // A reset: the guest is loaded.
            Next::Stay => {
                self.kernel.restart();
                Next::Stay
            }
            Next::Resume => Next::Resume,
        };
        self.platform.console.publish();
        (next, reply)
    }
}

#[cfg(test)]
mod tests;
