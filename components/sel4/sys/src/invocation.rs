// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocation labels: the label of a message sent to an object's capability.

macro_rules! invocations {
    ($($name:ident = $number:literal,)*) => {
        /// An invocation. Corresponds to `invocation_label`, `arch_invocation_label`; the variant `TcbSuspend`
        /// is the manual's `TCBSuspend`. No MCS build on one core has other numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u64)]
        #[allow(missing_docs, reason = "the names are the manual's")]
        pub enum Invocation { $($name = $number,)* }

        impl Invocation {
            /// All invocations, by label.
            pub const ALL: &'static [Invocation] = &[$(Invocation::$name,)*];

            /// The invocation of a label, if there is one.
            #[inline(always)]
            pub const fn from_label(label: u64) -> Option<Self> {
                match label { $($number => Some(Invocation::$name),)* _ => None }
            }

            /// The label.
            pub const fn label(self) -> u64 { self as u64 }
        }
    };
}

invocations! {
    UntypedRetype = 1,
    TcbReadRegisters = 2,
    TcbWriteRegisters = 3,
    TcbCopyRegisters = 4,
    TcbConfigure = 5,
    TcbSetPriority = 6,
    TcbSetMCPriority = 7,
    TcbSetSchedParams = 8,
    TcbSetTimeoutEndpoint = 9,
    TcbSetIPCBuffer = 10,
    TcbSetSpace = 11,
    TcbSuspend = 12,
    TcbResume = 13,
    TcbBindNotification = 14,
    TcbUnbindNotification = 15,
    TcbSetTLSBase = 16,
    TcbSetFlags = 17,
    CNodeRevoke = 18,
    CNodeDelete = 19,
    CNodeCancelBadgedSends = 20,
    CNodeCopy = 21,
    CNodeMint = 22,
    CNodeMove = 23,
    CNodeMutate = 24,
    CNodeRotate = 25,
    IrqControlGet = 26,
    IrqHandlerAck = 27,
    IrqHandlerSetNotification = 28,
    IrqHandlerClear = 29,
    DomainSetSet = 30,
    DomainScheduleConfigure = 31,
    DomainScheduleSetStart = 32,
    SchedControlConfigureFlags = 33,
    SchedContextBind = 34,
    SchedContextUnbind = 35,
    SchedContextUnbindObject = 36,
    SchedContextConsumed = 37,
    SchedContextYieldTo = 38,
    VSpaceCleanData = 39,
    VSpaceInvalidateData = 40,
    VSpaceCleanInvalidateData = 41,
    VSpaceUnifyInstruction = 42,
    SmcCall = 43,
    PageTableMap = 44,
    PageTableUnmap = 45,
    PageMap = 46,
    PageUnmap = 47,
    PageCleanData = 48,
    PageInvalidateData = 49,
    PageCleanInvalidateData = 50,
    PageUnifyInstruction = 51,
    PageGetAddress = 52,
    AsidControlMakePool = 53,
    AsidPoolAssign = 54,
    VcpuSetTcb = 55,
    VcpuInjectIrq = 56,
    VcpuReadReg = 57,
    VcpuWriteReg = 58,
    VcpuAckVppi = 59,
    IrqControlGetTrigger = 60,
    IrqControlIssueSgiSignal = 61,
}

/// Labels from here on are extensions (`extension`), after the last label that upstream uses.
pub const FIRST_EXTENSION: u64 = 62;
const _: () = assert!(Invocation::IrqControlIssueSgiSignal as u64 + 1 == FIRST_EXTENSION);
