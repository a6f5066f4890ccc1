// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames, between the guest's buffers and those that are shared with the switch.

use super::{Backend, RECEIVE, SEND, VirtioNet};
use crate::console::Serial;
use crate::device::Outside;
use sddf_abi::net::{Buffer, CAPACITY, FRAME_LENGTH, HEADER_LENGTH};
use virtio::queue::{Broken, Chain};

/// Bytes of Virtio's own header before each frame (section 5.1.6).
const HEADER: u64 = 12;
/// That of a frame to the guest: it has its checksum, and is in one buffer.
const PLAIN: [u8; HEADER as usize] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];

impl<'a> VirtioNet<'a> {
    /// The guest's frames go to the switch, as long as there are buffers.
    pub(super) fn send<S: Serial>(
        &mut self,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let mut chain = Chain::new();
        while self.device.next(SEND, &mut chain, outside.backing)? {
            let Some(buffer) = self.free_buffer(backend) else { return Ok(()) };
            self.send_frame(&chain, &buffer, backend, outside);
            self.device.done(SEND, &chain, 0, outside.backing)?;
        }
        Ok(())
    }

    /// The next free buffer. If there is none, the switch is to say when there is.
    fn free_buffer(&self, backend: &Backend<'a>) -> Option<Buffer> {
        let wanted = backend.send.free.wants_signal();
        let mut buffer = backend.send.free(self.indices.sent);
        if wanted != buffer.is_none() {
            backend.send.free.set_wants_signal(buffer.is_none());
            buffer = backend.send.free(self.indices.sent);
        }
        buffer
    }

    /// A frame goes into this buffer, and the buffer to the switch. What cannot be a frame is dropped.
    fn send_frame<S: Serial>(
        &mut self,
        chain: &Chain,
        buffer: &Buffer,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) {
        let length = chain.readable_length().saturating_sub(HEADER);
        if !(HEADER_LENGTH..=FRAME_LENGTH).contains(&length) {
            return self.device.warn(format_args!("a frame of {length} bytes: dropped"), outside);
        }
        // A buffer that is nowhere goes back as one that holds nothing.
        let sent = match backend.send.cell(&Buffer { length: 0, ..*buffer }) {
            Some(mut cell) => {
                cell.fill(0, chain, HEADER, length, &outside.backing.ram);
                Buffer { length: length as u16, ..*buffer }
            }
            None => Buffer { length: 0, ..*buffer },
        };
        backend.put(self.indices.sent, &sent);
        let indices = self.indices.change();
        indices.sent = indices.sent.wrapping_add(1);
        self.is_unpublished = true;
    }

    /// Frames go to the guest's buffers, as far as there are any.
    pub(super) fn receive<S: Serial>(
        &mut self,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let mut chain = Chain::new();
        // A switch that goes on and on is looked at again when it signals.
        for _ in 0..CAPACITY {
            let Some(buffer) = backend.get(self.indices.taken) else { break };
            if !self.device.next(RECEIVE, &mut chain, outside.backing)? {
                break;
            }
            if let Some(written) = receive_frame(&chain, &buffer, backend, outside)? {
                self.device.done(RECEIVE, &chain, written, outside.backing)?;
            }
            self.give_back(&buffer, backend);
        }
        Ok(())
    }

    /// The frame that is next was taken.
    pub(super) fn give_back(&mut self, buffer: &Buffer, backend: &Backend<'a>) {
        backend.give_back(self.indices.taken, buffer);
        let indices = self.indices.change();
        indices.taken = indices.taken.wrapping_add(1);
        self.is_unpublished = true;
    }
}

/// A frame goes into a chain: how many bytes that were. None: the switch has no frame there.
fn receive_frame<S>(
    chain: &Chain,
    buffer: &Buffer,
    backend: &Backend<'_>,
    outside: &mut Outside<'_, '_, S>,
) -> Result<Option<u32>, Broken> {
    let Some(cell) = backend.receive.cell(buffer) else { return Ok(None) };
    let length = u64::from(buffer.length);
    if length < HEADER_LENGTH {
        return Ok(None);
    }
    if chain.writable_length() < HEADER + length {
        return Err(Broken::Short);
    }
    let ram = &mut outside.backing.ram;
    chain.write(0, &PLAIN, ram);
    cell.empty(0, chain, HEADER, length, ram);
    Ok(Some((HEADER + length) as u32))
}
