// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of a vCPU's state.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "enabled_guest_is_not_reloaded",
        file: "debug-shim/src/vcpu.rs",
        from: "State::Clean => self.mdscr.get() & mdscr_el1::NEEDS_BANK != 0",
        to: "State::Clean => self.mdscr.get() & mdscr_el1::NEEDS_BANK == u64::MAX",
    },
    Mutant {
        name: "pending_is_not_loaded",
        file: "debug-shim/src/vcpu.rs",
        from: "State::Pending | State::Loaded => true",
        to: "State::Pending => false,\n            State::Loaded => true",
    },
    Mutant {
        name: "debugger_does_not_keep_the_bank",
        file: "debug-shim/src/vcpu.rs",
        from: "State::External => false",
        to: "State::External => true",
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
        from: "        asked && !self.os_lock.get()\n",
        to: "        asked\n",
    },
    Mutant {
        name: "os_lock_withholds_nothing",
        file: "debug-shim/src/vcpu.rs",
        from: "self.os_lock.get() || self.state.get() == State::External;",
        to: "self.state.get() == State::External;",
    },
    Mutant {
        name: "debugger_withholds_nothing",
        file: "debug-shim/src/vcpu.rs",
        from: "self.os_lock.get() || self.state.get() == State::External;",
        to: "self.os_lock.get();",
    },
    Mutant {
        name: "loaded_is_no_hazard",
        file: "debug-shim/src/vcpu.rs",
        from: "matches!(self.state.get(), State::Loaded | State::External)",
        to: "self.state.get() == State::External",
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
        from: "matches!(self.state.get(), State::Loaded | State::External)",
        to: "self.state.get() == State::Loaded",
    },
    Mutant {
        name: "attached_is_armed_as_any_other",
        file: "debug-shim/src/vcpu.rs",
        from: "            State::External => Armed::Attached,\n",
        to: "",
    },
];
