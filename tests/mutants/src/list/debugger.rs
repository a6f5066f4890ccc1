// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of a debugger from outside, in the VMM.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "guest_comes_before_its_debugger",
        file: "vmm/src/debugger/exception.rs",
        from: ".filter(|_| !excluded.has(Excluded::BREAKS));",
        to: ".filter(|_| !excluded.has(Excluded::BREAKS) && !moment.breaks(&session.guest));",
    },
    Mutant {
        name: "guest_takes_what_it_has_masked",
        file: "vmm/src/debugger/matching.rs",
        from: "bank.takes_from_el1() && self.spsr.0 & D == 0",
        to: "bank.takes_from_el1()",
    },
    Mutant {
        name: "our_step_shows_in_the_guests_exception",
        file: "vmm/src/debugger/exception.rs",
        from: "            self.vcpu.registers.set_spsr(spsr & !Spsr::SS);\n",
        to: "            self.vcpu.registers.set_spsr(spsr);\n",
    },
    Mutant {
        name: "eret_brings_no_step_along",
        file: "vmm/src/debugger/exception.rs",
        from: "        } else if takes && has_returned {",
        to: "        } else if false && has_returned {",
    },
    Mutant {
        name: "debugger_takes_the_guests_register",
        file: "vmm/src/debugger/merge.rs",
        from: "free(counts.breakpoints, |n| guest.uses_breakpoint(n))",
        to: "free(counts.breakpoints, |_| false)",
    },
    Mutant {
        name: "guests_access_reaches_the_hardwares",
        file: "vmm/src/debugger/backend.rs",
        from: "            Some(value) => Ok(value),\n            None",
        to: "            Some(_) => self.kernel.read(register),\n            None",
    },
    Mutant {
        name: "detach_leaves_the_debuggers",
        file: "vmm/src/debugger/attach.rs",
        from: "        let _ = Hardware::of_guest(&session.guest).write(None, self.kernel);\n",
        to: "",
    },
    Mutant {
        name: "exit_of_a_guest_that_stands_still_lets_it_go_on",
        file: "vmm/src/debugger/run.rs",
        from: "Next::Resume | Next::Wait if self.platform.debugger.is_stopped() => Next::Stop,",
        to: "Next::Wait if self.platform.debugger.is_stopped() => Next::Stop,",
    },
    Mutant {
        name: "successor_lets_a_guest_go_on_that_stands_still",
        file: "vmm/src/vm/recovery.rs",
        from: "            Waits::Stopped if self.platform.debugger.is_stopped() => DONE,\n",
        to: "",
    },
    Mutant {
        name: "registers_are_loaded_before_the_guests_are_kept",
        file: "vmm/src/debugger/run.rs",
        from: "            // What is loaded from here on is not the guest's alone.\n            self.commit(Next::Stay);\n",
        to: "",
    },
];
