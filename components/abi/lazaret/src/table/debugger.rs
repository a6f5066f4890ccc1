// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger outside the guest.

use crate::row::invocations;

invocations! {
    after super::interrupt::END;

    /// A debugger outside the guest takes the vCPU: until it lets go, each of the guest's accesses to debug registers
    /// traps, its debug exceptions are VCPUFaults with EC 0x30 to 0x3c, and what the VMM writes to the registers is on the
    /// hardware while it runs, whether or not the guest has locked them. The VMM keeps what the guest wrote.
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

    /// The debugger lets go: the registers are the guest's, as they are then.
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
