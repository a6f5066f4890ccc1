// SPDX-License-Identifier: MIT OR Apache-2.0
//! A moment at which the VMM of a guest is told: what timers that are emulated need.

use crate::row::invocations;

invocations! {
    after super::debugger::END;

    /// When the physical counter is there, the guest's next fault is a VPPIEvent with the physical timer's number, 30:
    /// at once if it runs, otherwise as soon as it does; one that waits for its timer goes on for it. It comes once, and
    /// needs no VCPU_AckVPPI. A later alarm takes the place of an earlier one, also of one that is due and was not told.
    /// It ends with the VCPU or with its thread.
    SetAlarm = VCPU_SET_ALARM, "VCPU_SetAlarm" {
        object: Vcpu,
        switch: Alarm,
        needs: Nothing,
        words: {
            /// The physical counter's value; all ones: no alarm.
            count: u64,
        },
        caps: [],
        answer: "",
        errors: [],
        cost: 1500,
        without: "interrupts of emulated timers while the guest does not exit",
    }
}
