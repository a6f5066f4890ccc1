// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of several vCPUs.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "another_vcpu_runs_while_its_list_registers_are_filled",
        file: "vmm/src/device/gic/deliver.rs",
        from: "if cpu != port::current(port) && !port.hold(cpu) {",
        to: "if false && !port.hold(cpu) {",
    },
    Mutant {
        name: "sgi_ends_no_wait",
        file: "vmm/src/exit/mod.rs",
        from: "if MAX_VCPUS > 1 && self.platform.journal.is_changed() {",
        to: "if false && self.platform.journal.is_changed() {",
    },
    Mutant {
        name: "held_vcpu_is_forgotten",
        file: "vmm/src/vcpu/others.rs",
        from: "Due::Nothing => kernel.let_go(self.power.state()),",
        to: "Due::Nothing => {}",
    },
    Mutant {
        name: "last_vcpu_turns_off",
        file: "vmm/src/exit/power.rs",
        from: "        if !self.others.iter_mut().any(|(_, vcpu)| is_on(vcpu)) {",
        to: "        if false && !self.others.iter_mut().any(|(_, vcpu)| is_on(vcpu)) {",
    },
    Mutant {
        name: "others_outlast_a_reset",
        file: "vmm/src/vm/lifecycle.rs",
        from: "        self.stop_others();\n        // Before the commit: a VMM that dies here does",
        to: "        // Before the commit: a VMM that dies here does",
    },
    Mutant {
        name: "vcpu_that_is_off_is_resumed_after_a_restart",
        file: "vmm/src/vm/recovery.rs",
        from: "_ if self.vcpu.power.state() == PowerState::Off => self.resume_end(&waits),",
        to: "_ if false => self.resume_end(&waits),",
    },
    Mutant {
        name: "open_fault_is_recovered_last",
        file: "vmm/src/vm/recovery.rs",
        from: "all().find(|id| replied(id)).or_else(|| all().find(waits))",
        to: "all().find(|id| false && replied(id)).or_else(|| all().find(waits))",
    },
];
