// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operations whose instructions can be looked at one by one, in the order in which the guest does them.

/// Of the guest, of the kernel's own calls, and the switch between two guests.
pub const OPERATIONS: [&str; 38] = [
    "empty",
    "mdscr_read_virgin",
    "dbgbvr_read_virgin",
    "hvc_virgin",
    "first_touch",
    "hvc_psci_version",
    "hvc_unknown",
    "mmio_read_vmm",
    "mmio_write_vmm",
    "mmio_read_gicd",
    "trap_debug_read",
    "trap_debug_write",
    "mdrar_read",
    "mdccsr_read",
    "oslar_write",
    "bvr15_read_undef",
    "owned_access",
    "owned_read",
    "owned_mdscr_write",
    "owned_mdscr_read",
    "write_after_exit",
    "read_after_exit",
    "mdscr_write_after_exit",
    "write_after_user_exit",
    "hvc_after_write",
    "exit_and_rearm",
    "exit_and_mdscr",
    "hvc_armed",
    "mmio_read_armed",
    "mdscr_read_armed",
    "owned_access_armed",
    "hvc_disarmed",
    "step_storm",
    "breakpoint_storm",
    "breakpoint_hit_and_exit",
    IPC[0],
    IPC[1],
    SWITCH,
];

/// Of a root task.
pub const IPC: [&str; 2] = ["ipc_call_reply", "ipc_call_reply_16_words"];
/// Between two guests.
pub const SWITCH: &str = "vcpu_switch";

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in quotes behind one of these.
    fn named<'a>(source: &'a str, before: &[&str]) -> Vec<&'a str> {
        let starts =
            source.match_indices('"').filter(|(at, _)| before.iter().any(|word| source[..*at].ends_with(word)));
        starts.map(|(at, _)| source[at + 1..].split('"').next().unwrap()).collect()
    }

    #[test]
    fn they_are_the_programs_operations() {
        let guest = include_str!("../../../tests/guests/bare-aarch64/src/mode/bench/operations.rs");
        let guest = named(guest, &["visitor.repeat(", "visitor.once(", "visitor.after("]);
        let kernel = named(include_str!("../../../tests/kernel/src/bench.rs"), &["for (name, words) in [(", ", 0), ("]);
        assert_eq!(kernel, IPC);
        assert_eq!(OPERATIONS[..guest.len()], guest);
        assert_eq!(OPERATIONS[guest.len()..], [&kernel[..], &[SWITCH]].concat());
    }
}
