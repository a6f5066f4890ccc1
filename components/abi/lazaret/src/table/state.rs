// SPDX-License-Identifier: MIT OR Apache-2.0
//! All of a stopped vCPU.

use crate::Group;
use crate::row::invocations;

invocations! {
    after super::run::END;

    /// Reads a group of the vCPU's state.
    ReadGroup = VCPU_READ_GROUP, "VCPU_ReadGroup" {
        object: Vcpu,
        switch: State,
        needs: Halted,
        words: {
            /// The group.
            group: Group,
        },
        caps: [],
        answer: "the words of the group",
        errors: [IllegalOperation: "the vCPU runs, or the group is of its thread and it has none"],
        cost: 10000,
        without: "snapshots, a reset that misses nothing, and interrupts that can be taken back",
    }

    /// Writes a group of the vCPU's state, all of it or nothing.
    WriteGroup = VCPU_WRITE_GROUP, "VCPU_WriteGroup" {
        object: Vcpu,
        switch: State,
        needs: Halted,
        words: {
            /// The group; its words follow.
            group: Group,
        },
        caps: [],
        answer: "",
        errors: [IllegalOperation: "the vCPU runs, or the group is of its thread and it has none",
            TruncatedMessage: "the group has more words",
            InvalidArgument: "(number of the word) this core cannot have that value there"],
        cost: 10000,
        without: "snapshots, a reset that misses nothing, and interrupts that can be taken back",
    }
}
