// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channels to other protection domains, and interrupts.

use core::fmt;

use crate::{
    MessageInfo,
    symbols::{pd_irqs, pd_notifications, pd_pps},
};

const BASE_OUTPUT_NOTIFICATION: usize = 10;
const BASE_ENDPOINT: usize = 74;
const BASE_IRQ: usize = 138;
const MAX_CHANNELS: usize = 62;

/// A channel, by its id in this protection domain.
#[derive(Debug, Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Channel {
    index: usize,
}

impl Channel {
    /// The channel of an id.
    pub const fn new(index: usize) -> Self {
        assert!(index < MAX_CHANNELS);
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    fn cap<T: sel4::CapType>(&self, what: &str, mask: u64, base: usize) -> sel4::Cap<T> {
        assert!(mask & (1 << self.index) != 0, "{what}: not valid for channel {}", self.index);
        sel4::Cap::from_bits((base + self.index) as sel4::CPtrBits)
    }

    #[doc(hidden)]
    pub fn notification(&self) -> sel4::cap::Notification {
        self.cap("notify", pd_notifications(), BASE_OUTPUT_NOTIFICATION)
    }

    #[doc(hidden)]
    pub fn irq_handler(&self) -> sel4::cap::IrqHandler {
        self.cap("irq_ack", pd_irqs(), BASE_IRQ)
    }

    #[doc(hidden)]
    pub fn endpoint(&self) -> sel4::cap::Endpoint {
        self.cap("pp_call", pd_pps(), BASE_ENDPOINT)
    }

    /// Signals the other end.
    pub fn notify(&self) {
        self.notification().signal()
    }

    /// Lets the interrupt fire again.
    pub fn irq_ack(&self) -> Result<(), IrqAckError> {
        self.irq_handler().irq_handler_ack().map_err(IrqAckError)
    }

    /// Calls the other end's `protected`.
    pub fn pp_call(&self, msg_info: MessageInfo) -> MessageInfo {
        MessageInfo::from_inner(self.endpoint().call(msg_info.into_inner()))
    }
}

/// Why [`Channel::irq_ack`] failed.
#[derive(Debug, PartialEq, Eq)]
pub struct IrqAckError(sel4::Error);

impl fmt::Display for IrqAckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "irq ack error: {:?}", self.0)
    }
}
