// SPDX-License-Identifier: MIT OR Apache-2.0
//! What comes in through the input capability.

use core::fmt;

use microkit_abi::{CALL_BADGE, CHANNEL_MASK, CHILD_MASK, FAULT_BADGE, slot};

use crate::{Channel, Child, MessageInfo, defer::PreparedDeferredAction};

const INPUT: sel4::cap::Endpoint = sel4::Cap::from_bits(slot::INPUT as sel4::CPtrBits);
const REPLY: sel4::cap::Reply = sel4::Cap::from_bits(slot::REPLY as sel4::CPtrBits);
const MONITOR: sel4::cap::Endpoint = sel4::Cap::from_bits(slot::MONITOR_ENDPOINT as sel4::CPtrBits);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Notified(ChannelSet),
    Protected(Channel, MessageInfo),
    Fault(Child, MessageInfo),
}

/// A message before anybody has looked at it.
pub(crate) type Received = (sel4::MessageInfo, sel4::Badge);

impl Event {
    #[inline(always)]
    pub(crate) fn new((tag, badge): Received) -> Self {
        let message = MessageInfo::from_inner(tag);
        if badge & FAULT_BADGE != 0 {
            Self::Fault(Child::new((badge & CHILD_MASK) as usize), message)
        } else if badge & CALL_BADGE != 0 {
            Self::Protected(Channel::new((badge & CHANNEL_MASK) as usize), message)
        } else {
            Self::Notified(ChannelSet(badge))
        }
    }
}

/// Channels that signalled.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelSet(sel4::Badge);

impl ChannelSet {
    /// Whether this one did.
    pub fn contains(&self, channel: Channel) -> bool {
        self.0 & (1 << channel.index()) != 0
    }

    /// All that did.
    pub fn iter(&self) -> ChannelSetIter {
        ChannelSetIter(self.0)
    }

    /// For messages.
    pub fn display(&self) -> DisplayChannelSet<'_> {
        DisplayChannelSet(self)
    }
}

/// Iterates over a [`ChannelSet`].
pub struct ChannelSetIter(sel4::Badge);

impl Iterator for ChannelSetIter {
    type Item = Channel;

    fn next(&mut self) -> Option<Channel> {
        if self.0 == 0 {
            return None;
        }
        let index = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(Channel::new(index as usize))
    }
}

/// Prints a [`ChannelSet`].
pub struct DisplayChannelSet<'a>(&'a ChannelSet);

impl fmt::Display for DisplayChannelSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|channel| channel.index())).finish()
    }
}

/// Answers the protected call or fault being handled, without receiving the next.
pub fn reply(msg_info: MessageInfo) {
    REPLY.send(msg_info.into_inner())
}

pub(crate) fn recv() -> Received {
    INPUT.recv(REPLY)
}

/// What has come, if anything has: it has a badge.
pub(crate) fn poll() -> Option<Received> {
    Some(INPUT.nb_recv(REPLY)).filter(|(_, badge)| *badge != 0)
}

pub(crate) fn reply_recv(msg_info: MessageInfo) -> Received {
    INPUT.reply_recv(msg_info.into_inner(), REPLY)
}

pub(crate) fn nb_send_recv(action: PreparedDeferredAction) -> Received {
    action.cap.nb_send_recv(action.info, INPUT, REPLY)
}

pub(crate) fn send(action: PreparedDeferredAction) {
    action.cap.send(action.info)
}

/// Tells the monitor that a passive PD can do without its scheduling context.
pub(crate) fn forfeit_sc() -> PreparedDeferredAction {
    PreparedDeferredAction { cap: MONITOR.upcast(), info: sel4::MessageInfoBuilder::default().build() }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{Channel, ChannelSet, Child, Event, MessageInfo};

    fn event(badge: u64) -> Event {
        Event::new((sel4::MessageInfo::new(8, 0, 0, 1), badge))
    }

    #[test]
    fn badges_tell_what_happened() {
        let message = MessageInfo::new(8, 1);
        assert_eq!(event(1 << 62), Event::Fault(Child::new(0), message));
        assert_eq!(event(1 << 62 | 3), Event::Fault(Child::new(3), message));
        assert_eq!(event(1 << 63 | 61), Event::Protected(Channel::new(61), message));
        assert_eq!(event(0b101), Event::Notified(ChannelSet(0b101)));
    }

    #[test]
    fn sets_iterate_and_print() {
        let set = ChannelSet(0b1000_0101);
        let indices: std::vec::Vec<_> = set.iter().map(|channel| channel.index()).collect();
        assert_eq!(indices, [0, 2, 7]);
        assert!(set.contains(Channel::new(2)) && !set.contains(Channel::new(1)));
        assert_eq!(std::format!("{}", set.display()), "{0, 2, 7}");
    }
}
