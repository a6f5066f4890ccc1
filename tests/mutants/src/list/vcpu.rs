// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of a vCPU's state.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "enabled_guest_is_not_reloaded",
        file: "debug-shim/src/vcpu.rs",
        from: "State::Clean | State::External => self.mdscr.get() & mdscr_el1::NEEDS_BANK != 0",
        to: "State::Clean | State::External => self.mdscr.get() & mdscr_el1::NEEDS_BANK == u64::MAX",
    },
    Mutant {
        name: "pending_is_not_loaded",
        file: "debug-shim/src/vcpu.rs",
        from: "State::Pending | State::Loaded | State::ExternalLoaded => true",
        to: "State::Pending => false,\n            State::Loaded | State::ExternalLoaded => true",
    },
    Mutant {
        name: "debugger_gets_no_bank",
        file: "debug-shim/src/vcpu.rs",
        from: "State::Clean | State::External => self.mdscr",
        to: "State::External => false,\n            State::Clean => self.mdscr",
    },
    Mutant {
        name: "locked_guest_owns_the_bank",
        file: "debug-shim/src/vcpu.rs",
        from: "self.state.get() == State::Loaded && !self.os_lock.get()",
        to: "self.state.get() == State::Loaded",
    },
    Mutant {
        name: "locked_guest_gets_the_bank",
        file: "debug-shim/src/vcpu.rs",
        from: "        asked && !self.is_locked()\n",
        to: "        asked\n",
    },
    Mutant {
        name: "os_lock_withholds_nothing",
        file: "debug-shim/src/vcpu.rs",
        from: "if self.is_locked() { guest_bits",
        to: "if false { guest_bits",
    },
    Mutant {
        name: "a_guests_lock_is_the_debuggers",
        file: "debug-shim/src/vcpu.rs",
        from: "self.os_lock.get() && !self.state.get().is_external()",
        to: "self.os_lock.get()",
    },
    Mutant {
        name: "loaded_is_no_hazard",
        file: "debug-shim/src/vcpu.rs",
        from: "(self.wants_bank() || state.is_loaded(), self.is_direct())",
        to: "(self.wants_bank(), self.is_direct())",
    },
    Mutant {
        name: "mdscr_is_no_hazard",
        file: "debug-shim/src/vcpu.rs",
        from: ".with(Hazards::MDSCR, mdscr)",
        to: ".with(Hazards::MDSCR, false)",
    },
    Mutant {
        name: "deleted_mdscr_survives",
        file: "debug-shim/src/vcpu.rs",
        from: "        self.mdscr.set(0);\n",
        to: "",
    },
    Mutant {
        name: "deleted_os_lock_survives",
        file: "debug-shim/src/vcpu.rs",
        from: "        self.os_lock.set(false);\n",
        to: "",
    },
    Mutant {
        name: "deleted_vcpu_still_runs",
        file: "debug-shim/src/vcpu.rs",
        from: "        self.os_lock.set(false);\n        self.running.set(false);\n",
        to: "        self.os_lock.set(false);\n",
    },
    Mutant {
        name: "loads_are_miscounted",
        file: "debug-shim/src/vcpu.rs",
        from: "        add(&self.bank_loads, 1);",
        to: "        add(&self.bank_loads, 2);",
    },
    Mutant {
        name: "saves_are_not_counted",
        file: "debug-shim/src/vcpu.rs",
        from: "        add(&self.bank_saves, 1);\n",
        to: "",
    },
    Mutant {
        name: "attached_is_no_hazard",
        file: "debug-shim/src/vcpu.rs",
        from: "Hazards::BANK.with(Hazards::MDSCR, has_mdscr)",
        to: "Hazards::NONE.with(Hazards::MDSCR, has_mdscr)",
    },
    Mutant {
        name: "attached_is_armed_as_any_other",
        file: "debug-shim/src/shim.rs",
        from: "        self.arm(debug, Armed::Attached, debug.effective_mdscr(), hw);\n",
        to: "        self.arm(debug, Armed::Trapped, debug.effective_mdscr(), hw);\n",
    },
];
