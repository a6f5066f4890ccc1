// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the shim's moves at boot, resume and exit.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "enter_leaves_mdscr",
        file: "debug-shim/src/shim.rs",
        from: "        hw.write(Register::Mdscr, mdscr);\n",
        to: "",
    },
    Mutant {
        name: "enter_opens_the_trap_for_all",
        file: "debug-shim/src/shim.rs",
        from: "if direct {",
        to: "if true {",
    },
    Mutant {
        name: "enter_never_opens_the_trap",
        file: "debug-shim/src/shim.rs",
        from: "if direct {",
        to: "if false {",
    },
    Mutant {
        name: "armed_is_as_good_as_owned",
        file: "debug-shim/src/shim.rs",
        from: "hazards.contains(Hazards::DIRECT) && self.owner",
        to: "hazards.contains(Hazards::MDSCR) && self.owner",
    },
    Mutant {
        name: "enter_loads_for_everybody",
        file: "debug-shim/src/shim.rs",
        from: "        if debug.wants_bank() {\n            self.take_bank",
        to: "        if true {\n            self.take_bank",
    },
    Mutant {
        name: "enter_forgets_that_it_runs",
        file: "debug-shim/src/shim.rs",
        from: "        debug.running.set(true);\n",
        to: "",
    },
    Mutant {
        name: "disarm_leaves_mdscr",
        file: "debug-shim/src/shim.rs",
        from: "        hw.write(Register::Mdscr, 0);\n        if self.armed.replace",
        to: "        if self.armed.replace",
    },
    Mutant {
        name: "disarm_leaves_the_trap_open",
        file: "debug-shim/src/shim.rs",
        from: "if self.armed.replace(Armed::No) == Armed::Direct {",
        to: "if self.armed.replace(Armed::No) == Armed::Trapped {",
    },
    Mutant {
        name: "exit_does_not_disarm",
        file: "debug-shim/src/shim.rs",
        from: "        hw.write(Register::Mdscr, 0);\n        self.armed.set(Armed::No);\n    }",
        to: "        self.armed.set(Armed::No);\n    }",
    },
    Mutant {
        name: "exit_loses_mdscr",
        file: "debug-shim/src/shim.rs",
        from: "            debug.keep_mdscr(hw.read(Register::Mdscr) & guest_bits);\n",
        to: "",
    },
    Mutant {
        name: "exit_saves_mdscr_always",
        file: "debug-shim/src/shim.rs",
        from: "        if armed == Armed::Direct {\n            debug.keep",
        to: "        if armed != Armed::No {\n            debug.keep",
    },
    Mutant {
        name: "exit_leaves_mdscr_stale",
        file: "debug-shim/src/vcpu.rs",
        from: "        self.mdscr.set(value);\n",
        to: "        self.mdscr.set(self.mdscr.get() | value);\n",
    },
    Mutant {
        name: "exit_forgets_that_it_stopped",
        file: "debug-shim/src/shim.rs",
        from: "        debug.running.set(false);\n",
        to: "",
    },
    Mutant {
        name: "exit_leaves_the_trap_open",
        file: "debug-shim/src/shim.rs",
        from: "            self.write_mdcr(hw, true);\n        }\n        debug.running",
        to: "        }\n        debug.running",
    },
    Mutant {
        name: "another_cores_bank_is_as_good",
        file: "debug-shim/src/shim.rs",
        from: "hazards.contains(Hazards::DIRECT) && self.owner.get() == Some(vcpu)",
        to: "hazards.contains(Hazards::DIRECT)",
    },
    Mutant {
        name: "locked_bank_is_as_good",
        file: "debug-shim/src/vcpu.rs",
        from: "hazards.with(Hazards::DIRECT, direct)",
        to: "hazards.with(Hazards::DIRECT, self.state.get() == State::Loaded)",
    },
    Mutant {
        name: "exit_is_not_counted",
        file: "debug-shim/src/shim.rs",
        from: "        debug.count_exit();\n",
        to: "",
    },
    Mutant {
        name: "another_cores_bank_is_taken",
        file: "debug-shim/src/shim.rs",
        from: "(State::Loaded, false) => Err(Error::Elsewhere)",
        to: "(State::Loaded, false) => Ok(false)",
    },
    Mutant {
        name: "one_owner_too_many",
        file: "debug-shim/src/shim.rs",
        from: "        if let Some(owner) = self.owner.get() {\n            self.park(owner, hw);\n        }\n        let debug",
        to: "        let debug",
    },
    Mutant {
        name: "bank_is_not_loaded",
        file: "debug-shim/src/shim.rs",
        from: "        debug.count_load(debug.bank.load(hw, self.counts.get(), debug.aarch32.get()));\n",
        to: "",
    },
    Mutant {
        name: "channel_is_handed_over",
        file: "debug-shim/src/shim.rs",
        from: "        let debug = vcpu.debug();\n        bank::scrub_channel(hw);\n",
        to: "        let debug = vcpu.debug();\n",
    },
    Mutant {
        name: "owner_is_not_noted",
        file: "debug-shim/src/shim.rs",
        from: "        self.owner.set(Some(vcpu));\n",
        to: "",
    },
    Mutant {
        name: "load_before_save",
        file: "debug-shim/src/shim.rs",
        from: "        if let Some(owner) = self.owner.get() {\n            self.park(owner, hw);\n        }\n        let debug = vcpu.debug();\n        bank::scrub_channel(hw);\n        debug.count_load(debug.bank.load(hw, self.counts.get(), debug.aarch32.get()));\n",
        to: "        let debug = vcpu.debug();\n        bank::scrub_channel(hw);\n        debug.count_load(debug.bank.load(hw, self.counts.get(), debug.aarch32.get()));\n        if let Some(owner) = self.owner.get() {\n            self.park(owner, hw);\n        }\n",
    },
    Mutant {
        name: "bank_is_not_saved",
        file: "debug-shim/src/shim.rs",
        from: "        debug.count_save(debug.bank.save(hw, self.counts.get(), debug.aarch32.get()));\n",
        to: "",
    },
    Mutant {
        name: "parked_owner_stays_owner",
        file: "debug-shim/src/shim.rs",
        from: "        self.owner.set(None);\n        debug.set_state",
        to: "        debug.set_state",
    },
    Mutant {
        name: "parked_owner_stays_loaded",
        file: "debug-shim/src/shim.rs",
        from: "        debug.set_state(State::Clean);\n",
        to: "",
    },
    Mutant {
        name: "anybody_looks_while_the_guest_runs",
        file: "debug-shim/src/shim.rs",
        from: "if debug.running.get() { Err(Error::Running) } else { Ok(debug) }",
        to: "Ok(debug)",
    },
    Mutant {
        name: "boot_leaves_mdscr",
        file: "debug-shim/src/shim.rs",
        from: "        hw.write(Register::Mdscr, 0);\n        self.write_mdcr(hw, true);\n",
        to: "        self.write_mdcr(hw, true);\n",
    },
    Mutant {
        name: "boot_leaves_mdcr",
        file: "debug-shim/src/shim.rs",
        from: "        self.write_mdcr(hw, true);\n        hw.synchronize();\n",
        to: "        hw.synchronize();\n",
    },
    Mutant {
        name: "boot_leaves_the_bank",
        file: "debug-shim/src/shim.rs",
        from: "        bank::scrub(hw, self.counts.get(), false);\n",
        to: "",
    },
    Mutant {
        name: "boot_leaves_the_double_lock",
        file: "debug-shim/src/shim.rs",
        from: "        hw.write(Register::Osdlr, 0);\n",
        to: "",
    },
    Mutant {
        name: "boot_leaves_the_os_lock",
        file: "debug-shim/src/shim.rs",
        from: "        hw.write(Register::Osdlr, 0);\n        bank::scrub_channel(hw);\n",
        to: "        hw.write(Register::Osdlr, 0);\n",
    },
];
