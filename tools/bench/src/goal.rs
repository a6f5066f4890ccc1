// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the rows should cost at most, on a Cortex-A57.

/// QEMU's name of it.
pub const CPU: &str = "cortex-a57";

/// A row's goal.
pub struct Goal {
    /// The operation.
    pub op: &'static str,
    /// What it is.
    pub what: &'static str,
    /// In the row's [`super::unit`].
    pub most: u64,
}

const fn goal(op: &'static str, most: u64, what: &'static str) -> Goal {
    Goal { op, what, most }
}

/// All of them.
pub const GOALS: [Goal; 15] = [
    goal("trap_debug_read", 400, "debug register read that always traps (OSLSR)"),
    goal("trap_debug_write", 400, "debug register write that always traps (OSDLR)"),
    goal("hvc_psci_version", 380, "hypercall answered by the VMM"),
    goal("mmio_read_vmm", 450, "device register read answered by the VMM"),
    goal("first_touch", 700, "first debug write, with the restore at its resume"),
    goal("armed_exit_extra", 10, "what an exit costs more while breakpoints are armed"),
    goal("exit_and_rearm", 400, "hypercall, then one debug write"),
    goal("owned_access", 1, "debug access while owned"),
    goal("oslar_write", 420, "OS lock write"),
    goal("clean_switch_bank", 0, "debug registers touched by a switch between two that do not debug"),
    goal("linux_boot_ratio", 1020, "Debian's Linux to its first program, against none below it"),
    goal("ipc_call_reply", 400, "native Call and ReplyRecv, round trip"),
    goal("net_packet_60", 4000, "the shortest packet from guest to guest, with both guests' own part"),
    goal("net_packet_1514", 4000, "the longest packet from guest to guest, with both guests' own part"),
    goal("vcpu_switch", 500, "from one busy vCPU's last instruction to the other's first"),
];

/// The goal of an operation, if it has one.
pub fn of(op: &str) -> Option<&'static Goal> {
    GOALS.iter().find(|goal| goal.op == op)
}
