// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the syndrome decoder.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "b4_four_bits_of_rt",
        file: "arm/syndrome/src/register.rs",
        from: "Self((value & 0x1f) as u8)",
        to: "Self((value & 0xf) as u8)",
    },
    Mutant {
        name: "b3_zero_register_is_one",
        file: "arm/syndrome/src/register.rs",
        from: "if self.0 == 31 { None }",
        to: "if self.0 == 32 { None }",
    },
    Mutant {
        name: "reads_are_writes",
        file: "arm/syndrome/src/direction.rs",
        from: "if iss & 1 != 0 { Self::Read }",
        to: "if iss & 1 == 0 { Self::Read }",
    },
    Mutant {
        name: "b11_step_over_a_trapped_access_is_two",
        file: "arm/syndrome/src/context.rs",
        from: "Spsr(self.spsr.0 & !Spsr::SS)",
        to: "Spsr(self.spsr.0)",
    },
    Mutant {
        name: "b21_thumb_is_four_bytes",
        file: "arm/syndrome/src/context.rs",
        from: "{ 2 } else { 4 }",
        to: "{ 4 } else { 4 }",
    },
    Mutant {
        name: "b21_program_counter_does_not_wrap",
        file: "arm/syndrome/src/context.rs",
        from: "wrapping_add(length) & u32::MAX as u64;",
        to: "wrapping_add(length);",
    },
    Mutant {
        name: "b21_it_state_stays",
        file: "arm/syndrome/src/context.rs",
        from: "if it & 0b111 == 0 { 0 }",
        to: "if it & 0b111 == 0 { it }",
    },
    Mutant {
        name: "crm_is_read_off_by_one",
        file: "arm/syndrome/src/sysreg.rs",
        from: "field_at(iss, 1)",
        to: "field_at(iss, 2)",
    },
    Mutant {
        name: "op1_and_op2_are_swapped",
        file: "arm/syndrome/src/sysreg.rs",
        from: "                field_at(iss, 14),\n                field_at(iss, 10),\n                field_at(iss, 1),\n                field_at(iss, 17),",
        to: "                field_at(iss, 17),\n                field_at(iss, 10),\n                field_at(iss, 1),\n                field_at(iss, 14),",
    },
];
