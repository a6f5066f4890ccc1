// SPDX-License-Identifier: MIT OR Apache-2.0
//! The network's switch.

use crate::Mutant;

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "buffer_is_published_before_it_is_put",
        file: "drivers/network/src/side.rs",
        from: "        self.shared.put(to, self.tail, &Buffer { length, ..*buffer });\n",
        to: "        self.shared.publish(to, self.tail.wrapping_add(1));\n        self.shared.put(to, self.tail, &Buffer { length, ..*buffer });\n",
    },
    Mutant {
        name: "head_does_not_follow_after_a_start",
        file: "drivers/network/src/side.rs",
        from: "        shared.consume(from, tail.wrapping_sub(direction.lead()));\n",
        to: "",
    },
    Mutant {
        name: "free_queue_is_filled_at_each_start",
        file: "drivers/network/src/side.rs",
        from: "if !shared.is_filled() {",
        to: "if shared.tail(Which::Free) < u16::MAX {",
    },
    Mutant {
        name: "filling_is_noted_before_it_is_done",
        file: "drivers/network/src/side.rs",
        from: "fn fill(shared: &impl Shared) {\n",
        to: "fn fill(shared: &impl Shared) {\n    shared.set_filled();\n",
    },
    Mutant {
        name: "frame_is_for_somebody_before_the_card_has_room",
        file: "drivers/network/src/switch.rs",
        from: "            if targets.is_card && !card.has_room() {\n",
        to: "            if targets.is_card && !card.has_room() {\n                deliver(&mut self.receivers, &targets, &frame);\n",
    },
    Mutant {
        name: "frame_for_a_full_card_is_lost",
        file: "drivers/network/src/switch.rs",
        from: "            if targets.is_card && !card.has_room() {\n                return false;\n",
        to: "            if targets.is_card && !card.has_room() {\n                sender.pass(&buffer, 0);\n                return false;\n",
    },
    Mutant {
        name: "client_never_waits_for_its_turn",
        file: "drivers/network/src/switch.rs",
        from: "for _ in 0..CAPACITY {",
        to: "loop {",
    },
    Mutant {
        name: "client_may_send_as_another",
        file: "drivers/network/src/address.rs",
        from: "if frame.source() != self.of(sender) {",
        to: "if self.client(frame.source()).is_none() {",
    },
    Mutant {
        name: "frame_between_clients_leaves_the_machine",
        file: "drivers/network/src/address.rs",
        from: "self.has_card && self.client(frame.destination()).is_none()",
        to: "self.has_card",
    },
    Mutant {
        name: "bytes_behind_a_frame_go_with_it",
        file: "drivers/network/src/frame.rs",
        from: "place.store(first_bytes(place.load(Relaxed), ",
        to: "place.store(first_bytes(place.load(Relaxed), 8 + ",
    },
    Mutant {
        name: "wire_that_goes_is_told_to_nobody",
        file: "drivers/network/src/switch.rs",
        from: "core::mem::replace(&mut self.is_up, is_up) != is_up",
        to: "core::mem::replace(&mut self.is_up, is_up) && false",
    },
];
