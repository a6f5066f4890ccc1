// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signals that travel with the next receive in one system call.

use crate::{Channel, IrqAckError};

/// A signal or acknowledgement for later.
#[derive(Debug, Copy, Clone, Eq, PartialEq)]
pub struct DeferredAction {
    channel: Channel,
    interface: DeferredActionInterface,
}

/// What to do with the channel.
#[derive(Debug, Copy, Clone, Eq, PartialEq)]
pub enum DeferredActionInterface {
    /// [`Channel::notify`].
    Notify,
    /// [`Channel::irq_ack`].
    IrqAck,
}

impl DeferredAction {
    /// From its parts.
    pub const fn new(channel: Channel, interface: DeferredActionInterface) -> Self {
        Self { channel, interface }
    }

    /// A signal.
    pub const fn new_notify(channel: Channel) -> Self {
        Self::new(channel, DeferredActionInterface::Notify)
    }

    /// An acknowledgement.
    pub const fn new_irq_ack(channel: Channel) -> Self {
        Self::new(channel, DeferredActionInterface::IrqAck)
    }

    /// Does it.
    pub fn execute_now(self) -> Result<(), IrqAckError> {
        match self.interface {
            DeferredActionInterface::Notify => {
                self.channel.notify();
                Ok(())
            }
            DeferredActionInterface::IrqAck => self.channel.irq_ack(),
        }
    }

    pub(crate) fn prepare(self) -> PreparedDeferredAction {
        let (cap, label) = match self.interface {
            DeferredActionInterface::Notify => (self.channel.notification().upcast(), 0),
            DeferredActionInterface::IrqAck => {
                (self.channel.irq_handler().upcast(), sel4::sys::invocation::Invocation::IrqHandlerAck.label())
            }
        };
        PreparedDeferredAction { cap, info: sel4::MessageInfoBuilder::default().label(label).build() }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct PreparedDeferredAction {
    pub(crate) cap: sel4::cap::Unspecified,
    pub(crate) info: sel4::MessageInfo,
}

/// Holds one action; a second one makes the first happen at once.
#[derive(Debug, Default)]
pub struct DeferredActionSlot {
    inner: Option<DeferredAction>,
}

impl DeferredActionSlot {
    /// Empty.
    pub const fn new() -> Self {
        Self { inner: None }
    }

    /// For [`Handler::take_deferred_action`](crate::Handler::take_deferred_action).
    pub fn take(&mut self) -> Option<DeferredAction> {
        self.inner.take()
    }

    /// Holds an action.
    pub fn defer(&mut self, action: DeferredAction) -> Result<(), IrqAckError> {
        self.inner.replace(action).map_or(Ok(()), DeferredAction::execute_now)
    }

    /// Holds a signal.
    pub fn defer_notify(&mut self, channel: Channel) -> Result<(), IrqAckError> {
        self.defer(DeferredAction::new_notify(channel))
    }

    /// Holds an acknowledgement.
    pub fn defer_irq_ack(&mut self, channel: Channel) -> Result<(), IrqAckError> {
        self.defer(DeferredAction::new_irq_ack(channel))
    }
}
