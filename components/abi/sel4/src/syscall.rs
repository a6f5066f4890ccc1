// SPDX-License-Identifier: MIT OR Apache-2.0
//! System-call numbers: the signed value of x7 at `svc #0`.

macro_rules! syscalls {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// A system call. Corresponds to `seL4_Syscall_ID`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i64)]
        pub enum Syscall { $($(#[$doc])* $name = $number,)* }

        impl Syscall {
            /// All system calls, in order of decreasing number.
            pub const ALL: &'static [Syscall] = &[$(Syscall::$name,)*];

            /// The call that x7 names, if there is one.
            #[inline(always)]
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Syscall::$name),)* _ => None }
            }

            /// The value of x7.
            pub const fn number(self) -> i64 { self as i64 }
        }
    };
}

syscalls! {
    /// Send, then wait for the reply.
    Call = -1,
    /// Reply through a reply object, then receive.
    ReplyRecv = -2,
    /// Non-blocking send (capability in x8), then receive with a reply object.
    NBSendRecv = -3,
    /// Non-blocking send (capability in x6), then wait without a reply object.
    NBSendWait = -4,
    /// Blocking send; a signal on a notification.
    Send = -5,
    /// Send if a receiver waits.
    NBSend = -6,
    /// Receive with a reply object.
    Recv = -7,
    /// Receive if a sender waits.
    NBRecv = -8,
    /// Wait without a reply object.
    Wait = -9,
    /// Poll without a reply object.
    NBWait = -10,
    /// Give up the rest of the head refill.
    Yield = -11,
    /// Write a byte on the kernel's console. Debug configurations only.
    DebugPutChar = -12,
    /// List the threads on the console. Debug configurations only.
    DebugDumpScheduler = -13,
    /// Stop the machine. Debug configurations only.
    DebugHalt = -14,
    /// The type of the capability in a slot. Debug configurations only.
    DebugCapIdentify = -15,
    /// Snapshot of the capability state. Debug configurations only.
    DebugSnapshot = -16,
    /// Name a thread for the kernel's messages. Debug configurations only.
    DebugNameThread = -17,
}
