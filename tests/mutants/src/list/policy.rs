// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the constants, the clamp and the counts.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "b29_el0_debugging_is_not_in_use",
        file: "debug-shim/src/mdscr_el1.rs",
        from: "pub const NEEDS_BANK: u64 = KDE | MDE;",
        to: "pub const NEEDS_BANK: u64 = KDE;",
    },
    Mutant {
        name: "os_lock_lets_steps_through",
        file: "debug-shim/src/mdscr_el1.rs",
        from: "pub const EXCEPTIONS: u64 = SS | KDE | MDE;",
        to: "pub const EXCEPTIONS: u64 = KDE | MDE;",
    },
    Mutant {
        name: "guest_may_halt",
        file: "debug-shim/src/mdscr_el1.rs",
        from: "pub const GUEST: u64 = SS |",
        to: "pub const GUEST: u64 = 1 << 14 | SS |",
    },
    Mutant {
        name: "locks_do_not_trap",
        file: "debug-shim/src/mdcr_el2.rs",
        from: "TPMCR | TPM | TDOSA | TDRA",
        to: "TPMCR | TPM | TDRA",
    },
    Mutant {
        name: "rom_address_does_not_trap",
        file: "debug-shim/src/mdcr_el2.rs",
        from: "TPMCR | TPM | TDOSA | TDRA",
        to: "TPMCR | TPM | TDOSA",
    },
    Mutant {
        name: "counters_do_not_trap",
        file: "debug-shim/src/mdcr_el2.rs",
        from: "TPMCR | TPM | TDOSA | TDRA",
        to: "TPMCR | TDOSA | TDRA",
    },
    Mutant {
        name: "all_counters_are_reserved",
        file: "debug-shim/src/mdcr_el2.rs",
        from: "(event_counters as u64 & HPMN)",
        to: "(event_counters as u64 & 0)",
    },
    Mutant {
        name: "hmc_reaches_the_hardware",
        file: "debug-shim/src/clamp.rs",
        from: "const BCR_BITS: u64 = breakpoint::E |",
        to: "const BCR_BITS: u64 = breakpoint::E | breakpoint::HMC |",
    },
    Mutant {
        name: "ssc_reaches_the_hardware",
        file: "debug-shim/src/clamp.rs",
        from: "const WCR_BITS: u64 = watchpoint::E\n",
        to: "const WCR_BITS: u64 = watchpoint::E\n    | watchpoint::SSC\n",
    },
    Mutant {
        name: "link_to_nowhere",
        file: "debug-shim/src/clamp.rs",
        from: "kind::MISMATCH_LINKED => counts.is_context_aware(breakpoint::lbn(value))",
        to: "kind::MISMATCH_LINKED => true",
    },
    Mutant {
        name: "context_where_there_is_none",
        file: "debug-shim/src/clamp.rs",
        from: "kind::CONTEXT_LINKED => counts.is_context_aware(n)",
        to: "kind::CONTEXT_LINKED => true",
    },
    Mutant {
        name: "vmid_comparison",
        file: "debug-shim/src/clamp.rs",
        from: "        _ => false,\n",
        to: "        _ => true,\n",
    },
    Mutant {
        name: "watchpoint_links_to_nowhere",
        file: "debug-shim/src/clamp.rs",
        from: "if !linked || counts.is_context_aware(watchpoint::lbn(value)) { value }",
        to: "if !linked || watchpoint::lbn(value) < 16 { value }",
    },
    Mutant {
        name: "one_breakpoint_too_few",
        file: "debug-shim/src/counts.rs",
        from: "nibble(value, 12) + 1",
        to: "nibble(value, 12)",
    },
    Mutant {
        name: "contexts_are_the_lowest",
        file: "debug-shim/src/counts.rs",
        from: "n < self.breakpoints && n >= self.breakpoints - self.contexts",
        to: "n < self.contexts",
    },
];
