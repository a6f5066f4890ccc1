// SPDX-License-Identifier: MIT OR Apache-2.0
//! The device's side of a split queue (Virtio 1.2, section 2.7).
//!
//! Its state is plain data that someone else keeps. Work goes in three steps, so that a device that is killed at any
//! moment does its work again and the driver cannot tell:
//!
//! 1. [`QueueState::peek`] finds the next chain and changes nothing.
//! 2. [`QueueState::advance`] and [`QueueState::complete`] change the state. The entry of a completed chain is in the
//!    driver's memory then, but behind the index up to which the driver looks.
//! 3. [`QueueState::publish`] moves that index, once the state is kept for good. It may be done any number of times.

mod chain;
pub mod layout;

pub use chain::{Chain, Segment};

use crate::memory::{Memory, read_u16};
use chain::Table;
use core::fmt;
use core::sync::atomic::{
    Ordering::{Acquire, Release, SeqCst},
    fence,
};
use layout::{
    ALIGNMENTS, DEVICE_INDEX, DEVICE_RING, DRIVER_FLAGS, DRIVER_INDEX, DRIVER_RING, MAX_SIZE, NO_INTERRUPT, USED, sizes,
};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What the driver did wrong. The device wants a reset then, and does nothing more until it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A queue was made ready with a size that is no power of two or too large.
    Size,
    /// Or with areas that are not aligned.
    Alignment,
    /// Something is not in the driver's memory.
    Address,
    /// The driver's index is further ahead than the queue is long.
    Ahead,
    /// A descriptor beyond its table.
    Index,
    /// A chain without an end, or with more descriptors than a queue has.
    Endless,
    /// A table of descriptors where there may be none, or of no whole number of them.
    Indirect,
    /// A buffer to read behind one to write.
    Order,
    /// A chain that has no room for what the device must say, or not all that it must know.
    Short,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "its size is no power of two, or too large",
            Self::Alignment => "its areas are not aligned",
            Self::Address => "an address outside the memory",
            Self::Ahead => "more available than it has entries",
            Self::Index => "a descriptor that it does not have",
            Self::Endless => "a chain without an end",
            Self::Indirect => "a table of descriptors that cannot be one",
            Self::Order => "a buffer to read behind one to write",
            Self::Short => "a chain that is too short for a request",
        })
    }
}

/// A queue as the driver set it up, and how far the device is.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(C)]
pub struct QueueState {
    /// Addresses of the descriptors, the driver's area and the device's.
    pub areas: [u64; 3],
    /// Entries.
    pub size: u16,
    /// 1: the device may use it.
    ready: u16,
    /// How many chains the device took.
    taken: u16,
    /// How many it has done with.
    used: u16,
    /// How many of these an interrupt was thought about for.
    told: u16,
    reserved: [u16; 3],
}

impl QueueState {
    /// The device may use it.
    pub const fn is_ready(&self) -> bool {
        self.ready != 0
    }

    /// From now on the device may use it.
    pub fn make_ready(&mut self, memory: &impl Memory) -> Result<(), Broken> {
        if !self.size.is_power_of_two() || self.size > MAX_SIZE {
            return Err(Broken::Size);
        }
        for ((area, alignment), bytes) in self.areas.into_iter().zip(ALIGNMENTS).zip(sizes(self.size)) {
            if !area.is_multiple_of(alignment) {
                return Err(Broken::Alignment);
            }
            if !memory.has(area, bytes) {
                return Err(Broken::Address);
            }
        }
        self.ready = 1;
        Ok(())
    }

    /// The device keeps off it, and begins anew once it is ready again.
    pub fn make_unready(&mut self) {
        *self = Self { areas: self.areas, size: self.size, ..Self::default() };
    }

    /// Chains that the driver has made available and nobody took.
    pub fn available(&self, memory: &impl Memory) -> Result<u16, Broken> {
        if !self.is_ready() {
            return Ok(0);
        }
        let index = read_u16(memory, self.in_driver_area(DRIVER_INDEX)).ok_or(Broken::Address)?;
        // What is in the ring up to there is looked at after the index.
        fence(Acquire);
        let available = index.wrapping_sub(self.taken);
        if available > self.size { Err(Broken::Ahead) } else { Ok(available) }
    }

    /// Finds the next chain, which stays where it is; whether there is one.
    /// `indirect`: [`INDIRECT_DESC`](crate::feature::INDIRECT_DESC).
    pub fn peek(&self, indirect: bool, memory: &impl Memory, chain: &mut Chain) -> Result<bool, Broken> {
        if self.available(memory)? == 0 {
            return Ok(false);
        }
        let entry = self.in_driver_area(DRIVER_RING + 2 * self.slot(self.taken));
        let head = read_u16(memory, entry).ok_or(Broken::Address)?;
        self.chain(head, indirect, memory, chain).map(|()| true)
    }

    /// Finds the chain that begins at this descriptor, once more: for a device that has taken it and works on it later. It is
    /// whatever the driver has made of it meanwhile.
    pub fn chain(&self, head: u16, indirect: bool, memory: &impl Memory, chain: &mut Chain) -> Result<(), Broken> {
        let [descriptors, ..] = self.areas;
        let table = Table { address: descriptors, entries: self.size.into() };
        chain.walk(head, table, indirect, memory)
    }

    /// The next chain is taken.
    pub fn advance(&mut self) {
        self.taken = self.taken.wrapping_add(1);
    }

    /// A chain is done with; the device wrote so many bytes into it. The driver does not see it yet.
    pub fn complete(&mut self, head: u16, written: u32, memory: &mut impl Memory) -> Result<(), Broken> {
        let mut entry = [0; USED as usize];
        let (id, length) = entry.split_at_mut(4);
        id.copy_from_slice(&u32::from(head).to_le_bytes());
        length.copy_from_slice(&written.to_le_bytes());
        let at = self.in_device_area(DEVICE_RING + USED * self.slot(self.used));
        self.used = self.used.wrapping_add(1);
        if memory.write(at, &entry) { Ok(()) } else { Err(Broken::Address) }
    }

    /// Something was completed since [`Self::take_interrupt`] was asked last.
    pub const fn has_news(&self) -> bool {
        self.told != self.used
    }

    /// Whether the driver wants an interrupt for what was completed since this was asked last.
    /// `event`: [`EVENT_IDX`](crate::feature::EVENT_IDX).
    pub fn take_interrupt(&mut self, event: bool, memory: &impl Memory) -> Result<bool, Broken> {
        let told = core::mem::replace(&mut self.told, self.used);
        if told == self.used || !self.is_ready() {
            return Ok(false);
        }
        let offset = if event { DRIVER_RING + 2 * u64::from(self.size) } else { DRIVER_FLAGS };
        let word = read_u16(memory, self.in_driver_area(offset)).ok_or(Broken::Address)?;
        if !event {
            return Ok(word & NO_INTERRUPT == 0);
        }
        // The entry at which it wants one is among the new ones (section 2.7.7.2).
        Ok(self.used.wrapping_sub(word).wrapping_sub(1) < self.used.wrapping_sub(told))
    }

    /// Asks the driver to notify of the next chain, if it has to be asked; whether it has made one available meanwhile.
    pub fn ask(&self, event: bool, memory: &mut impl Memory) -> Result<bool, Broken> {
        if !self.is_ready() {
            return Ok(false);
        }
        if event {
            let at = self.in_device_area(DEVICE_RING + USED * u64::from(self.size));
            if !memory.write(at, &self.taken.to_le_bytes()) {
                return Err(Broken::Address);
            }
            fence(SeqCst);
        }
        Ok(self.available(memory)? > 0)
    }

    /// The driver sees all that was completed.
    pub fn publish(&self, memory: &mut impl Memory) {
        if !self.is_ready() {
            return;
        }
        // After the entries. That it is in the memory was seen when the queue was made ready.
        fence(Release);
        let [used0, used1] = self.used.to_le_bytes();
        let _ = memory.write(self.in_device_area(DEVICE_INDEX), &[used0, used1]);
    }

    fn slot(&self, index: u16) -> u64 {
        // The size of a ready queue is a power of two.
        u64::from(index & self.size.wrapping_sub(1))
    }

    fn in_driver_area(&self, offset: u64) -> u64 {
        let [_, driver, _] = self.areas;
        driver.wrapping_add(offset)
    }

    fn in_device_area(&self, offset: u64) -> u64 {
        let [.., device] = self.areas;
        device.wrapping_add(offset)
    }
}

#[cfg(test)]
mod tests;
