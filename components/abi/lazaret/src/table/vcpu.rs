// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPU and its debug bank: what the first version of the extension has.

use crate::row::invocations;
use crate::{DebugRegister, VcpuState};

invocations! {
    after sel4_abi::invocation::FIRST_EXTENSION;

    /// Reads a register of the vCPU's debug bank, wherever the bank is.
    DebugRead = VCPU_DEBUG_READ, "VCPU_DebugReadRegister" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {
            /// The register.
            register: DebugRegister,
        },
        caps: [],
        answer: "MR0 = its value",
        errors: [InvalidArgument: "the core has no such register"],
        cost: 1000,
        without: "debug registers of guests",
    }

    /// Writes a register of the vCPU's debug bank; bits that a guest must not set are cleared.
    DebugWrite = VCPU_DEBUG_WRITE, "VCPU_DebugWriteRegister" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {
            /// The register.
            register: DebugRegister,
            /// Its value.
            value: u64,
            /// [`crate::FLAG_DIRTY`] or 0.
            flags: u64,
        },
        caps: [],
        answer: "",
        errors: [InvalidArgument: "the core has no such register"],
        cost: 1000,
        without: "debug registers of guests",
    }

    /// The bank goes on the hardware at the next resume, unless an outside debugger has it.
    DebugFlagDirty = VCPU_DEBUG_FLAG_DIRTY, "VCPU_DebugFlagDirty" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "",
        errors: [],
        cost: 1000,
        without: "debug registers of guests",
    }

    /// Where the bank is, and what was done to it.
    DebugStatusOf = VCPU_DEBUG_STATUS, "VCPU_DebugStatus" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "MR0 to MR6 = the words of `DebugStatus`",
        errors: [],
        cost: 1000,
        without: "debug registers of guests",
    }

    /// An ID register of the core, which guests cannot read without a trap.
    ReadFeatures = VCPU_READ_FEATURES, "VCPU_ReadFeatures" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {
            /// CRm and op2 of an ID register ([`crate::feature_word`]).
            register: u64,
        },
        caps: [],
        answer: "MR0 = its value",
        errors: [RangeError: "the word is not one of `FEATURE_WORDS`"],
        cost: 1000,
        without: "feature registers of the core in a guest's",
    }

    /// Reads the width of the vCPU's EL1, or a register that only a 32-bit one has.
    StateRead = VCPU_STATE_READ, "VCPU_ReadState" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {
            /// The state.
            state: VcpuState,
        },
        caps: [],
        answer: "MR0 = its value",
        errors: [],
        cost: 1200,
        without: "32-bit guests",
    }

    /// Writes the width of the vCPU's EL1, or a register that only a 32-bit one has.
    StateWrite = VCPU_STATE_WRITE, "VCPU_WriteState" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {
            /// The state.
            state: VcpuState,
            /// Its value.
            value: u64,
        },
        caps: [],
        answer: "",
        errors: [RangeError: "the core has no such width"],
        cost: 2000,
        without: "32-bit guests",
    }

    /// What the vCPU's thread waits for; if it is for the answer to a fault, the fault's message once more. A handler
    /// that has forgotten the message asks for it again.
    UnansweredFault = VCPU_UNANSWERED_FAULT, "VCPU_UnansweredFault" {
        object: Vcpu,
        switch: FaultContext,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "MR0 = `VcpuWait`; with a fault MR1 = its label, then its words",
        errors: [],
        cost: 1000,
        without: "a VMM that can be killed at any moment",
    }

    /// The vCPU's thread, stopped at a fault that it forgets, sleeps until its virtual timer would interrupt (enabled,
    /// not masked, VPPI acknowledged) or until it is resumed. With [`VCPU_WAKE`], whoever holds the VCPU may stop and
    /// start its thread.
    WaitForTimer = VCPU_WAIT, "VCPU_Wait" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "",
        errors: [IllegalOperation: "the thread neither waits with a fault nor is stopped, or its scheduling context is with a passive VMM"],
        cost: 1500,
        without: "a WFI that ends with the guest's timer: the VMM looks at the clock",
    }

    /// Ends that wait; of a thread that is not stopped, nothing.
    Wake = VCPU_WAKE, "VCPU_Wake" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "",
        errors: [],
        cost: 1500,
        without: "a WFI that ends with the guest's timer: the VMM looks at the clock",
    }

    /// Which parts of the extension this kernel has.
    Extensions = VCPU_EXTENSIONS, "VCPU_Extensions" {
        object: Vcpu,
        switch: DebugRegisters,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "MR0 = `Switch::bit` of each part that is there",
        errors: [],
        cost: 1000,
        without: "everything in this table",
    }
}
