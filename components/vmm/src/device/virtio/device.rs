// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every device by Virtio does: its transport and queues, kept in sections; chains in and out; and what the guest is
//! told of, once it is committed.

use crate::console::Serial;
use crate::device::{Backing, Outside};
use crate::guest_ram::GuestRam;
use crate::state::{Journal, Section, Stored, sections};
use crate::vcpu::MAX_VCPUS;
use core::fmt;
use virtio::queue::{Broken, Chain, QueueState};
use virtio::transport::{Event, Identity, Transport, TransportState};

sections! {
    /// What of the transport outlasts the VMM.
    pub struct QueueMemory<const N: usize> {
        transport: Stored<TransportState>,
        queues: [Stored<QueueState>; N],
    }
}

/// A device with so many queues.
pub struct Device<'a, const N: usize> {
    pub transport: Transport<Section<'a, TransportState>, Section<'a, QueueState>, N>,
    /// For the log.
    name: &'static str,
    /// Something was completed that the guest does not see yet.
    is_unpublished: bool,
    /// It has done something since the last commit. Most exits are no business of it, and ask nothing but this.
    pub is_touched: bool,
}

impl<'a, const N: usize> Device<'a, N> {
    /// Whatever a VMM before this one may have left unpublished is published at once.
    pub fn new(memory: &'a mut QueueMemory<N>, journal: &'a Journal, identity: Identity, name: &'static str) -> Self {
        let transport = Transport {
            state: Section::new(&mut memory.transport, journal),
            queues: memory.queues.each_mut().map(|queue| Section::new(queue, journal)),
            identity,
        };
        Self { transport, name, is_unpublished: true, is_touched: false }
    }

    /// A store to a register of the transport's.
    pub fn write(&mut self, offset: u16, size: u8, value: u64, ram: &GuestRam<'a>) -> Event {
        self.is_touched = true;
        self.transport.write(offset, size, value as u32, ram)
    }

    /// Finds the next chain of a queue; whether there is one. If not, the guest is asked to tell of the next.
    pub fn next(&mut self, queue: usize, chain: &mut Chain, backing: &mut Backing<'a>) -> Result<bool, Broken> {
        let (indirect, events) = (self.transport.has_indirect(), self.transport.has_events());
        let queue = &self.transport.queues[queue];
        let is_there = queue.peek(indirect, &backing.ram, chain)?
            || queue.ask(events, &mut backing.ram)? && queue.peek(indirect, &backing.ram, chain)?;
        Ok(is_there)
    }

    /// A chain was taken and is done with.
    pub fn done(&mut self, queue: usize, chain: &Chain, written: u32, backing: &mut Backing<'a>) -> Result<(), Broken> {
        self.transport.queues[queue].change().advance();
        self.complete(queue, chain.head, written, backing)
    }

    /// A chain that was taken before is done with.
    pub fn complete(&mut self, queue: usize, head: u16, written: u32, backing: &mut Backing<'a>) -> Result<(), Broken> {
        self.is_unpublished = true;
        self.transport.queues[queue].change().complete(head, written, &mut backing.ram)
    }

    /// Raises the interrupt line if the guest wants to hear of what was done.
    pub fn interrupt(&mut self, queue: usize, backing: &Backing<'a>) -> Result<(), Broken> {
        let events = self.transport.has_events();
        let queue = &mut self.transport.queues[queue];
        if queue.has_news() {
            let wants = queue.change().take_interrupt(events, &backing.ram)?;
            // Another vCPU may change its mind before it sees what was done, and would wait for ever.
            if wants || MAX_VCPUS > 1 {
                self.transport.interrupt();
            }
        }
        Ok(())
    }

    /// Due before each commit.
    pub fn update_checksums(&mut self) {
        self.is_touched = false;
        self.transport.state.update_checksum();
        self.transport.queues.iter_mut().for_each(Section::update_checksum);
    }

    /// Due after each commit.
    #[inline(always)]
    pub fn publish(&mut self, backing: &Backing<'a>) {
        if self.is_unpublished {
            self.publish_now(backing.ram);
        }
    }

    #[inline(never)]
    fn publish_now(&mut self, mut ram: GuestRam<'a>) {
        self.is_unpublished = false;
        self.transport.queues.iter().for_each(|queue| queue.publish(&mut ram));
    }

    /// The guest has done what no driver does: the device wants a reset now.
    pub fn fail<S: Serial>(&mut self, queue: usize, broken: Broken, outside: &mut Outside<'_, 'a, S>) {
        self.transport.fail();
        self.tell(queue, broken, outside);
    }

    /// A line about that.
    pub fn tell<S: Serial>(&self, queue: usize, broken: Broken, outside: &mut Outside<'_, 'a, S>) {
        self.warn(format_args!("queue {queue}: {broken}"), outside);
    }

    /// A line about what a guest can do again and again.
    pub fn warn<S: Serial>(&self, what: fmt::Arguments<'_>, outside: &mut Outside<'_, 'a, S>) {
        let line = format_args!("{}: virtio {}, {what}", outside.backing.name, self.name);
        outside.backing.log.warn_rate_limited(outside.console, line);
    }
}

/// What a load of so many bytes finds in a device's own registers.
pub fn load(registers: &[u8], at: u16, count: u8) -> u64 {
    let byte = |n: usize| registers.get(usize::from(at) + n).copied().unwrap_or(0);
    (0..usize::from(count).min(8)).rev().fold(0, |value, n| value << 8 | u64::from(byte(n)))
}
