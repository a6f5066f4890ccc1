// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of calls by HVC and SMC, and of resets in a row.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "smc64_form_of_a_32_bit_caller",
        file: "vmm/src/exit/call/mod.rs",
        from: "call.has_both_forms() && matches!(caller, Width::Aarch64)",
        to: "call.has_both_forms()",
    },
    Mutant {
        name: "fields_below_the_lowest_level_count",
        file: "vmm/src/exit/power.rs",
        from: "id.index() as u64 & fields == target & fields",
        to: "id.index() as u64 == target",
    },
    Mutant {
        name: "upper_half_of_a_word_counts",
        file: "vmm/src/exit/call/table.rs",
        from: "Self::AsWide(_) | Self::Word(_) => register & 0xffff_ffff",
        to: "Self::AsWide(_) | Self::Word(_) => register",
    },
    Mutant {
        name: "immediate_is_ignored",
        file: "vmm/src/exit/hypercall.rs",
        from: "Some(call) if immediate == CALL =>",
        to: "Some(call) =>",
    },
    Mutant {
        name: "features_know_every_call",
        file: "vmm/src/exit/call/answers.rs",
        from: "call.known_to(Known::PsciFeatures)",
        to: "call.known_to(Known::PsciFeatures) || call.known_to(Known::ArchFeatures)",
    },
    Mutant {
        name: "unknown_call_reads_arguments",
        file: "vmm/src/exit/hypercall.rs",
        from: "for n in (0..call.arguments.len()).rev() {",
        to: "for n in (0..registers.len()).rev() {",
    },
    Mutant {
        name: "reset_does_not_wait",
        file: "vmm/src/vm/lifecycle.rs",
        from: "        if self.waits_for_start() {\n            return Next::Wait;",
        to: "        if false && self.waits_for_start() {\n            return Next::Wait;",
    },
    Mutant {
        name: "wait_grows_for_ever",
        file: "vmm/src/vm/phase.rs",
        from: "1 << more.min(DOUBLINGS)",
        to: "1 << more.min(60)",
    },
    Mutant {
        name: "guest_that_had_booted_waits",
        file: "vmm/src/vm/phase.rs",
        from: "let resets = if has_settled { 1 } else {",
        to: "let resets = if false && has_settled { 1 } else {",
    },
    Mutant {
        name: "successor_does_not_wait",
        file: "vmm/src/vm/recovery.rs",
        from: "        if self.waits_for_start() {",
        to: "        if false && self.waits_for_start() {",
    },
];
