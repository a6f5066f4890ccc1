// SPDX-License-Identifier: MIT OR Apache-2.0
//! A network card by Virtio (Virtio 1.2, section 5.1), of which a switch in another protection domain carries the frames.
//!
//! A frame is copied between the guest's buffer and one that is shared with the switch, and the guest has its buffer back in
//! the same event. What the switch sees, an index that is published after the commit, says all of it: so no frame is lost or
//! carried twice when the VMM dies. How far both queues are is two numbers, since in each direction a buffer that comes out
//! of one queue goes into the other.
//!
//! Frames that the guest has no buffers for wait in the queue, and when that is full the switch drops them. The guest's
//! frames wait in its own queue while all shared buffers are under way.

mod backend;
mod config;
mod frames;

pub use backend::{Backend, Pair};

use super::NODE;
use super::device::{Device, QueueMemory};
use crate::bus::{MmioDevice, Node};
use crate::console::Serial;
use crate::device::gic::Inject;
use crate::device::{Backing, Outside};
use crate::state::{Content, Journal, Section, Stored, sections};
use sddf_abi::net::CAPACITY;
use virtio::queue::Broken;
use virtio::transport::{CONFIG, CONFIG_GENERATION, Event};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The queues: what the guest receives, and what it sends.
const RECEIVE: usize = 0;
const SEND: usize = 1;
const QUEUES: usize = 2;

/// How far the queues to the switch and back are.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Indices {
    sent: u16,
    taken: u16,
    /// 1: they say how far the shared queues are. Before that, nothing of the guest's went through these.
    is_met: u16,
    /// 1: the link was up when the driver was told last, or when it began.
    is_up: u16,
}

impl Content for Indices {
    const NAME: &'static str = "virtio network";

    fn new() -> Self {
        Self { sent: 0, taken: 0, is_met: 0, is_up: 0 }
    }
}

sections! {
    /// What of it outlasts the VMM.
    pub struct NetMemory {
        device: QueueMemory<QUEUES>,
        indices: Stored<Indices>,
    }
}

/// The network card.
pub struct VirtioNet<'a> {
    device: Device<'a, QUEUES>,
    indices: Section<'a, Indices>,
    /// There is something that the switch does not see yet.
    is_unpublished: bool,
    /// Nothing was published by this VMM: the one before it may have died before its signal.
    is_first: bool,
}

impl<'a> MmioDevice<'a> for VirtioNet<'a> {
    type Memory = NetMemory;
    const NODE: Option<Node> = Some(NODE);

    fn new(memory: &'a mut NetMemory, journal: &'a Journal) -> Self {
        Self {
            device: Device::new(&mut memory.device, journal, config::identity(None), "network"),
            indices: Section::new(&mut memory.indices, journal),
            // A VMM before this one may have died before it did that.
            is_unpublished: true,
            is_first: true,
        }
    }

    fn reset(&mut self, _port: &mut impl Inject) {
        self.device.is_touched = true;
        self.device.transport.reset();
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
        let link = outside.backing.network.and_then(|network| network.link());
        self.device.transport.identity = config::identity(link.as_ref());
        match (link, offset.checked_sub(CONFIG)) {
            (Some(link), None) if offset == CONFIG_GENERATION && size == 4 => link.is_up.into(),
            (_, None) => self.device.transport.read(offset, size).into(),
            (Some(link), Some(at)) => config::read(&link, at, size),
            (None, Some(_)) => 0,
        }
    }

    #[inline(never)]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        let Some(backend) = outside.backing.network else { return };
        if offset >= CONFIG {
            return;
        }
        self.device.transport.identity = config::identity(backend.link().as_ref());
        match self.device.write(offset, size, value, &outside.backing.ram) {
            Event::Nothing | Event::QueueReset(_) => {}
            Event::Reset => self.note_link(&backend),
            Event::Live => {
                self.meet(&backend);
                self.tell_link(&backend);
                self.try_to(SEND, Self::send, &backend, outside);
            }
            Event::Notified(SEND) => self.try_to(SEND, Self::send, &backend, outside),
            Event::Notified(_) => self.try_to(RECEIVE, Self::receive, &backend, outside),
            Event::Broken(queue, broken) => self.device.tell(queue, broken, outside),
        }
    }

    #[inline(always)]
    fn publish(&mut self, backing: &Backing<'a>) {
        self.device.publish(backing);
        if self.is_unpublished {
            self.publish_now(backing);
        }
    }

    #[inline(never)]
    fn poll<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) {
        let Some(backend) = outside.backing.network else { return };
        self.tell_link(&backend);
        if backend.get(self.indices.taken).is_some() {
            self.try_to(RECEIVE, Self::receive, &backend, outside);
        }
        // It wants to hear of free buffers only while frames wait for them.
        if backend.send.free.wants_signal() && backend.send.free(self.indices.sent).is_some() {
            self.try_to(SEND, Self::send, &backend, outside);
        }
    }

    fn line(&self) -> bool {
        self.device.transport.line()
    }
}

impl<'a> VirtioNet<'a> {
    /// Goes on from where the shared queues are now, and gives back what came for a driver that was not there.
    fn meet(&mut self, backend: &Backend<'a>) {
        if backend.link().is_none() {
            return;
        }
        let (sent, taken) = (backend.send.active.tail(), backend.receive.active.head());
        let is_up = self.indices.is_up;
        *self.indices.change() = Indices { sent, taken, is_met: 1, is_up };
        for _ in 0..CAPACITY {
            let Some(buffer) = backend.get(self.indices.taken) else { break };
            self.give_back(&buffer, backend);
        }
    }

    /// A driver that begins looks at the link by itself.
    fn note_link(&mut self, backend: &Backend<'a>) {
        let is_up = backend.link().is_some_and(|link| link.is_up).into();
        if self.indices.is_up != is_up {
            self.device.is_touched = true;
            self.indices.change().is_up = is_up;
        }
    }

    /// The driver is told if the link has come or gone since it has begun, or was told last.
    fn tell_link(&mut self, backend: &Backend<'a>) {
        let before = self.indices.is_up;
        if self.device.transport.is_live() {
            self.note_link(backend);
            if self.indices.is_up != before && self.device.transport.has(config::STATUS) {
                self.device.transport.tell_change();
            }
        }
    }

    /// Works on a queue while nothing is wrong with it.
    fn try_to<'o, S: Serial>(
        &mut self,
        queue: usize,
        work: impl FnOnce(&mut Self, &Backend<'a>, &mut Outside<'o, 'a, S>) -> Result<(), Broken>,
        backend: &Backend<'a>,
        outside: &mut Outside<'o, 'a, S>,
    ) {
        if !self.device.transport.is_live() {
            return;
        }
        self.device.is_touched = true;
        let done = work(self, backend, outside).and_then(|()| self.device.interrupt(queue, outside.backing));
        if let Err(broken) = done {
            self.device.fail(queue, broken, outside);
        }
    }

    #[inline(never)]
    fn update_checksums(&mut self) {
        self.device.update_checksums();
        self.indices.update_checksum();
    }

    #[inline(never)]
    fn publish_now(&mut self, backing: &Backing<'a>) {
        self.is_unpublished = false;
        if let Some(backend) = backing.network
            && self.indices.is_met != 0
        {
            let is_first = core::mem::take(&mut self.is_first);
            backend.publish(self.indices.sent, self.indices.taken, is_first);
        }
    }
}

#[cfg(test)]
mod tests;
