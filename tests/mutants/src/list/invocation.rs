// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the shim's invocations.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "vmm_reads_the_stale_copy",
        file: "debug-shim/src/invocation.rs",
        from: "if self.is_on_hardware(vcpu, slot)? { slot.read(hw, self.counts.get()) } else { debug.bank.get(slot) }",
        to: "if self.is_on_hardware(vcpu, slot)? && false { slot.read(hw, self.counts.get()) } else { debug.bank.get(slot) }",
    },
    Mutant {
        name: "vmm_writes_the_stale_copy",
        file: "debug-shim/src/invocation.rs",
        from: "            slot.write(hw, value);\n",
        to: "            vcpu.debug().bank.set(slot, value);\n",
    },
    Mutant {
        name: "vmm_value_is_not_clamped",
        file: "debug-shim/src/invocation.rs",
        from: "        let value = slot.clamp(value, self.counts.get());\n",
        to: "",
    },
    Mutant {
        name: "vmm_mdscr_is_not_clamped",
        file: "debug-shim/src/invocation.rs",
        from: "debug.mdscr.set(value & debug.guest_bits())",
        to: "debug.mdscr.set(value)",
    },
    Mutant {
        name: "dirty_is_ignored",
        file: "debug-shim/src/invocation.rs",
        from: "        if dirty {\n",
        to: "        if dirty && false {\n",
    },
    Mutant {
        name: "every_write_is_dirty",
        file: "debug-shim/src/invocation.rs",
        from: "        if dirty {\n",
        to: "        if dirty || true {\n",
    },
    Mutant {
        name: "write_leaves_hazards_stale",
        file: "debug-shim/src/invocation.rs",
        from: "        debug.refresh();\n",
        to: "",
    },
    Mutant {
        name: "index_one_too_many",
        file: "debug-shim/src/invocation.rs",
        from: "if n < count { Ok(slot)",
        to: "if n <= count { Ok(slot)",
    },
    Mutant {
        name: "watchpoints_are_counted_as_breakpoints",
        file: "debug-shim/src/invocation.rs",
        from: "below(n, counts.watchpoints(), Slot::Wvr(n))",
        to: "below(n, counts.breakpoints(), Slot::Wvr(n))",
    },
    Mutant {
        name: "loaded_becomes_pending",
        file: "debug-shim/src/invocation.rs",
        from: "if debug.state() == State::Clean {",
        to: "if debug.state() != State::External {",
    },
    Mutant {
        name: "flag_steals_from_the_debugger",
        file: "debug-shim/src/invocation.rs",
        from: "if debug.state() == State::Clean {",
        to: "if debug.state() != State::Loaded {",
    },
    Mutant {
        name: "os_lock_is_inverted",
        file: "debug-shim/src/invocation.rs",
        from: "debug.os_lock.set(value & 1 != 0)",
        to: "debug.os_lock.set(value & 1 == 0)",
    },
];
