// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger outside the guest.

use crate::row::invocations;

invocations! {
    after super::interrupt::END;

    /// A debugger outside the guest takes the vCPU's debug registers: the guest's stay in memory, and each of its
    /// accesses traps, until it lets go.
    DebugAttach = VCPU_DEBUG_ATTACH, "VCPU_DebugAttach" {
        object: Vcpu,
        switch: OutsideDebugger,
        needs: Halted,
        words: {},
        caps: [],
        answer: "",
        errors: [IllegalOperation: "the vCPU runs",
            DeleteFirst: "another debugger has them"],
        cost: 3000,
        without: "a debugger from outside beside the guest's own",
    }

    /// The debugger lets go: the guest's registers are loaded before it runs.
    DebugDetach = VCPU_DEBUG_DETACH, "VCPU_DebugDetach" {
        object: Vcpu,
        switch: OutsideDebugger,
        needs: Halted,
        words: {},
        caps: [],
        answer: "",
        errors: [IllegalOperation: "no debugger has them, or the vCPU runs"],
        cost: 3000,
        without: "a debugger from outside beside the guest's own",
    }
}
