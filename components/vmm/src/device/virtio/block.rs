// SPDX-License-Identifier: MIT OR Apache-2.0
//! A disk by Virtio (Virtio 1.2, section 5.2), of which a driver in another protection domain has the sectors.
//!
//! The guest counts in sectors of 512 bytes, the driver in blocks of 4096. What does not fit into a cell of the data region
//! goes in parts; what writes a block in part reads it first, and then nothing else is in flight.
//!
//! Requests in flight are kept. The driver sees one once it is kept, by an index that is published after the commit, and
//! its response is taken in an event that is committed as a whole: so no request is lost, and none is done twice that was
//! answered.

mod backend;
mod config;
mod request;
mod work;

pub use backend::Backend;

use super::NODE;
use super::device::{Device, QueueMemory};
use crate::bus::{MmioDevice, Node};
use crate::console::Serial;
use crate::device::gic::Inject;
use crate::device::{Backing, Outside};
use crate::state::{Content, Journal, Section, Stored, sections};
use request::Request;
use virtio::queue::Broken;
use virtio::transport::{CONFIG, Event};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Requests in flight.
pub const DEPTH: usize = 4;
/// The only queue.
const QUEUE: usize = 0;

/// How far the queues to the driver and back are.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Indices {
    sent: u32,
    taken: u32,
}

impl Content for Indices {
    const NAME: &'static str = "virtio disk";

    fn new() -> Self {
        Self { sent: 0, taken: 0 }
    }
}

sections! {
    /// What of it outlasts the VMM.
    pub struct BlockMemory {
        device: QueueMemory<1>,
        indices: Stored<Indices>,
        requests: [Stored<Request>; DEPTH],
    }
}

/// The disk.
pub struct VirtioBlock<'a> {
    device: Device<'a, 1>,
    indices: Section<'a, Indices>,
    requests: [Section<'a, Request>; DEPTH],
    /// There are requests that the driver does not see yet.
    is_unsent: bool,
}

impl<'a> MmioDevice<'a> for VirtioBlock<'a> {
    type Memory = BlockMemory;
    const NODE: Option<Node> = Some(NODE);

    fn new(memory: &'a mut BlockMemory, journal: &'a Journal) -> Self {
        let requests = memory.requests.each_mut().map(|request| Section::new(request, journal));
        // A VMM before this one may have died before it sent them.
        let is_unsent = requests.iter().any(|request| !request.is_free());
        Self {
            device: Device::new(&mut memory.device, journal, config::identity(None), "disk"),
            indices: Section::new(&mut memory.indices, journal),
            requests,
            is_unsent,
        }
    }

    fn reset(&mut self, _port: &mut impl Inject) {
        self.device.is_touched = true;
        self.device.transport.reset();
        self.abandon();
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
    fn read<S: Serial>(&mut self, offset: u16, size: u8, outside: &mut Outside<'_, 'a, S>) -> u64 {
        let disk = outside.backing.disk.and_then(|disk| disk.disk());
        self.device.transport.identity = config::identity(disk.as_ref());
        match (disk, offset.checked_sub(CONFIG)) {
            (_, None) => self.device.transport.read(offset, size).into(),
            (Some(disk), Some(at)) => config::read(&disk, at, size),
            (None, Some(_)) => 0,
        }
    }

    #[inline(never)]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        let Some(backend) = outside.backing.disk else { return };
        if offset >= CONFIG {
            return;
        }
        self.device.transport.identity = config::identity(backend.disk().as_ref());
        match self.device.write(offset, size, value, &outside.backing.ram) {
            Event::Nothing => {}
            Event::Live => {
                self.meet(&backend);
                self.start(&backend, outside);
            }
            Event::Notified(_) => self.start(&backend, outside),
            Event::Reset | Event::QueueReset(_) => self.abandon(),
            Event::Broken(queue, broken) => self.device.tell(queue, broken, outside),
        }
    }

    #[inline(always)]
    fn publish(&mut self, backing: &Backing<'a>) {
        self.device.publish(backing);
        if self.is_unsent {
            self.send(backing);
        }
    }

    #[inline(never)]
    fn poll<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) {
        if let Some(backend) = outside.backing.disk
            && backend.get(self.indices.taken).is_some()
        {
            self.device.is_touched = true;
            self.take_responses(&backend, outside);
            self.start(&backend, outside);
        }
    }

    fn line(&self) -> bool {
        self.device.transport.line()
    }
}

impl<'a> VirtioBlock<'a> {
    /// Goes on from where the shared queues are now, if nothing is in flight: what is in them is nobody's.
    fn meet(&mut self, backend: &Backend<'a>) {
        if self.requests.iter().all(|request| request.is_free()) {
            let (sent, taken) = (backend.requests.tail(), backend.responses.tail());
            *self.indices.change() = Indices { sent, taken };
        }
    }

    /// Takes the guest's requests, as long as more can be in flight.
    fn start<S: Serial>(&mut self, backend: &Backend<'a>, outside: &mut Outside<'_, 'a, S>) {
        if !self.device.transport.is_live() {
            return;
        }
        if let Err(broken) = self.take_requests(backend, outside).and_then(|()| self.interrupt(outside)) {
            self.device.fail(QUEUE, broken, outside);
        }
    }

    fn interrupt<S>(&mut self, outside: &Outside<'_, 'a, S>) -> Result<(), Broken> {
        self.device.interrupt(QUEUE, outside.backing)
    }

    /// The guest wants to hear no more of what is in flight.
    fn abandon(&mut self) {
        for request in &mut self.requests {
            if !request.is_free() {
                request.change().abandon();
            }
        }
    }

    #[inline(never)]
    fn update_checksums(&mut self) {
        self.device.update_checksums();
        self.indices.update_checksum();
        self.requests.iter_mut().for_each(Section::update_checksum);
    }

    #[inline(never)]
    fn send(&mut self, backing: &Backing<'a>) {
        self.is_unsent = false;
        if let Some(backend) = backing.disk {
            backend.consume(self.indices.taken);
            backend.send(self.indices.sent);
        }
    }
}

#[cfg(test)]
mod tests;
