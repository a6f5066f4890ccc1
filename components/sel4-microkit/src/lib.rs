// SPDX-License-Identifier: MIT OR Apache-2.0
//! The runtime of a Microkit protection domain, with the API of rust-sel4's `sel4-microkit`.
//!
//! ```ignore
//! #[protection_domain]
//! fn init() -> impl Handler {
//!     NullHandler::new()
//! }
//! ```
//!
//! # What a build tool does for such a program
//! As for libmicrokit's programs, so Microkit's own tool can take them:
//!
//! | what | how |
//! |---|---|
//! | load | the ELF's segments at their addresses, from 0x200000 up; each is on pages of its own (R, RX, RW) |
//! | start | PC = ELF entry (`_start`), SP = top of a stack that the tool maps at the end of the address space, TPIDR_EL0 = 0 |
//! | stack | `stack_size` bytes below SP (unused by a program with `stack_size = N`, which brings its own) |
//! | IPC buffer | the page at SP + 0x1000, and the TCB's buffer set to it ([`STACK_TO_IPC_BUFFER`]) |
//! | `microkit_name` | 64 bytes, the PD's name, zero-terminated |
//! | `microkit_passive` | 1 byte: 1 for a passive PD |
//! | `microkit_irqs`, `microkit_notifications`, `microkit_pps` | 8 bytes each: bit n = channel n can do that |
//! | `setvar_*` | the symbols that [`var!`] and [`memory_region_symbol!`] declare, 8 bytes each, in `.data` |
//!
//! All symbols may be local ones of `.symtab`. Slots of the CSpace, of which the input endpoint's bound notification
//! brings channels' signals with badge bit n for channel n:
//!
//! | slot | capability |
//! |---|---|
//! | 1 | input: endpoint, or notification when there is no endpoint |
//! | 4 | reply object |
//! | 5 | the monitor's notification or endpoint, for passive PDs |
//! | 10 + n | notification of channel n |
//! | 74 + n | endpoint of channel n |
//! | 138 + n | interrupt handler of channel n |
//! | 202 + n | TCB of child n |
//! | 266 + n | TCB of vCPU n |
//! | 330 + n | VCPU of vCPU n |
//!
//! Badges of the input endpoint: bit 63 + channel for a protected call, bit 62 + child (or vCPU) for a fault.
//!
//! A passive PD, after `init`, sends to slot 5 and receives in one system call (NBSendRecv); the monitor then unbinds
//! its scheduling context (and binds it to the PD's notification).
#![no_std]
#![deny(unsafe_code)]
#![deny(missing_docs)]

mod channel;
mod child;
mod defer;
mod entry;
mod handler;
pub mod ipc;
mod message;
mod symbols;

pub use channel::{Channel, IrqAckError};
pub use child::Child;
pub use defer::{DeferredAction, DeferredActionInterface, DeferredActionSlot};
pub use entry::STACK_TO_IPC_BUFFER;
pub use handler::{Handler, Infallible, Never, NullHandler};
pub use ipc::{ChannelSet, ChannelSetIter, DisplayChannelSet};
pub use message::{
    MessageInfo, MessageLabel, MessageRegisterValue, get_mr, set_mr, with_msg_bytes, with_msg_bytes_mut, with_msg_regs,
    with_msg_regs_mut,
};
pub use sel4::{debug_print, debug_println};
/// Makes a function the protection domain's `init`. Takes `stack_size = <bytes>`.
pub use sel4_microkit_macros::protection_domain;
pub use symbols::{pd_is_passive, pd_name, pd_name_bytes};

/// What `#[protection_domain]` expands to.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_protection_domain {
    { main = $init:expr $(,)? } => {
        $crate::declare_protection_domain! { main = $init, stack_size = 0 }
    };
    { main = $init:expr, stack_size = $stack_size:expr $(,)? } => {
        #[unsafe(no_mangle)]
        static __sel4_microkit_stack: $crate::_private::Stack<{ $stack_size }> = $crate::_private::Stack::new();

        #[unsafe(no_mangle)]
        static __sel4_microkit_stack_top: $crate::_private::StackTop = __sel4_microkit_stack.top();

        #[unsafe(no_mangle)]
        extern "Rust" fn __sel4_microkit_main() -> ! {
            $crate::_private::run($init)
        }
    };
}

#[doc(hidden)]
pub mod _private {
    pub use crate::{handler::run, symbols::PatchedCell};
    pub use sel4_runtime::{Stack, StackTop};
}
