// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parts of the extension, each of which a kernel may be built without.

macro_rules! switches {
    ($($(#[doc = $doc:literal])* $name:ident = $key:literal;)*) => {
        /// A part of the extension. Its number is the place of its bit in what [`crate::VCPU_EXTENSIONS`] answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Switch { $($(#[doc = $doc])* $name,)* }

        impl Switch {
            /// All of them, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its key in a kernel's `gen_config.json`.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// Its bit.
            pub const fn bit(self) -> u64 {
                1 << self as u8
            }
        }
    };
}

switches! {
    /// The debug shim's invocations and the vCPU's width.
    DebugRegisters = "LAZARET_VCPU_DEBUG";
    /// Fault messages that carry the guest's context, and replies that say how it goes on.
    FaultContext = "LAZARET_VCPU_FAULT_CONTEXT";
    /// Replies that leave the vCPU stopped, and invocations that stop and start it.
    Stop = "LAZARET_VCPU_STOP";
    /// All of a stopped vCPU's state, read and written by groups.
    State = "LAZARET_VCPU_STATE";
    /// Rights of single pages of a VSpace.
    PageRights = "LAZARET_PAGE_RIGHTS";
    /// Which pages of a VSpace were written.
    DirtyLog = "LAZARET_DIRTY_LOG";
    /// An interrupt to inject in the reply to a fault.
    ReplyInjection = "LAZARET_VCPU_REPLY_INJECTION";
    /// The kernel injects the virtual timer's interrupt by itself.
    PreparedTimer = "LAZARET_VCPU_PREPARED_TIMER";
    /// Stores of a guest that signal a notification.
    Doorbells = "LAZARET_VCPU_DOORBELLS";
    /// A notification whose signal injects an interrupt.
    BoundNotification = "LAZARET_VCPU_BOUND_NOTIFICATION";
    /// A debugger outside the guest takes its debug registers.
    OutsideDebugger = "LAZARET_VCPU_OUTSIDE_DEBUGGER";
    /// A moment at which the VMM of a guest that runs or waits is told.
    Alarm = "LAZARET_VCPU_ALARM";
}

const _: () = assert!(Switch::ALL.len() <= u64::BITS as usize);
