// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocation labels: the label of a message sent to an object's capability.

/// Ids and labels of the installed seL4 that these programs are built for; empty for ours and for the documented one.
const INSTALLED: &[(&str, u64)] = &include!(concat!(env!("OUT_DIR"), "/labels.rs"));

/// The installed kernel's label of an invocation, else the documented one.
const fn label_of(id: &str, documented: u64) -> u64 {
    let mut n = 0;
    while n < INSTALLED.len() {
        if equal(INSTALLED[n].0.as_bytes(), id.as_bytes()) {
            return INSTALLED[n].1;
        }
        n += 1;
    }
    documented
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut n = 0;
    while n < a.len() && n < b.len() && a[n] == b[n] {
        n += 1;
    }
    n == a.len() && n == b.len()
}

macro_rules! invocations {
    ($($name:ident = $number:literal, $id:literal;)*) => {
        #[allow(non_upper_case_globals, reason = "they are the variants' names")]
        mod label {
            $(pub const $name: u64 = super::label_of($id, $number);)*
        }

        /// An invocation. Corresponds to `invocation_label`, `arch_invocation_label`; the variant `TcbSuspend`
        /// is the manual's `TCBSuspend`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u64)]
        #[allow(missing_docs, reason = "the names are the manual's")]
        pub enum Invocation { $($name = label::$name,)* }

        impl Invocation {
            /// All invocations, by label.
            pub const ALL: &'static [Invocation] = &[$(Invocation::$name,)*];

            /// The invocation of a label, if there is one.
            #[inline(always)]
            pub const fn from_label(label: u64) -> Option<Self> {
                match label { $(label::$name => Some(Invocation::$name),)* _ => None }
            }

            /// The label.
            pub const fn label(self) -> u64 { self as u64 }

            /// Its name in seL4's interface files, by which an installed kernel's label is found.
            pub const fn interface_id(self) -> &'static str {
                match self { $(Invocation::$name => $id,)* }
            }
        }
    };
}

invocations! {
    UntypedRetype = 1, "UntypedRetype";
    TcbReadRegisters = 2, "TCBReadRegisters";
    TcbWriteRegisters = 3, "TCBWriteRegisters";
    TcbCopyRegisters = 4, "TCBCopyRegisters";
    TcbConfigure = 5, "TCBConfigure";
    TcbSetPriority = 6, "TCBSetPriority";
    TcbSetMCPriority = 7, "TCBSetMCPriority";
    TcbSetSchedParams = 8, "TCBSetSchedParams";
    TcbSetTimeoutEndpoint = 9, "TCBSetTimeoutEndpoint";
    TcbSetIPCBuffer = 10, "TCBSetIPCBuffer";
    TcbSetSpace = 11, "TCBSetSpace";
    TcbSuspend = 12, "TCBSuspend";
    TcbResume = 13, "TCBResume";
    TcbBindNotification = 14, "TCBBindNotification";
    TcbUnbindNotification = 15, "TCBUnbindNotification";
    TcbSetTLSBase = 16, "TCBSetTLSBase";
    TcbSetFlags = 17, "TCBSetFlags";
    CNodeRevoke = 18, "CNodeRevoke";
    CNodeDelete = 19, "CNodeDelete";
    CNodeCancelBadgedSends = 20, "CNodeCancelBadgedSends";
    CNodeCopy = 21, "CNodeCopy";
    CNodeMint = 22, "CNodeMint";
    CNodeMove = 23, "CNodeMove";
    CNodeMutate = 24, "CNodeMutate";
    CNodeRotate = 25, "CNodeRotate";
    IrqControlGet = 26, "IRQIssueIRQHandler";
    IrqHandlerAck = 27, "IRQAckIRQ";
    IrqHandlerSetNotification = 28, "IRQSetIRQHandler";
    IrqHandlerClear = 29, "IRQClearIRQHandler";
    DomainSetSet = 30, "DomainSetSet";
    DomainScheduleConfigure = 31, "DomainScheduleConfigure";
    DomainScheduleSetStart = 32, "DomainScheduleSetStart";
    SchedControlConfigureFlags = 33, "SchedControlConfigureFlags";
    SchedContextBind = 34, "SchedContextBind";
    SchedContextUnbind = 35, "SchedContextUnbind";
    SchedContextUnbindObject = 36, "SchedContextUnbindObject";
    SchedContextConsumed = 37, "SchedContextConsumed";
    SchedContextYieldTo = 38, "SchedContextYieldTo";
    VSpaceCleanData = 39, "ARMVSpaceClean_Data";
    VSpaceInvalidateData = 40, "ARMVSpaceInvalidate_Data";
    VSpaceCleanInvalidateData = 41, "ARMVSpaceCleanInvalidate_Data";
    VSpaceUnifyInstruction = 42, "ARMVSpaceUnify_Instruction";
    SmcCall = 43, "ARMSMCCall";
    PageTableMap = 44, "ARMPageTableMap";
    PageTableUnmap = 45, "ARMPageTableUnmap";
    PageMap = 46, "ARMPageMap";
    PageUnmap = 47, "ARMPageUnmap";
    PageCleanData = 48, "ARMPageClean_Data";
    PageInvalidateData = 49, "ARMPageInvalidate_Data";
    PageCleanInvalidateData = 50, "ARMPageCleanInvalidate_Data";
    PageUnifyInstruction = 51, "ARMPageUnify_Instruction";
    PageGetAddress = 52, "ARMPageGetAddress";
    AsidControlMakePool = 53, "ARMASIDControlMakePool";
    AsidPoolAssign = 54, "ARMASIDPoolAssign";
    VcpuSetTcb = 55, "ARMVCPUSetTCB";
    VcpuInjectIrq = 56, "ARMVCPUInjectIRQ";
    VcpuReadReg = 57, "ARMVCPUReadReg";
    VcpuWriteReg = 58, "ARMVCPUWriteReg";
    VcpuAckVppi = 59, "ARMVCPUAckVPPI";
    IrqControlGetTrigger = 60, "ARMIRQIssueIRQHandlerTrigger";
    IrqControlIssueSgiSignal = 61, "ARMIRQIssueSGISignal";
}

/// Labels from here on are extensions (`lazaret-abi`), after the last label that upstream uses.
pub const FIRST_EXTENSION: u64 = Invocation::IrqControlIssueSgiSignal.label() + 1;
