// SPDX-License-Identifier: MIT OR Apache-2.0
//! The main loop.

pub use core::convert::Infallible;
use core::fmt;

use crate::{
    Channel, ChannelSet, Child, MessageInfo,
    defer::{DeferredAction, PreparedDeferredAction},
    ipc::{self, Event, Received},
    pd_is_passive, symbols,
};

/// What a protection domain does when something happens.
pub trait Handler {
    /// Ends the protection domain.
    type Error: fmt::Display;

    /// Channels signalled. Corresponds to libmicrokit's `notified`, for all of them at once.
    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        panic!("unexpected notification from channels {}", channels.display())
    }

    /// A protected call; the result is the answer. Corresponds to libmicrokit's `protected`.
    fn protected(&mut self, channel: Channel, msg_info: MessageInfo) -> Result<MessageInfo, Self::Error> {
        panic!("unexpected protected procedure call from {channel:?} with {msg_info:?}")
    }

    /// A fault of a child or vCPU; `Some` is the answer that lets it go on. Corresponds to libmicrokit's `fault`.
    fn fault(&mut self, child: Child, msg_info: MessageInfo) -> Result<Option<MessageInfo>, Self::Error> {
        panic!("unexpected fault from {child:?} with {msg_info:?}")
    }

    /// A signal to send along with the next receive.
    fn take_deferred_action(&mut self) -> Option<DeferredAction> {
        None
    }

    /// Handles what has come already, before a passive PD gives its scheduling context up.
    ///
    /// The monitor takes it when the PD waits, and cannot tell whether something woke the PD in that moment: it would stay
    /// ready, and never run. So nothing may be there. Its whole budget is before it then, and on one core nobody of a lower
    /// priority gets in between.
    #[doc(hidden)]
    #[cold]
    #[inline(never)]
    fn settle(&mut self) -> Result<(), Self::Error> {
        sel4::r#yield();
        while let Some(received) = ipc::poll() {
            if let Some(answer) = self.handle(received)? {
                ipc::reply(answer);
            }
        }
        Ok(())
    }

    /// The answer to what has come, if it wants one.
    #[doc(hidden)]
    #[inline(always)]
    fn handle(&mut self, received: Received) -> Result<Option<MessageInfo>, Self::Error> {
        match Event::new(received) {
            Event::Notified(channels) => self.notified(channels).map(|()| None),
            Event::Protected(channel, message) => self.protected(channel, message).map(Some),
            Event::Fault(child, message) => self.fault(child, message),
        }
    }

    #[doc(hidden)]
    fn run(&mut self) -> Result<Never, Self::Error> {
        acknowledge_all_irqs();
        if pd_is_passive() {
            self.settle()?;
        }
        let mut received = receive(None, pd_is_passive().then(ipc::forfeit_sc));
        loop {
            let answer = self.handle(received)?;
            received = receive(answer, self.take_deferred_action().map(DeferredAction::prepare));
        }
    }
}

/// Sends what there is to send, and waits for the next.
#[inline(always)]
fn receive(answer: Option<MessageInfo>, action: Option<PreparedDeferredAction>) -> Received {
    match (answer, action) {
        (Some(message), None) => ipc::reply_recv(message),
        (Some(message), Some(action)) => {
            ipc::send(action);
            ipc::reply_recv(message)
        }
        (None, Some(action)) => ipc::nb_send_recv(action),
        (None, None) => ipc::recv(),
    }
}

/// An interrupt that was pending when its handler was made must be acknowledged once to come again.
fn acknowledge_all_irqs() {
    let mut irqs = symbols::pd_irqs();
    while irqs != 0 {
        let channel = Channel::new(irqs.trailing_zeros() as usize);
        if let Err(error) = channel.irq_ack() {
            panic!("{channel:?}: {error}");
        }
        irqs &= irqs - 1;
    }
}

/// Runs `init`, then the main loop.
#[doc(hidden)]
pub fn run<T: Handler>(init: impl FnOnce() -> T) -> ! {
    match init().run() {
        Ok(never) => match never {},
        Err(error) => panic!("ended: {error}"),
    }
}

/// No value.
#[doc(hidden)]
pub enum Never {}

impl Handler for Never {
    type Error = Infallible;
}

/// A [`Handler`] that expects nothing.
#[derive(Debug)]
pub struct NullHandler(());

impl NullHandler {
    /// The only value.
    #[allow(clippy::new_without_default, reason = "as upstream's")]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Handler for NullHandler {
    type Error = Infallible;
}

#[cfg(test)]
mod tests {
    extern crate std;

    use sel4::fake;
    use sel4::sys::syscall::Syscall;
    use std::vec;

    use super::{Child, Handler, MessageInfo};
    use crate::{Channel, ChannelSet};

    /// Answers until a notification ends it.
    struct Once;

    impl Handler for Once {
        type Error = &'static str;

        fn notified(&mut self, channels: ChannelSet) -> Result<(), &'static str> {
            assert!(channels.contains(Channel::new(0)));
            Err("done")
        }

        fn protected(&mut self, channel: Channel, _: MessageInfo) -> Result<MessageInfo, &'static str> {
            assert_eq!(channel.index(), 5);
            Ok(MessageInfo::new(50, 0))
        }

        fn fault(&mut self, child: Child, msg_info: MessageInfo) -> Result<Option<MessageInfo>, &'static str> {
            assert_eq!(child.index(), 1);
            Ok((msg_info.label() == 6).then(MessageInfo::default))
        }
    }

    #[test]
    fn the_loop_answers_calls_and_faults() {
        fake::take_calls();
        for (badge, label) in [(1 << 63 | 5, 0), (1 << 62 | 1, 6), (1 << 62 | 1, 8), (1, 0)] {
            fake::push_answer(fake::Answer { badge, label, words: vec![] });
        }
        assert_eq!(Once.run().err(), Some("done"));
        let calls: std::vec::Vec<_> = fake::take_calls()
            .into_iter()
            .map(|call| (call.syscall, call.registers.x0, call.registers.x6, call.label))
            .collect();
        assert_eq!(
            calls,
            [
                (Syscall::Recv, 1, 4, 0),
                (Syscall::ReplyRecv, 1, 4, 50),
                (Syscall::ReplyRecv, 1, 4, 0),
                (Syscall::Recv, 1, 4, 0)
            ]
        );
    }

    #[test]
    fn what_came_before_a_passive_domain_waits_is_handled_first() {
        fake::take_calls();
        // Of the yield, a call, a signal, and then there is nothing.
        for (badge, label) in [(0, 0), (1 << 63 | 5, 0), (0, 0), (1, 0)] {
            fake::push_answer(fake::Answer { badge, label, words: vec![] });
        }
        assert_eq!(Once.settle(), Err("done"));
        let syscalls: std::vec::Vec<_> = fake::take_calls().into_iter().map(|call| call.syscall).collect();
        assert_eq!(syscalls, [Syscall::Yield, Syscall::NBRecv, Syscall::Send, Syscall::NBRecv]);
        for badge in [0, 0] {
            fake::push_answer(fake::Answer { badge, label: 0, words: vec![] });
        }
        assert_eq!(Once.settle(), Ok(()));
    }
}
