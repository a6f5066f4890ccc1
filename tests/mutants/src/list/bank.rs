// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the bank: what is switched, and the fields of the registers in it.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "first_breakpoint_is_forgotten",
        file: "debug-shim/src/bank.rs",
        from: "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $counts.breakpoints()",
        to: "[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $counts.breakpoints()",
    },
    Mutant {
        name: "last_watchpoint_is_forgotten",
        file: "debug-shim/src/bank.rs",
        from: "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $counts.watchpoints()",
        to: "[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $counts.watchpoints()",
    },
    Mutant {
        name: "breakpoint_values_are_forgotten",
        file: "debug-shim/src/bank.rs",
        from: "Bcr, Bvr, $slot",
        to: "Bcr, Bcr, $slot",
    },
    Mutant {
        name: "mdccint_is_forgotten",
        file: "debug-shim/src/bank.rs",
        from: "        { let $slot = Slot::Mdccint; $body }\n",
        to: "",
    },
    Mutant {
        name: "claim_is_forgotten",
        file: "debug-shim/src/bank.rs",
        from: "        { let $slot = Slot::Claim; $body }\n",
        to: "",
    },
    Mutant {
        name: "vcr32_is_forgotten",
        file: "debug-shim/src/bank.rs",
        from: "if $aarch32 {",
        to: "if $aarch32 && false {",
    },
    Mutant {
        name: "vcr32_for_everybody",
        file: "debug-shim/src/bank.rs",
        from: "if $aarch32 {",
        to: "if $aarch32 || true {",
    },
    Mutant {
        name: "watchpoint_is_stored_in_a_breakpoint",
        file: "debug-shim/src/bank.rs",
        from: "Slot::Wvr(n) => self.wvr[n as usize].set(value)",
        to: "Slot::Wvr(n) => self.bvr[n as usize].set(value)",
    },
    Mutant {
        name: "b2_all_indexes_are_zero",
        file: "debug-shim/src/bank.rs",
        from: "Self::Bcr(n) => hw.write(Register::Bcr(n), value)",
        to: "Self::Bcr(n) => hw.write(Register::Bcr(n * 0), value)",
    },
    Mutant {
        name: "watchpoint_control_is_read_from_its_value",
        file: "debug-shim/src/bank.rs",
        from: "Self::Wcr(n) => hw.read(Register::Wcr(n))",
        to: "Self::Wcr(n) => hw.read(Register::Wvr(n))",
    },
    Mutant {
        name: "claim_tags_pile_up",
        file: "debug-shim/src/bank.rs",
        from: "                hw.write(Register::ClaimClr, CLAIM_TAGS);\n",
        to: "",
    },
    Mutant {
        name: "claim_tags_are_not_set",
        file: "debug-shim/src/bank.rs",
        from: "                hw.write(Register::ClaimSet, value);\n",
        to: "",
    },
    Mutant {
        name: "save_skips_the_clamp",
        file: "debug-shim/src/bank.rs",
        from: "        self.clamp(value, counts)\n",
        to: "        let _ = counts;\n        value\n",
    },
    Mutant {
        name: "breakpoint_clamp_is_skipped",
        file: "debug-shim/src/bank.rs",
        from: "Self::Bcr(n) => clamp_bcr(n, value, counts)",
        to: "Self::Bcr(n) => if n < 16 { value } else { clamp_bcr(n, value, counts) }",
    },
    Mutant {
        name: "deleted_claim_survives",
        file: "debug-shim/src/bank.rs",
        from: "        self.vcr32.set(0);\n        self.claim.set(0);\n",
        to: "        self.vcr32.set(0);\n",
    },
    Mutant {
        name: "deleted_watchpoints_survive",
        file: "debug-shim/src/bank.rs",
        from: "[&self.bvr, &self.bcr, &self.wvr, &self.wcr]",
        to: "[&self.bvr, &self.bcr]",
    },
    Mutant {
        name: "channel_scrub_leaves_the_lock",
        file: "debug-shim/src/bank.rs",
        from: "    hw.write(Register::Oslar, 0);\n",
        to: "",
    },
    Mutant {
        name: "channel_scrub_without_the_lock",
        file: "debug-shim/src/bank.rs",
        from: "    hw.write(Register::Oslar, 1);\n",
        to: "",
    },
    Mutant {
        name: "channel_scrub_forgets_one_way",
        file: "debug-shim/src/bank.rs",
        from: "    hw.write(Register::Osdtrtx, 0);\n",
        to: "",
    },
];
