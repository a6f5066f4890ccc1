// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices by Virtio: queues, the bus, the console, the disk and its driver.

use crate::Mutant;

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "buffer_s_end_is_not_looked_at",
        file: "virtio/src/queue/chain.rs",
        from: "if !memory.has(segment.address, segment.length.into()) {",
        to: "if !memory.has(segment.address, 0) {",
    },
    Mutant {
        name: "table_in_a_table",
        file: "virtio/src/queue/chain.rs",
        from: "if !indirect || is_nested || flags & NEXT != 0 {",
        to: "if !indirect || flags & NEXT != 0 {",
    },
    Mutant {
        name: "index_may_run_away",
        file: "virtio/src/queue/mod.rs",
        from: "if available > self.size { Err(Broken::Ahead) } else { Ok(available) }",
        to: "Ok(available.min(self.size))",
    },
    Mutant {
        name: "event_is_one_late",
        file: "virtio/src/queue/mod.rs",
        from: "self.used.wrapping_sub(word).wrapping_sub(1) < self.used.wrapping_sub(told)",
        to: "self.used.wrapping_sub(word) < self.used.wrapping_sub(told)",
    },
    Mutant {
        name: "driver_gets_features_that_were_not_offered",
        file: "virtio/src/transport.rs",
        from: "features & !self.offered() == 0 && features",
        to: "features",
    },
    Mutant {
        name: "queue_in_use_moves",
        file: "virtio/src/transport.rs",
        from: ".filter(|queue| !queue.is_ready()) else { return };",
        to: " else { return };",
    },
    Mutant {
        name: "completed_before_it_is_kept",
        file: "vmm/src/device/virtio/device.rs",
        from: "        self.transport.queues[queue].change().complete(head, written, &mut backing.ram)\n",
        to: "        self.transport.queues[queue].change().complete(head, written, &mut backing.ram)?;\n        self.transport.queues[queue].publish(&mut backing.ram);\n        Ok(())\n",
    },
    Mutant {
        name: "rest_of_a_buffer_is_forgotten",
        file: "vmm/src/device/virtio/console.rs",
        from: "                    self.progress.change().sent = sent;\n",
        to: "",
    },
    Mutant {
        name: "input_is_the_uart_s_for_ever",
        file: "vmm/src/device/pl011.rs",
        from: " && outside.console.reader() == Reader::Uart {",
        to: " {",
    },
    Mutant {
        name: "who_waits_for_room_is_told_too_early",
        file: "drivers/serial/src/ring.rs",
        from: " && self.len() <= CAPACITY / 2 && ",
        to: " && ",
    },
    Mutant {
        name: "next_request_s_data_replaces_what_was_read",
        file: "vmm/src/device/virtio/block/request.rs",
        from: "let second = self.second ^ 1;",
        to: "let second = self.second;",
    },
    Mutant {
        name: "request_is_sent_before_it_is_kept",
        file: "vmm/src/device/virtio/block/work.rs",
        from: "        self.indices.change().sent = id.wrapping_add(1);\n",
        to: "        self.indices.change().sent = id.wrapping_add(1);\n        backend.send(id.wrapping_add(1));\n",
    },
    Mutant {
        name: "block_s_other_sectors_are_lost",
        file: "vmm/src/device/virtio/block/work.rs",
        from: " && part.is_partial() {",
        to: " && part.count == 0 {",
    },
    Mutant {
        name: "response_to_a_reset_device_is_taken",
        file: "vmm/src/device/virtio/block/work.rs",
        from: "if self.requests[n].is_abandoned() || ",
        to: "if ",
    },
    Mutant {
        name: "answer_is_not_noted",
        file: "drivers/block/src/server.rs",
        from: "        shared.note(head, tail);\n",
        to: "",
    },
    Mutant {
        name: "partition_s_end_is_nobody_s",
        file: "drivers/block/src/server.rs",
        from: "request.block.checked_add(count)? <= range.blocks",
        to: "request.block.checked_add(count)? <= u64::MAX",
    },
];
