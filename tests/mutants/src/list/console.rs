// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the console: when output is shown, and what of it.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "return_gets_no_name",
        file: "drivers/serial/src/mux.rs",
        from: "                    out.put(b'\\r');\n                    self.write_name(index, STARTS, out);",
        to: "                    out.put(b'\\r');",
    },
    Mutant {
        name: "sequences_of_the_unfocused_pass",
        file: "drivers/serial/src/filter.rs",
        from: "(b'@'..=b'~', Some(parameters)) if edits =>",
        to: "(b'@'..=b'~', Some(parameters)) =>",
    },
    Mutant {
        name: "c1_passes",
        file: "drivers/serial/src/filter.rs",
        from: "length_of(byte)),\n            _ => self.escaped(&[byte], put),",
        to: "length_of(byte)),\n            _ => put(text(&[byte])),",
    },
    Mutant {
        name: "backspace_leaves_the_own_text",
        file: "drivers/serial/src/filter.rs",
        from: "let cells = cells.min(self.back);\n        self.back -= cells;",
        to: "self.back = self.back.saturating_sub(cells);",
    },
    Mutant {
        name: "colour_outlives_its_line",
        file: "drivers/serial/src/filter.rs",
        from: "core::mem::take(&mut self.coloured)",
        to: "false",
    },
    Mutant {
        name: "string_swallows_the_lines_behind_it",
        file: "drivers/serial/src/filter.rs",
        from: "b'\\n' | b'\\r' | CAN | SUB => self.interrupted",
        to: "CAN | SUB => self.interrupted",
    },
    Mutant {
        name: "prompt_is_never_due",
        file: "drivers/serial/src/mux/console.rs",
        from: "now.wrapping_sub(since) >= patience || ",
        to: "",
    },
    Mutant {
        name: "client_names_itself",
        file: "drivers/serial/src/mux.rs",
        from: "if console.name.is_empty() && !said.is_empty() && !is_taken",
        to: "if !said.is_empty() && !is_taken",
    },
    Mutant {
        name: "driver_that_does_not_look_is_not_told",
        file: "vmm/src/console.rs",
        from: "if news == News::Line || (news == News::More && !self.serial.is_watched()) {",
        to: "if news == News::Line {",
    },
    Mutant {
        name: "whole_lines_wait_for_the_driver",
        file: "vmm/src/console.rs",
        from: "if news == News::Line || (news == News::More && !self.serial.is_watched()) {",
        to: "if news == News::More && !self.serial.is_watched() {",
    },
];
