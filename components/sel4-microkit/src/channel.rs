// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channels to other protection domains, and interrupts.

use core::fmt;

use microkit_abi::{MAX_CHANNELS, slot};

use crate::{
    MessageInfo,
    symbols::{pd_irqs, pd_notifications, pd_pps},
};

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

    fn cap<T: sel4::CapType>(&self, what: &str, mask: u64, base: u32) -> sel4::Cap<T> {
        assert!(mask & (1 << self.index) != 0, "{what}: not valid for channel {}", self.index);
        sel4::Cap::from_bits(sel4::CPtrBits::from(base) + self.index as sel4::CPtrBits)
    }

    #[doc(hidden)]
    pub fn notification(&self) -> sel4::cap::Notification {
        self.cap("notify", pd_notifications(), slot::OUTPUT_NOTIFICATION_BASE)
    }

    #[doc(hidden)]
    pub fn irq_handler(&self) -> sel4::cap::IrqHandler {
        self.cap("irq_ack", pd_irqs(), slot::IRQ_BASE)
    }

    #[doc(hidden)]
    pub fn endpoint(&self) -> sel4::cap::Endpoint {
        self.cap("pp_call", pd_pps(), slot::ENDPOINT_BASE)
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
