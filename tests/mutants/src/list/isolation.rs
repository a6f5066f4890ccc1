// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of what keeps guests, programs and the kernel apart.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "late_serror_is_the_vmm_s",
        file: "microkernel/src/entry/slow_path.rs",
        from: "let guest = trapped.or_else(|| kernel.current())",
        to: "let guest = trapped.filter(|_| false).or_else(|| kernel.current())",
    },
    Mutant {
        name: "programs_use_a_guest_s_interface",
        file: "microkernel/src/object/asid.rs",
        from: "word & GUESTS_ONLY != 0 && !is_guest",
        to: "word & GUESTS_ONLY != 0 && !is_guest && kernel.cpu.unseen.get() == usize::MAX",
    },
    Mutant {
        name: "interface_is_forgotten_with_the_vmid",
        file: "microkernel/src/object/asid.rs",
        from: "entry(kernel, loser) & (ADDRESS | GUESTS_ONLY)",
        to: "entry(kernel, loser) & ADDRESS",
    },
    Mutant {
        name: "every_program_halts",
        file: "microkernel/src/debug.rs",
        from: "own.slots == root.slots",
        to: "own.radix <= root.radix",
    },
    Mutant {
        name: "last_revision_has_no_errata",
        file: "microkernel/src/arch/arm/errata.rs",
        from: "revision(midr) <= row.last",
        to: "revision(midr) < row.last",
    },
    Mutant {
        name: "newest_debug_registers_are_good",
        file: "microkernel/src/arch/arm/unsupported.rs",
        from: "> field.greatest",
        to: "> field.greatest + 1",
    },
    Mutant {
        name: "firmware_without_the_remedy_is_asked_for_it",
        file: "microkernel/src/arch/arm/smccc.rs",
        from: "&& call(VERSION, 0) >= SMCCC_1_1",
        to: "&& call(VERSION, 0) >= 0",
    },
];
