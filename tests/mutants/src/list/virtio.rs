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
    Mutant {
        name: "frames_from_before_the_driver_are_kept",
        file: "vmm/src/device/virtio/net.rs",
        from: "        for _ in 0..CAPACITY {\n            let Some(buffer) = backend.get",
        to: "        for _ in 0..0 {\n            let Some(buffer) = backend.get",
    },
    Mutant {
        name: "free_buffers_are_not_asked_for",
        file: "vmm/src/device/virtio/net/frames.rs",
        from: "backend.send.free.set_wants_signal(buffer.is_none());",
        to: "backend.send.free.set_wants_signal(false);",
    },
    Mutant {
        name: "shared_buffer_may_be_anywhere",
        file: "vmm/src/device/virtio/net/backend.rs",
        from: "let is_within = buffer.is_within(self.data.len() as u64 * 8);",
        to: "let is_within = true;",
    },
    Mutant {
        name: "shared_buffers_are_not_given_back",
        file: "vmm/src/device/virtio/net/backend.rs",
        from: "        self.receive.free.publish(taken.wrapping_add(CAPACITY));\n",
        to: "",
    },
    Mutant {
        name: "guest_s_buffer_is_too_short_for_a_frame",
        file: "vmm/src/device/virtio/net/frames.rs",
        from: "chain.writable_length() < HEADER + length",
        to: "chain.writable_length() < HEADER",
    },
    Mutant {
        name: "frames_of_a_dead_vmm_are_not_sent",
        file: "vmm/src/device/virtio/net.rs",
        from: "            is_unpublished: true,\n",
        to: "            is_unpublished: false,\n",
    },
    Mutant {
        name: "signal_of_a_dead_vmm_is_not_made_up_for",
        file: "vmm/src/device/virtio/net/backend.rs",
        from: "may_lack_signal || ",
        to: "",
    },
    Mutant {
        name: "guest_does_not_hear_of_the_wire",
        file: "vmm/src/device/virtio/net.rs",
        from: "                self.device.transport.tell_change();\n",
        to: "",
    },
    Mutant {
        name: "wire_that_changed_before_the_driver_began_is_not_told",
        file: "vmm/src/device/virtio/net.rs",
        from: "                self.tell_link(&backend);\n",
        to: "",
    },
];
