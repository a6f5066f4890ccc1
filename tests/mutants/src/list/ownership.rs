// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of eviction, deletion and the outside debugger.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "evict_leaves_values",
        file: "debug-shim/src/ownership.rs",
        from: "        bank::scrub(hw, self.counts.get(), owner.debug().aarch32.get());\n",
        to: "",
    },
    Mutant {
        name: "evict_while_running",
        file: "debug-shim/src/ownership.rs",
        from: "        stopped(owner.debug())?;\n",
        to: "",
    },
    Mutant {
        name: "delete_leaves_it_armed",
        file: "debug-shim/src/ownership.rs",
        from: "            self.disarm(hw);\n            bank::scrub(",
        to: "            bank::scrub(",
    },
    Mutant {
        name: "delete_leaves_the_bank",
        file: "debug-shim/src/ownership.rs",
        from: "            bank::scrub(hw, self.counts.get(), debug.aarch32.get());\n",
        to: "",
    },
    Mutant {
        name: "delete_leaves_the_channel",
        file: "debug-shim/src/ownership.rs",
        from: "            bank::scrub_channel(hw);\n",
        to: "",
    },
    Mutant {
        name: "deleted_vcpu_stays_owner",
        file: "debug-shim/src/ownership.rs",
        from: "            self.owner.set(None);\n",
        to: "",
    },
    Mutant {
        name: "delete_leaves_a_trapped_guest_armed",
        file: "debug-shim/src/ownership.rs",
        from: "        } else if debug.running.get() {\n            self.disarm(hw);\n        }",
        to: "        }",
    },
    Mutant {
        name: "delete_leaves_the_object",
        file: "debug-shim/src/ownership.rs",
        from: "        debug.scrub();\n",
        to: "",
    },
    Mutant {
        name: "delete_elsewhere_is_taken",
        file: "debug-shim/src/ownership.rs",
        from: "let resident = self.is_resident(vcpu)?;",
        to: "let resident = self.is_resident(vcpu).unwrap_or(false);",
    },
    Mutant {
        name: "debugger_takes_what_is_elsewhere",
        file: "debug-shim/src/ownership.rs",
        from: "        self.is_resident(vcpu)?;\n",
        to: "",
    },
    Mutant {
        name: "two_debuggers",
        file: "debug-shim/src/ownership.rs",
        from: "        if debug.state().is_external() {",
        to: "        if false {",
    },
    Mutant {
        name: "debugger_leaves_without_having_come",
        file: "debug-shim/src/ownership.rs",
        from: "        if !debug.state().is_external() {",
        to: "        if false {",
    },
    Mutant {
        name: "debugger_takes_a_running_guest",
        file: "debug-shim/src/ownership.rs",
        from: "        let debug = stopped(vcpu.debug())?;\n        if debug.state().is_external() {",
        to: "        let debug = vcpu.debug();\n        if debug.state().is_external() {",
    },
    Mutant {
        name: "delete_disturbs_another_guest",
        file: "debug-shim/src/ownership.rs",
        from: "        if self.armed() != Armed::No && !debug.running.get() {\n            return Err(Error::Running);\n        }\n",
        to: "",
    },
    Mutant {
        name: "a_load_ends_the_attachment",
        file: "debug-shim/src/shim.rs",
        from: "debug.set_state(debug.state().with_bank(true));",
        to: "debug.set_state(crate::State::Loaded);",
    },
    Mutant {
        name: "another_guests_load_ends_the_attachment",
        file: "debug-shim/src/shim.rs",
        from: "debug.set_state(debug.state().with_bank(false));",
        to: "debug.set_state(crate::State::Clean);",
    },
    Mutant {
        name: "detach_forgets_where_the_bank_is",
        file: "debug-shim/src/ownership.rs",
        from: "debug.set_state(debug.state().with_debugger(false));",
        to: "debug.set_state(crate::State::Clean);",
    },
    Mutant {
        name: "a_resident_bank_is_loaded_again",
        file: "debug-shim/src/shim.rs",
        from: "if !self.is_resident(vcpu)? && debug.wants_bank() {",
        to: "self.is_resident(vcpu)?;\n        if debug.wants_bank() {",
    },
];
