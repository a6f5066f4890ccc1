// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loads and stores that the syndrome does not describe, and the walk of the guest's tables.

use crate::Mutant;

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "pair_s_offset_is_not_scaled",
        file: "arm/load-store/src/a64.rs",
        from: "signed(bits(word, 21, 15), 7) << log2",
        to: "signed(bits(word, 21, 15), 7) << 2",
    },
    Mutant {
        name: "list_begins_at_its_base",
        file: "arm/load-store/src/a32.rs",
        from: "        (true, true) => 4,\n",
        to: "        (true, true) => 0,\n",
    },
    Mutant {
        name: "structure_s_second_register_is_the_next",
        file: "arm/load-store/src/vfp.rs",
        from: "0b1001 => (1, 2, 2),",
        to: "0b1001 => (1, 2, 1),",
    },
    Mutant {
        name: "thumb_table_branch_is_exclusive",
        file: "arm/load-store/src/t32.rs",
        from: "        2 if op & 3 != 3 => {",
        to: "        1 if op & 3 != 3 => {",
    },
    Mutant {
        name: "scalar_keeps_the_rest_of_its_register",
        file: "vmm/src/exit/load_store.rs",
        from: "        vectors[2 * n..2 * n + 2].fill(0);\n",
        to: "        let _ = n;\n",
    },
    Mutant {
        name: "stored_pc_is_the_next_instruction",
        file: "vmm/src/exit/load_store.rs",
        from: "(true, false) => self.masked(self.pc.wrapping_add(8)),",
        to: "(true, false) => self.masked(self.pc.wrapping_add(4)),",
    },
    Mutant {
        name: "user_s_bank_is_the_mode_s",
        file: "vmm/src/exit/load_store.rs",
        from: "if user_bank { USER } else { self.spsr.mode() }",
        to: "if user_bank { self.spsr.mode() } else { self.spsr.mode() }",
    },
    Mutant {
        name: "lone_stack_pointer_is_not_written",
        file: "vmm/src/vcpu/registers.rs",
        from: " || changed & !GENERAL != 0)",
        to: ")",
    },
    Mutant {
        name: "walk_s_level_is_the_next",
        file: "vmm/src/stage1/long.rs",
        from: "level: level as u8 }",
        to: "level: level as u8 + 1 }",
    },
    Mutant {
        name: "table_s_limit_is_forgotten",
        file: "vmm/src/stage1/long.rs",
        from: "user &= descriptor & TABLE_NO_USER == 0;",
        to: "user &= true;",
    },
    Mutant {
        name: "no_domain_grants_all",
        file: "vmm/src/stage1/short.rs",
        from: "        _ => return Err(WalkError::Unmapped),\n    };\n    Ok(",
        to: "        _ => (Write, Write),\n    };\n    Ok(",
    },
    Mutant {
        name: "loopback_reaches_the_wire",
        file: "vmm/src/device/pl011.rs",
        from: "        if !self.is_loopback() {\n            output.put(byte);",
        to: "        if !self.is_loopback() || byte == 9 {\n            output.put(byte);",
    },
    Mutant {
        name: "each_start_has_the_same_seed",
        file: "vmm/src/vm/lifecycle.rs",
        from: "seed.at_start(platform.phase.starts())",
        to: "seed.at_start(platform.phase.starts() * 0)",
    },
    Mutant {
        name: "an_alarm_of_the_past_comes",
        file: "vmm/src/device/pl031.rs",
        from: "self.registers.left(now) == Some(0)",
        to: "self.registers.left(now).is_some_and(|left| left == 0 || left > u32::MAX / 2)",
    },
    Mutant {
        name: "any_odd_value_locks_32_bits",
        file: "arm/trap-table/src/aarch32/handler.rs",
        from: "u64::from(value == OS_LOCK_KEY)",
        to: "value & 1",
    },
    Mutant {
        name: "link_register_is_the_user_s",
        file: "arm/syndrome/src/register.rs",
        from: "(Mode::Aarch32(IRQ), 13..=14) => 16 + (14 - number),",
        to: "(Mode::Aarch32(IRQ), 13..=14) => number,",
    },
];
