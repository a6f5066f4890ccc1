// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts and signals that pass between guest and kernel without an exit to the VMM.

use crate::row::invocations;

invocations! {
    after super::pages::END;

    /// From here on the kernel injects the virtual timer's interrupt by itself, in list register 0.
    PrepareTimer = VCPU_PREPARE_VPPI, "VCPU_PrepareVPPI" {
        object: Vcpu,
        switch: PreparedTimer,
        needs: Halted,
        words: {
            /// As in VCPU_InjectIRQ, with list register 0; all ones: no longer.
            injection: u64,
        },
        caps: [],
        answer: "",
        errors: [RangeError: "as VCPU_InjectIRQ",
            IllegalOperation: "the vCPU runs",
            DeleteFirst: "list register 0 is in use"],
        cost: 2000,
        without: "a timer interrupt that costs no exit",
    }

    /// A guest's store to this address signals a notification, and its VMM does not see it.
    SetDoorbell = VCPU_SET_DOORBELL, "VCPU_SetDoorbell" {
        object: Vcpu,
        switch: Doorbells,
        needs: Halted,
        words: {
            /// Which of the vCPU's doorbells.
            index: u64,
            /// The guest-physical address.
            address: u64,
            /// The width in bytes: 1, 2, 4 or 8; 0 takes the doorbell away.
            width: u64,
            /// The value that has to be stored.
            value: u64,
            /// Bit 0: any value will do.
            flags: u64,
        },
        caps: [Notification],
        answer: "",
        errors: [RangeError: "there is no such doorbell",
            InvalidArgument: "(number of the word) no such width, or too wide a value",
            AlignmentError: "the address is not aligned to the width",
            IllegalOperation: "the vCPU runs"],
        cost: 2000,
        without: "device notifications that cost no exit to the VMM",
    }

    /// A signal to the notification injects an interrupt into the vCPU.
    BindNotification = VCPU_BIND_NOTIFICATION, "VCPU_BindNotification" {
        object: Vcpu,
        switch: BoundNotification,
        needs: Halted,
        words: {
            /// As in VCPU_InjectIRQ.
            injection: u64,
        },
        caps: [Notification],
        answer: "",
        errors: [RangeError: "as VCPU_InjectIRQ",
            IllegalOperation: "the vCPU runs, or either is bound"],
        cost: 2000,
        without: "device interrupts that cost no exit to the VMM",
    }

    /// Ends that.
    UnbindNotification = VCPU_UNBIND_NOTIFICATION, "VCPU_UnbindNotification" {
        object: Vcpu,
        switch: BoundNotification,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "",
        errors: [IllegalOperation: "none is bound"],
        cost: 2000,
        without: "device interrupts that cost no exit to the VMM",
    }
}
