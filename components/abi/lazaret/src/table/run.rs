// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stopping a vCPU and starting it.

use crate::fault_context::ReplyRegister;
use crate::row::invocations;

invocations! {
    after super::vcpu::END;

    /// The vCPU executes nothing from here on, until it is started or its open fault is answered; no timer ends that, and a
    /// fault that nobody can answer is forgotten. What it has is in the object then, wherever it ran: on several cores the
    /// answer waits for the one that runs it.
    Recall = VCPU_RECALL, "VCPU_Recall" {
        object: Vcpu,
        switch: Stop,
        needs: Nothing,
        words: {},
        caps: [],
        answer: "MR0 = `VcpuWait` that it had",
        errors: [IllegalOperation: "the vCPU has no thread"],
        cost: 3000,
        without: "stopping a vCPU from outside: TCB_Suspend, which forgets an open fault",
    }

    /// A stopped vCPU goes on, as after a reply with the same words ([`crate::fault_context::REPLY_LABEL`]); so does one
    /// whose fault nobody can answer.
    Start = VCPU_START, "VCPU_Start" {
        object: Vcpu,
        switch: Stop,
        needs: Stopped,
        words: {
            /// Where it goes on.
            ip: u64,
            /// Its PSTATE, held to what a guest may have.
            spsr: u64,
            /// What to write: x0 to x30, [`crate::fault_context::NO_REGISTER`], or a debug register.
            register: ReplyRegister,
            /// Its value.
            value: u64,
        },
        caps: [],
        answer: "",
        errors: [IllegalOperation: "the vCPU has no thread, runs, or waits with a fault",
            InvalidArgument: "(2) the core has no such debug register"],
        cost: 1500,
        without: "starting a vCPU with new registers in one step",
    }
}
