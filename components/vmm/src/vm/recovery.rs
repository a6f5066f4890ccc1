// SPDX-License-Identifier: MIT OR Apache-2.0
//! Resumes a VM after its VMM was restarted.

use crate::boot::BootError;
use crate::console::Serial;
use crate::exit::{Exit, Handler, Next, ReplyContext, number};
use crate::vcpu::{FaultContext, KernelVcpu, MAX_VCPUS, PowerState, VcpuId};
use crate::vm::{Phase, Vm};
use lazaret_abi::fault_context;

/// What a vCPU's thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// It is stopped.
    Stopped,
    /// It runs, or its message is still to come.
    Elsewhere,
    /// For the reply to this message. That is at most one vCPU: the VMM has one reply object.
    ForReply(Message),
    /// For the answer to this message, which no reply can give any more.
    Lost(Message),
}

impl Waits {
    /// The message of its fault.
    const fn message(&self) -> Option<&Message> {
        match self {
            Self::ForReply(message) | Self::Lost(message) => Some(message),
            Self::Stopped | Self::Elsewhere => None,
        }
    }
}

/// A fault message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    label: u64,
    words: heapless::Vec<u64, { fault_context::ABORT_LENGTH }>,
}

impl Message {
    /// Of this label; words beyond the longest are cut off.
    pub fn new(label: u64, words: &[u64]) -> Self {
        Self { label, words: words.iter().copied().take(fault_context::ABORT_LENGTH).collect() }
    }

    /// The kernel's number for it.
    fn number(&self) -> Option<u32> {
        number(self.label, &self.words)
    }
}

/// What becomes of a vCPU, as [`Vm::exit`] says it.
type Recovered = (Next, Option<ReplyContext>);

/// Nothing is left to do.
const DONE: Recovered = (Next::Stay, None);

impl<S: Serial> Vm<'_, S> {
    /// Take over the state that another VMM left at its last commit. `look`: what the selected vCPU waits for. The result
    /// is as [`Vm::exit`]'s, for the exit that waits for its reply, if one does: that vCPU is selected then.
    pub fn recover<K: KernelVcpu>(
        &mut self,
        look: impl Fn(&mut K) -> Waits,
        kernel: &mut K,
    ) -> Result<Recovered, BootError> {
        self.platform.bus.gic.roll_back(kernel);
        // The VMM before this one may have been about to publish it.
        self.platform.console.publish_again();
        self.platform.bus.publish(&self.platform.backing);
        self.platform.debugger.publish_again();
        let first = self.first_to_recover(&look, kernel);
        let (mut replied, mut result) = (first, DONE);
        let others = VcpuId::first(self.platform.config.vcpus).filter(|id| *id != first);
        for id in core::iter::once(first).chain(others) {
            kernel.select(id);
            // What was done for one may have stopped or started the next.
            let waits = look(kernel);
            let is_reply = matches!(waits, Waits::ForReply(_));
            let mut handler = self.handler(kernel);
            let recovered = handler.recover(waits)?;
            handler.tell_others();
            handler.keep_alarm();
            if is_reply || id == first {
                (replied, result) = (id, recovered);
            }
        }
        kernel.select(replied);
        if result.0 != Next::Wait {
            // The serial driver may have signalled to the VMM before this one. A vCPU that is about to wait has looked.
            self.notified(kernel);
            kernel.select(replied);
        }
        Ok(result)
    }

    /// The vCPU that goes on with a start or a reset, if that was under way: whose reset it is, or who waits until it is
    /// due. Otherwise the order does not matter.
    fn first_to_recover<K: KernelVcpu>(&mut self, look: &impl Fn(&mut K) -> Waits, kernel: &mut K) -> VcpuId {
        if MAX_VCPUS == 1 {
            return VcpuId::BOOT;
        }
        let mut replied = |id: &VcpuId| {
            kernel.select(*id);
            matches!(look(kernel), Waits::ForReply(_))
        };
        let all = || VcpuId::first(self.platform.config.vcpus);
        let waits = |id: &VcpuId| self.vcpus[id.index()].power.is_parked();
        all().find(|id| replied(id)).or_else(|| all().find(waits)).unwrap_or(VcpuId::BOOT)
    }
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// Of one vCPU.
    fn recover(&mut self, waits: Waits) -> Result<Recovered, BootError> {
        Ok(match self.platform.phase.get() {
            Phase::ToStart if self.is_left_to_another() => self.resume_end(&waits),
            Phase::ToStart => self.resume_start(&waits)?,
            Phase::Off => self.resume_end(&waits),
            Phase::On => self.resume(waits),
        })
    }

    /// Another vCPU waits until the start is due.
    fn is_left_to_another(&mut self) -> bool {
        self.others.iter_mut().any(|(_, vcpu)| vcpu.power.is_parked())
    }

    /// The VM was to start, for the first time or in a reset.
    fn resume_start(&mut self, waits: &Waits) -> Result<Recovered, BootError> {
        self.vcpu.exit_number = waits.message().and_then(Message::number);
        match waits {
            Waits::ForReply(_) => return Ok((self.start_anew(), None)),
            Waits::Elsewhere => self.kernel.stop(),
            Waits::Stopped | Waits::Lost(_) => {}
        }
        if self.waits_for_start() {
            self.commit(Next::Stay);
            if self.kernel.wait() {
                return Ok(DONE);
            }
            // Too early, on a kernel that cannot wait.
        }
        match self.start()? {
            (Next::Resume, entry) => self.kernel.start(entry),
            // It only waited for the boot vCPU's start.
            _ => self.kernel.stop(),
        }
        Ok(DONE)
    }

    /// The VM had ended, or this vCPU; it may not know yet.
    fn resume_end(&mut self, waits: &Waits) -> Recovered {
        if matches!(waits, Waits::ForReply(_)) && self.kernel.stops_by_reply() {
            return (Next::Stop, None);
        }
        self.kernel.stop();
        DONE
    }

    fn resume(&mut self, waits: Waits) -> Recovered {
        match waits {
            _ if self.vcpu.power.state() == PowerState::Off => self.resume_end(&waits),
            Waits::ForReply(message) => self.resume_exit(message, false),
            Waits::Lost(message) => {
                let (next, _) = self.resume_exit(message, true);
                self.carry_out(next)
            }
            // It stands still for its debugger.
            Waits::Stopped if self.platform.debugger.is_stopped() => DONE,
            Waits::Stopped if !self.vcpu.power.is_parked() => self.restarted(),
            Waits::Stopped => {
                // The VMM before this one may have held it.
                self.kernel.wait();
                DONE
            }
            Waits::Elsewhere => DONE,
        }
    }

    /// What a reply would have said.
    fn carry_out(&mut self, next: Next) -> Recovered {
        match next {
            Next::Resume => self.restarted(),
            Next::Stop => {
                self.kernel.stop();
                DONE
            }
            Next::Wait if self.kernel.wait() => DONE,
            // Too early for its WFI, as hardware may be.
            Next::Wait => {
                self.vcpu.power.change().enter(PowerState::Running);
                self.commit(Next::Stay);
                self.restarted()
            }
            Next::Stay => DONE,
        }
    }

    fn restarted(&mut self) -> Recovered {
        self.kernel.restart();
        DONE
    }

    /// An exit once more, or what is left of it.
    fn resume_exit(&mut self, message: Message, lost: bool) -> Recovered {
        let number = message.number();
        let Message { label, words } = message;
        match number.and_then(|number| self.vcpu.exits.committed(number, self.platform.journal)) {
            None => {
                let context = FaultContext::from_message(label, &words).filter(|_| !lost);
                self.exit(Exit::from_message(label, &words), context, number)
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
    fn finish(&mut self, decided: Next) -> Recovered {
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
