// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the VMM's handlers and their table.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "beyond_the_counts_is_defined",
        file: "arm/trap-table/src/handler.rs",
        from: "        _ if !exists => Ok(AccessResult::Undefined),\n",
        to: "",
    },
    Mutant {
        name: "breakpoints_are_counted_as_watchpoints",
        file: "arm/trap-table/src/handler.rs",
        from: "n < counts.breakpoints,",
        to: "n < counts.watchpoints,",
    },
    Mutant {
        name: "claim_set_overwrites",
        file: "arm/trap-table/src/handler.rs",
        from: "backend.read(DebugRegister::Claim)? | value & masks::CLAIM",
        to: "value & masks::CLAIM",
    },
    Mutant {
        name: "claim_clear_clears_all",
        file: "arm/trap-table/src/handler.rs",
        from: "backend.read(DebugRegister::Claim)? & !value",
        to: "backend.read(DebugRegister::Claim)? & 0 & !value",
    },
    Mutant {
        name: "claim_set_reads_the_tags",
        file: "arm/trap-table/src/handler.rs",
        from: "Self::ClaimSet => masks::CLAIM,",
        to: "Self::ClaimSet => backend.read(DebugRegister::Claim)?,",
    },
    Mutant {
        name: "lock_status_in_the_wrong_bit",
        file: "arm/trap-table/src/handler.rs",
        from: "const OSLK: u32 = 1;",
        to: "const OSLK: u32 = 2;",
    },
    Mutant {
        name: "lock_takes_any_bit",
        file: "arm/trap-table/src/handler.rs",
        from: "backend.write(DebugRegister::OsLock, value & 1, false)",
        to: "backend.write(DebugRegister::OsLock, value, false)",
    },
    Mutant {
        name: "lock_cannot_be_freed",
        file: "arm/trap-table/src/handler.rs",
        from: "backend.write(DebugRegister::OsLock, value & 1, false)",
        to: "backend.write(DebugRegister::OsLock, 1 | value & 0, false)",
    },
    Mutant {
        name: "write_is_not_flagged",
        file: "arm/trap-table/src/handler.rs",
        from: "masks::written(register, value, counts), true)",
        to: "masks::written(register, value, counts), false)",
    },
    Mutant {
        name: "write_is_not_masked",
        file: "arm/trap-table/src/handler.rs",
        from: "masks::written(register, value, counts), true)",
        to: "value, true)",
    },
    Mutant {
        name: "byte_select_is_not_copied",
        file: "arm/trap-table/src/masks.rs",
        from: "breakpoint::copied_byte_select(value & BCR)",
        to: "breakpoint::copied_byte_select(0) | value & BCR",
    },
    Mutant {
        name: "channel_control_is_lost",
        file: "arm/trap-table/src/masks.rs",
        from: "pub const MDSCR: u64 = mdscr::SS | mdscr::TDCC |",
        to: "pub const MDSCR: u64 = mdscr::SS |",
    },
    Mutant {
        name: "addresses_keep_their_low_bits",
        file: "arm/trap-table/src/masks.rs",
        from: "pub const ADDRESS: u64 = arm_debug_bits::ADDRESS;",
        to: "pub const ADDRESS: u64 = arm_debug_bits::ADDRESS | 0b10;",
    },
    Mutant {
        name: "contexts_lose_their_low_bits",
        file: "arm/trap-table/src/masks.rs",
        from: "DebugRegister::Bvr(n) if counts.is_context_aware(n) => value,",
        to: "DebugRegister::Bvr(n) if counts.is_context_aware(n) => value & ADDRESS,",
    },
    Mutant {
        name: "watchpoint_mask_field_is_lost",
        file: "arm/trap-table/src/masks.rs",
        from: "    | watchpoint::WT\n    | watchpoint::MASK;",
        to: "    | watchpoint::WT;",
    },
    Mutant {
        name: "el0_writes_el1_registers",
        file: "arm/trap-table/src/access.rs",
        from: "Self::ReadWrite => !from_el0",
        to: "Self::ReadWrite => true",
    },
    Mutant {
        name: "read_only_is_written",
        file: "arm/trap-table/src/access.rs",
        from: "Self::ReadOnly => !from_el0 && direction.is_read()",
        to: "Self::ReadOnly => !from_el0",
    },
    Mutant {
        name: "write_only_is_read",
        file: "arm/trap-table/src/access.rs",
        from: "Self::WriteOnly => !from_el0 && !direction.is_read()",
        to: "Self::WriteOnly => !from_el0",
    },
    Mutant {
        name: "el0_writes_what_it_may_read",
        file: "arm/trap-table/src/access.rs",
        from: "Self::El0ReadOnly => direction.is_read()",
        to: "Self::El0ReadOnly => true",
    },
    Mutant {
        name: "b1_two_registers_share_a_store",
        file: "arm/trap-table/src/table/debug.rs",
        from: "Handler::Backed(DebugRegister::Mdccint)",
        to: "Handler::Backed(DebugRegister::Mdscr)",
    },
    Mutant {
        name: "b2_all_breakpoints_are_the_first",
        file: "arm/trap-table/src/table/mod.rs",
        from: "DebugRegister::Bvr($n)",
        to: "DebugRegister::Bvr($n * 0)",
    },
    Mutant {
        name: "values_and_controls_are_swapped",
        file: "arm/trap-table/src/table/mod.rs",
        from: "DebugRegister::Wcr($n)",
        to: "DebugRegister::Wvr($n)",
    },
    Mutant {
        name: "b20_wrong_encoding",
        file: "arm/trap-table/src/table/debug.rs",
        from: "DBGDTRRX_EL0 2 3 0 5 0",
        to: "DBGDTRRX_EL0 2 3 0 6 0",
    },
    Mutant {
        name: "one_register_in_two_rows",
        file: "arm/trap-table/src/table/debug.rs",
        from: "MDCCSR_EL0 2 3 0 1 0",
        to: "MDCCSR_EL0 2 3 0 4 0",
    },
    Mutant {
        name: "b10_lock_status_is_written",
        file: "arm/trap-table/src/table/debug.rs",
        from: "OSLSR_EL1 2 0 1 1 4 ReadOnly",
        to: "OSLSR_EL1 2 0 1 1 4 ReadWrite",
    },
    Mutant {
        name: "b19_channel_seems_to_work",
        file: "arm/trap-table/src/masks.rs",
        from: "const TX_FULL: u64 = mdscr::TX_FULL;",
        to: "const TX_FULL: u64 = 0;",
    },
    Mutant {
        name: "double_lock_is_promised",
        file: "arm/trap-table/src/counts.rs",
        from: "const NO_DOUBLE_LOCK: u64 = 0xf << 36;",
        to: "const NO_DOUBLE_LOCK: u64 = 0;",
    },
    Mutant {
        name: "counts_are_promised_one_too_many",
        file: "arm/trap-table/src/counts.rs",
        from: "(count as u64).saturating_sub(1) & 0xf",
        to: "(count as u64) & 0xf",
    },
];
