// SPDX-License-Identifier: MIT OR Apache-2.0
//! Going on where a VMM was that is no more.

use crate::boot::BootError;
use crate::console::Serial;
use crate::exit::{Exit, number};
use crate::frame::Given;
use crate::power::Phase;
use crate::short::Answer;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};

/// What the vCPU's thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits<'m> {
    /// It is stopped.
    Stopped,
    /// It runs, or its message is still to come.
    Elsewhere,
    /// For the answer to this message.
    ForAnswer(Message<'m>),
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
    /// waits for its answer, if one does.
    pub fn recover(&mut self, waits: Waits<'_>, vcpu: &mut impl Vcpu) -> Result<(Next, Option<Answer>), BootError> {
        // It may have been about to say so.
        self.console.publish_again();
        let result = match self.power.phase() {
            Phase::ToStart => {
                self.start(vcpu)?;
                (Next::Stay, None)
            }
            Phase::Off => {
                vcpu.stop();
                (Next::Stay, None)
            }
            Phase::On => self.go_on(waits, vcpu),
        };
        // So may the serial driver.
        self.notified(vcpu);
        Ok(result)
    }

    fn go_on(&mut self, waits: Waits<'_>, vcpu: &mut impl Vcpu) -> (Next, Option<Answer>) {
        match waits {
            Waits::ForAnswer(message) => self.exit_again(message, false, vcpu),
            Waits::Lost(message) => match self.exit_again(message, true, vcpu) {
                (Next::Resume, _) => {
                    vcpu.restart();
                    (Next::Stay, None)
                }
                done => done,
            },
            Waits::Stopped if !self.power.is_parked() => {
                vcpu.restart();
                (Next::Stay, None)
            }
            Waits::Stopped | Waits::Elsewhere => (Next::Stay, None),
        }
    }

    /// An exit once more, or what is left of it.
    fn exit_again(&mut self, message: Message<'_>, lost: bool, vcpu: &mut impl Vcpu) -> (Next, Option<Answer>) {
        let Message { label, words } = message;
        let number = number(label, words);
        match number.and_then(|number| self.journal.answer(number)) {
            None => {
                let given = Given::from_message(label, words).filter(|_| !lost);
                self.exit(Exit::from_message(label, words), given, number, vcpu)
            }
            Some(decided) => {
                self.number = number;
                if lost {
                    self.frame.answers_no_more();
                }
                self.answer_again(decided, vcpu)
            }
        }
    }

    /// The exit is committed; what its end does can be done again.
    fn answer_again(&mut self, decided: Next, vcpu: &mut impl Vcpu) -> (Next, Option<Answer>) {
        let answer = self.frame.close(decided == Next::Resume, vcpu);
        let next = match decided {
            Next::Wait => {
                let next = self.wait(vcpu);
                self.commit(next);
                next
            }
            // A reset: the guest is loaded.
            Next::Stay => {
                vcpu.restart();
                Next::Stay
            }
            Next::Resume => Next::Resume,
        };
        self.console.publish();
        (next, answer)
    }
}

#[cfg(test)]
mod tests;
