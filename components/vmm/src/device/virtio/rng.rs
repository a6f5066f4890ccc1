// SPDX-License-Identifier: MIT OR Apache-2.0
//! A source of entropy by Virtio (Virtio 1.2, section 5.4): hashes of the VM's seed, of which no two are of the same number.
//!
//! The number of the next one is kept, so a VMM that dies gives no bytes twice; what it had not told its guest of comes again,
//! and nobody has seen it.

use super::device::{Device, QueueMemory};
use super::{NO_DEVICE, NODE};
use crate::boot::{SEED_LENGTH, Seed};
use crate::bus::{MmioDevice, Node};
use crate::console::Serial;
use crate::device::gic::Inject;
use crate::device::{Backing, Outside};
use crate::state::{Content, Journal, Section, Stored, sections};
use virtio::queue::layout::MAX_SIZE;
use virtio::queue::{Broken, Chain};
use virtio::transport::{CONFIG, Event, Identity};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Section 5.
const ENTROPY: u32 = 4;
/// The only queue.
const QUEUE: usize = 0;
/// Hashes in a buffer at most: Linux asks for 64 bytes at a time, and whoever wants more asks again.
const MOST: u64 = 2;

/// How many hashes were given away.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Given {
    number: u64,
}

impl Content for Given {
    const NAME: &'static str = "virtio entropy";

    fn new() -> Self {
        Self { number: 0 }
    }
}

sections! {
    /// What of it outlasts the VMM.
    pub struct RngMemory {
        device: QueueMemory<1>,
        given: Stored<Given>,
    }
}

/// The source.
pub struct VirtioRng<'a> {
    device: Device<'a, 1>,
    given: Section<'a, Given>,
}

/// What the device is. A VM without a seed has none.
const fn identity(seed: Option<&Seed>) -> Identity {
    Identity { id: if seed.is_some() { ENTROPY } else { NO_DEVICE }, features: 0 }
}

impl<'a> MmioDevice<'a> for VirtioRng<'a> {
    type Memory = RngMemory;
    const NODE: Option<Node> = Some(NODE);

    fn new(memory: &'a mut RngMemory, journal: &'a Journal) -> Self {
        Self {
            device: Device::new(&mut memory.device, journal, identity(None), "entropy"),
            given: Section::new(&mut memory.given, journal),
        }
    }

    /// It goes on with the next number: the guest of before has seen those up to there.
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
        self.device.transport.identity = identity(outside.backing.seed.as_ref());
        if offset < CONFIG { self.device.transport.read(offset, size).into() } else { 0 }
    }

    #[inline(never)]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        let Some(seed) = outside.backing.seed else { return };
        if offset >= CONFIG {
            return;
        }
        self.device.transport.identity = identity(Some(&seed));
        match self.device.write(offset, size, value, &outside.backing.ram) {
            Event::Nothing | Event::Reset | Event::QueueReset(_) => {}
            Event::Live | Event::Notified(_) => self.serve(&seed, outside),
            Event::Broken(queue, broken) => self.device.tell(queue, broken, outside),
        }
    }

    #[inline(always)]
    fn publish(&mut self, backing: &Backing<'a>) {
        self.device.publish(backing);
    }

    fn line(&self) -> bool {
        self.device.transport.line()
    }
}

impl<'a> VirtioRng<'a> {
    fn serve<S: Serial>(&mut self, seed: &Seed, outside: &mut Outside<'_, 'a, S>) {
        if !self.device.transport.is_live() {
            return;
        }
        let done = self.fill(seed, outside.backing);
        if let Err(broken) = done.and_then(|()| self.device.interrupt(QUEUE, outside.backing)) {
            self.device.fail(QUEUE, broken, outside);
        }
    }

    /// All buffers that are there now.
    fn fill(&mut self, seed: &Seed, backing: &mut Backing<'a>) -> Result<(), Broken> {
        // A guest that goes on and on is looked at again when it notifies.
        let mut chain = Chain::new();
        for _ in 0..MAX_SIZE {
            if !self.device.next(QUEUE, &mut chain, backing)? {
                break;
            }
            let mut written = 0;
            for _ in 0..MOST {
                let number = self.given.number;
                self.given.change().number = number.wrapping_add(1);
                written += chain.write(written, &seed.hash(number), &mut backing.ram) as u64;
                if written % SEED_LENGTH as u64 != 0 || written == chain.writable_length() {
                    break;
                }
            }
            self.device.done(QUEUE, &chain, written as u32, backing)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn update_checksums(&mut self) {
        self.device.update_checksums();
        self.given.update_checksum();
    }
}

#[cfg(test)]
mod tests;
