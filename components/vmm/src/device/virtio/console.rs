// SPDX-License-Identifier: MIT OR Apache-2.0
//! The console by Virtio (Virtio 1.2, section 5.3): whole buffers of output for one exit, where the UART takes one for
//! each byte. It is the same line as the UART's.
//!
//! Output goes as far as the line has room; the rest of a buffer waits until the serial driver says that there is some
//! again, and the guest gets its buffer back when all of it is out. Input goes to this device while it is the one that the
//! guest wrote to last (`Console::reader`), as far as the guest has given buffers.

use super::NODE;
use super::device::{Device, QueueMemory};
use crate::bus::{MmioDevice, Node};
use crate::console::{Reader, Serial};
use crate::device::gic::Inject;
use crate::device::pl011::Output as _;
use crate::device::{Backing, Outside};
use crate::state::{Content, Journal, Section, Stored, sections};
use virtio::queue::{Broken, Chain};
use virtio::transport::{CONFIG, Event, Identity};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Section 5.
const CONSOLE: u32 = 3;
/// Feature: a byte that is stored to the register goes out at once, without a queue.
const EMERG_WRITE: u64 = 1 << 2;
/// That register.
const EMERGENCY: u16 = CONFIG + 8;
/// The queues: what the guest receives, and what it sends.
const RECEIVE: usize = 0;
const SEND: usize = 1;
const QUEUES: usize = 2;
/// Bytes that are copied at a time.
const PIECE: usize = 64;

/// How far the buffer is out that is being sent.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Progress {
    sent: u64,
}

impl Content for Progress {
    const NAME: &'static str = "virtio console";

    fn new() -> Self {
        Self { sent: 0 }
    }
}

sections! {
    /// What of it outlasts the VMM.
    pub struct ConsoleMemory {
        device: QueueMemory<QUEUES>,
        progress: Stored<Progress>,
    }
}

/// The console.
pub struct VirtioConsole<'a> {
    device: Device<'a, QUEUES>,
    progress: Section<'a, Progress>,
}

impl<'a> MmioDevice<'a> for VirtioConsole<'a> {
    type Memory = ConsoleMemory;
    const NODE: Option<Node> = Some(NODE);

    fn new(memory: &'a mut ConsoleMemory, journal: &'a Journal) -> Self {
        let identity = Identity { id: CONSOLE, features: EMERG_WRITE };
        Self {
            device: Device::new(&mut memory.device, journal, identity, "console"),
            progress: Section::new(&mut memory.progress, journal),
        }
    }

    fn reset(&mut self, _port: &mut impl Inject) {
        self.device.is_touched = true;
        self.device.transport.reset();
        self.forget();
    }

    #[inline(always)]
    fn update_checksum(&mut self) {
        if self.device.is_touched {
            self.update_checksums();
        }
    }

    #[inline(always)]
    fn read_has_effect(_offset: u16) -> bool {
        false
    }

    #[inline(never)]
    fn read<S: Serial>(&mut self, offset: u16, size: u8, _outside: &mut Outside<'_, 'a, S>) -> u64 {
        // It has no size that anybody knows, and one port.
        if offset < CONFIG { self.device.transport.read(offset, size).into() } else { 0 }
    }

    #[inline(never)]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        if offset == EMERGENCY {
            outside.console.set_reader(Reader::Virtio);
            return outside.console.put(value as u8);
        }
        if offset >= CONFIG {
            return;
        }
        match self.device.write(offset, size, value, &outside.backing.ram) {
            Event::Nothing => {}
            Event::Notified(SEND) => self.try_to(SEND, Self::send, outside),
            Event::Notified(_) => self.try_to(RECEIVE, Self::receive, outside),
            Event::Live => self.poll(outside),
            Event::Reset | Event::QueueReset(SEND) => self.forget(),
            Event::QueueReset(_) => {}
            Event::Broken(queue, broken) => self.device.tell(queue, broken, outside),
        }
    }

    #[inline(always)]
    fn publish(&mut self, backing: &Backing<'a>) {
        self.device.publish(backing);
    }

    #[inline(never)]
    fn poll<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) {
        self.try_to(SEND, Self::send, outside);
        self.try_to(RECEIVE, Self::receive, outside);
    }

    fn line(&self) -> bool {
        self.device.transport.line()
    }
}

impl<'a> VirtioConsole<'a> {
    /// Works on a queue while nothing is wrong with it.
    fn try_to<'o, S: Serial>(
        &mut self,
        queue: usize,
        work: impl FnOnce(&mut Self, &mut Outside<'o, 'a, S>) -> Result<(), Broken>,
        outside: &mut Outside<'o, 'a, S>,
    ) {
        if !self.device.transport.is_live() {
            return;
        }
        self.device.is_touched = true;
        if let Err(broken) = work(self, outside).and_then(|()| self.device.interrupt(queue, outside.backing)) {
            self.device.fail(queue, broken, outside);
        }
    }

    /// The guest's buffers go out, as far as there is room.
    fn send<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) -> Result<(), Broken> {
        let mut chain = Chain::new();
        while self.device.next(SEND, &mut chain, outside.backing)? {
            outside.console.set_reader(Reader::Virtio);
            if !self.put(&chain, outside) {
                return Ok(());
            }
            self.device.done(SEND, &chain, 0, outside.backing)?;
        }
        Ok(())
    }

    /// What is left of a buffer goes out; false if some of it has no room yet.
    fn put<S: Serial>(&mut self, chain: &Chain, outside: &mut Outside<'_, 'a, S>) -> bool {
        let (mut sent, mut piece) = (self.progress.sent, [0; PIECE]);
        loop {
            let length = chain.read(sent, &mut piece, &outside.backing.ram);
            for byte in piece.into_iter().take(length) {
                if !outside.console.has_room() && !outside.console.await_room() {
                    self.progress.change().sent = sent;
                    return false;
                }
                outside.console.put(byte);
                sent += 1;
            }
            if length == 0 {
                break;
            }
        }
        self.forget();
        true
    }

    /// Input goes to the guest's buffers, as far as there are any.
    fn receive<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) -> Result<(), Broken> {
        let mut chain = Chain::new();
        while outside.console.reader() == Reader::Virtio
            && outside.console.has_input()
            && self.device.next(RECEIVE, &mut chain, outside.backing)?
        {
            let mut written = 0;
            while written < chain.writable_length()
                && let Some(byte) = outside.console.get()
            {
                chain.write(written, &[byte], &mut outside.backing.ram);
                written += 1;
            }
            self.device.done(RECEIVE, &chain, written as u32, outside.backing)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn update_checksums(&mut self) {
        self.device.update_checksums();
        self.progress.update_checksum();
    }

    /// No buffer is being sent.
    fn forget(&mut self) {
        if self.progress.sent != 0 {
            self.progress.change().sent = 0;
        }
    }
}

#[cfg(test)]
mod tests;
