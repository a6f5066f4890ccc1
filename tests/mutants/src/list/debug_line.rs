// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of the debug line: what a frame is, and who waits for whom.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "escape_is_sent_as_it_is",
        file: "drivers/debug-line/src/frame.rs",
        from: "matches!(byte, FLAG | ESCAPE)",
        to: "matches!(byte, FLAG)",
    },
    Mutant {
        name: "wrong_frames_are_taken",
        file: "drivers/debug-line/src/frame.rs",
        from: "if is_whole && sum == CHECK_GOOD =>",
        to: "if is_whole =>",
    },
    Mutant {
        name: "long_frame_swallows_the_next",
        file: "drivers/debug-line/src/frame.rs",
        from: "(_, FLAG) => return self.end(),",
        to: "(State::Within | State::Escaped, FLAG) => return self.end(),",
    },
    Mutant {
        name: "full_ring_loses_bytes_at_once",
        file: "drivers/debug-line/src/line.rs",
        from: "if given < frame.bytes.len() {",
        to: "if given == 0 {",
    },
    Mutant {
        name: "line_waits_for_ever",
        file: "drivers/debug-line/src/line.rs",
        from: "        held.looks += 1;\n",
        to: "",
    },
    Mutant {
        name: "deaf_client_holds_the_line_up_again",
        file: "drivers/debug-line/src/line.rs",
        from: "(self.deaf[client] && !rx.is_empty())",
        to: "false",
    },
    Mutant {
        name: "one_client_has_all_turns",
        file: "drivers/debug-line/src/line.rs",
        from: "                let count = LONGEST.min(*left);\n                *left -= count;\n",
        to: "                let count = *left;\n                *left = 0;\n",
    },
];
