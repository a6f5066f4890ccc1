// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the extension's table as the kernel reads it, and of a vCPU's state by groups.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "running_vcpu_is_read",
        file: "microkernel/src/object/vcpu/group.rs",
        from: "        Some(ThreadState::Running | ThreadState::Restart) => Err(SyscallError::IllegalOperation),\n",
        to: "",
    },
    Mutant {
        name: "group_is_written_before_it_is_checked",
        file: "microkernel/src/object/vcpu/group.rs",
        from: "    check(args.kernel, vcpu, group, &words)?;\n    set(args.kernel, vcpu, thread, group, &words);\n",
        to: "    set(args.kernel, vcpu, thread, group, &words);\n    check(args.kernel, vcpu, group, &words)?;\n",
    },
    Mutant {
        name: "short_group_is_taken",
        file: "microkernel/src/object/vcpu/group.rs",
        from: "    args.require(1 + length, 0)?;\n",
        to: "",
    },
    Mutant {
        name: "two_list_registers_of_one_interrupt",
        file: "microkernel/src/object/vcpu/group.rs",
        from: " || list[..index].iter().any(twice)",
        to: "",
    },
    Mutant {
        name: "cache_selection_is_forgotten",
        file: "microkernel/src/object/vcpu/group.rs",
        from: "            vcpu.csselr.set(words[EL1.len()]);\n",
        to: "",
    },
    Mutant {
        name: "same_width_is_a_reset",
        file: "microkernel/src/object/vcpu/state.rs",
        from: "    } else if read(kernel, vcpu, state) != value {\n",
        to: "    } else {\n",
    },
    Mutant {
        name: "debugger_is_attached_by_a_write",
        file: "microkernel/src/object/vcpu/group.rs",
        from: ".or(is_attached.then_some(DEBUG_REGISTERS))",
        to: "",
    },
    Mutant {
        name: "physical_interrupt_in_a_list_register",
        file: "microkernel/src/object/vgic.rs",
        from: "    INTID | SOURCE | MAINTENANCE_AT_END |",
        to: "    1 << 31 | INTID | SOURCE | MAINTENANCE_AT_END |",
    },
    Mutant {
        name: "source_of_an_interrupt_that_has_none",
        file: "microkernel/src/object/vgic.rs",
        from: " && source_of_an_sgi",
        to: "",
    },
    Mutant {
        name: "message_may_be_too_short",
        file: "microkernel/src/invocation/args.rs",
        from: "let enough = self.length >= words && (",
        to: "let enough = (",
    },
    Mutant {
        name: "capability_of_any_kind",
        file: "microkernel/src/invocation/args.rs",
        from: "!= Some(object) {",
        to: "== None {",
    },
];
