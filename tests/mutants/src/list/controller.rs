// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the virtual interrupt controller: what `vgic-oracle` found, as host tests have it.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "bytes_of_registers_that_have_none_are_lost",
        file: "vmm/src/device/gic/distributor.rs",
        from: "            _ => self.write_part(offset, value, port),\n",
        to: "            _ => {}\n",
    },
    Mutant {
        name: "a_byte_is_the_whole_register",
        file: "vmm/src/device/gic/distributor.rs",
        from: "self.read_word(word, port) & !(0xff << shift)",
        to: "0",
    },
    Mutant {
        name: "what_is_active_by_hand_ends_first",
        file: "vmm/src/device/gic/take_back.rs",
        from: "if by_hand { made } else { !made }",
        to: "if by_hand { !made } else { made }",
    },
    Mutant {
        name: "nothing_is_active_by_hand",
        file: "vmm/src/device/gic/distributor.rs",
        from: "        set(&mut seldom.by_hand[at], changed, active);\n",
        to: "",
    },
    Mutant {
        name: "a_pending_bit_does_not_take_the_timer_back",
        file: "vmm/src/device/gic/prepared_timer.rs",
        from: "self.inputs.latched[at] | self.seldom.by_hand[at]",
        to: "self.seldom.by_hand[at]",
    },
    Mutant {
        name: "a_timer_that_is_handled_changes_hands",
        file: "vmm/src/device/gic/prepared_timer.rs",
        from: "let began = if self.is_prepared(cpu) { 0 } else { self.inputs.held[at] | self.seldom.active[at] };",
        to: "let began = 0;",
    },
    Mutant {
        name: "a_reset_leaves_the_timer_to_the_kernel",
        file: "vmm/src/device/gic/prepared_timer.rs",
        from: "        if self.is_prepared(cpu) {\n            port.prepare_timer(cpu, None);\n        }\n",
        to: "",
    },
    Mutant {
        name: "timer_comes_before_what_has_no_list_register",
        file: "vmm/src/device/gic/prepared_timer.rs",
        from: "        let is_its = is_its && !self.is_crowded(cpu);\n",
        to: "        let _ = self.is_crowded(cpu);\n",
    },
    Mutant {
        name: "end_of_what_is_inactive_ends_another",
        file: "vmm/src/device/gic/take_back.rs",
        from: "            0 => self.end_most_urgent(cpu, port),\n            _ => self.seldom.change().unended[cpu] -= 1,\n",
        to: "            _ => self.end_most_urgent(cpu, port),\n",
    },
];
