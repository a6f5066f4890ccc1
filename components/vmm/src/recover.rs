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
    ForAnswer {
        /// Label.
        label: u64,
        /// Words.
        words: &'m [u64],
    },
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
            Phase::Off => (Next::Stay, None),
            Phase::On => self.go_on(waits, vcpu),
        };
        // So may the serial driver.
        self.notified(vcpu);
        Ok(result)
    }

    fn go_on(&mut self, waits: Waits<'_>, vcpu: &mut impl Vcpu) -> (Next, Option<Answer>) {
        let (label, words) = match waits {
            Waits::ForAnswer { label, words } => (label, words),
            Waits::Stopped if !self.power.is_parked() => {
                vcpu.restart();
                return (Next::Stay, None);
            }
            Waits::Stopped | Waits::Elsewhere => return (Next::Stay, None),
        };
        let number = number(label, words);
        match number.and_then(|number| self.journal.answer(number)) {
            None => self.exit(Exit::from_message(label, words), Given::from_message(label, words), number, vcpu),
            Some(decided) => {
                self.number = number;
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
