// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts and signals that pass between guest and kernel without an exit to the VMM.

use crate::row::invocations;
use crate::{DoorbellFlags, DoorbellWidth, Injection};

invocations! {
    after super::pages::END;

    /// From here on the kernel injects the virtual timer's interrupt by itself, in list register 0. The guest's own end
    /// of it (GICV_EOIR; GICV_DIR with EOImode 1) lets the next one through, without an exit. VPPIEvent comes no more; one
    /// that came before still waits for VCPU_AckVPPI. A pending interrupt whose timer the guest has set anew is taken back
    /// at the guest's next exit that takes the slow path; one that it takes before that finds ISTATUS 0. All ones take it
    /// back, pending or active, with the active state of the physical interrupt, and so does the end of the VCPU or of its
    /// thread; then VPPIEvent comes if the timer's line is still up. Prepared anew, what the guest has taken stays.
    PrepareTimer = VCPU_PREPARE_VPPI, "VCPU_PrepareVPPI" {
        object: Vcpu,
        switch: PreparedTimer,
        needs: Halted,
        words: {
            /// As in VCPU_InjectIRQ, with list register 0; all ones: no longer.
            injection: Injection,
        },
        caps: [],
        answer: "MR0 = `TimerInterrupt` that the guest had",
        errors: [RangeError: "as VCPU_InjectIRQ; 16 to 1019: the number; 0 to 0: the list register",
            IllegalOperation: "the vCPU runs",
            DeleteFirst: "list register 0 is in use"],
        cost: 2000,
        without: "a timer interrupt that costs no exit",
    }

    /// A guest's store to this address signals a notification, and its VMM does not see it: the guest goes on behind the
    /// store, and its single step ends there. It must be a stage-2 translation or permission fault that the syndrome
    /// describes (ISV 1: one general-purpose register, no write-back). The value is the register's, as of a little-endian
    /// guest. The vCPU holds a capability derived from the one given; when that is deleted or revoked, or the VCPU goes,
    /// the store is a fault again. What a doorbell has signalled is the notification's: after a receiver's restart a
    /// signal that it had taken is lost.
    SetDoorbell = VCPU_SET_DOORBELL, "VCPU_SetDoorbell" {
        object: Vcpu,
        switch: Doorbells,
        needs: Halted,
        words: {
            /// Which of the vCPU's `DOORBELLS`; one that is set there is replaced.
            index: u64,
            /// The guest-physical address.
            address: u64,
            /// The width in bytes: 1, 2, 4 or 8; 0 takes the doorbell away, whichever notification is given.
            width: DoorbellWidth,
            /// The value that has to be stored.
            value: u64,
            /// Bit 0, `DOORBELL_ANY_VALUE`: any value will do.
            flags: DoorbellFlags,
        },
        caps: [Notification],
        answer: "",
        errors: [RangeError: "0 to 7: the index; 0 to the VSpace's last: the address",
            InvalidArgument: "(3) the value is wider",
            AlignmentError: "the address is not aligned to the width",
            InvalidCapability: "(1) the notification has no write right",
            IllegalOperation: "the vCPU runs",
            DeleteFirst: "another of its doorbells is for such a store"],
        cost: 2500,
        without: "device notifications that cost no exit to the VMM",
    }

    /// A signal to the notification makes an interrupt pending in the vCPU's list register, once more if the guest
    /// handles it, and a vCPU that waits for its timer goes on. Signals merge until the guest takes the interrupt; its
    /// end is not told. Where another interrupt is in the list register, the signal stays in the notification until the
    /// guest has ended that and told so. Signals that were there before the binding count. Nobody can wait for the
    /// notification, or bind it to a thread. Either side's deletion ends the binding; an interrupt that is pending stays.
    BindNotification = VCPU_BIND_NOTIFICATION, "VCPU_BindNotification" {
        object: Vcpu,
        switch: BoundNotification,
        needs: Halted,
        words: {
            /// As in VCPU_InjectIRQ.
            injection: Injection,
        },
        caps: [Notification],
        answer: "",
        errors: [RangeError: "as VCPU_InjectIRQ",
            InvalidCapability: "(1) the notification has no read right",
            IllegalOperation: "the vCPU runs, either is bound, or a thread waits for the notification",
            DeleteFirst: "the list register is the prepared timer's"],
        cost: 2000,
        without: "device interrupts that cost no exit to the VMM",
    }

    /// Ends that. An interrupt that is pending stays.
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
