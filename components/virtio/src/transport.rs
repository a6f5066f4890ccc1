// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers of a device on the memory-mapped bus, version 2 (Virtio 1.2, section 4.2.2).
//!
//! What concerns queues and status is done here; the device hears of it as an [`Event`].

use crate::Kept;
use crate::feature::{COMMON, EVENT_IDX, INDIRECT_DESC, RING_RESET, VERSION_1};
use crate::memory::Memory;
use crate::queue::layout::MAX_SIZE;
use crate::queue::{Broken, QueueState};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

const MAGIC_VALUE: u16 = 0x000;
const VERSION: u16 = 0x004;
const DEVICE_ID: u16 = 0x008;
const VENDOR_ID: u16 = 0x00c;
const DEVICE_FEATURES: u16 = 0x010;
const DEVICE_FEATURES_SEL: u16 = 0x014;
const DRIVER_FEATURES: u16 = 0x020;
const DRIVER_FEATURES_SEL: u16 = 0x024;
const QUEUE_SEL: u16 = 0x030;
const QUEUE_NUM_MAX: u16 = 0x034;
const QUEUE_NUM: u16 = 0x038;
const QUEUE_READY: u16 = 0x044;
const QUEUE_NOTIFY: u16 = 0x050;
const INTERRUPT_STATUS: u16 = 0x060;
const INTERRUPT_ACK: u16 = 0x064;
const STATUS: u16 = 0x070;
/// Descriptors, driver's area, device's area: each a low and a high half.
const QUEUE_AREAS: [u16; 3] = [0x080, 0x090, 0x0a0];
/// Of shared memory that no device here has: its length and base read as all ones.
const SHM: core::ops::RangeInclusive<u16> = 0x0b0..=0x0bc;
const QUEUE_RESET: u16 = 0x0c0;
/// Another number whenever those at [`CONFIG`] have changed. Only a device whose registers change by themselves has it.
pub const CONFIG_GENERATION: u16 = 0x0fc;
/// The registers that only the device type knows.
pub const CONFIG: u16 = 0x100;

const MAGIC: u32 = u32::from_le_bytes(*b"virt");
const MODERN: u32 = 2;
const VENDOR: u32 = u32::from_le_bytes(*b"LZRT");

/// Status bits (section 2.1): the driver can drive it, and the device has not found a fault.
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;
const NEEDS_RESET: u32 = 64;
const FROM_DRIVER: u32 = 1 | 2 | DRIVER_OK | FEATURES_OK | 128;

/// Interrupt bits: a chain was used, or the device's registers (its status too) have changed.
const USED_BUFFER: u32 = 1;
const CONFIG_CHANGE: u32 = 2;

/// What does not belong to a queue.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(C)]
pub struct TransportState {
    driver_features: u64,
    status: u32,
    interrupt: u32,
    device_features_sel: u32,
    driver_features_sel: u32,
    queue_sel: u32,
    reserved: u32,
}

/// What a device type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Section 5.
    pub id: u32,
    /// The bits that it adds to [`COMMON`].
    pub features: u64,
}

/// What a store means for the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing.
    Nothing,
    /// The driver has made chains available in this queue.
    Notified(usize),
    /// The device may begin; the driver may have made chains available in any queue.
    Live,
    /// All is as after power-on: the device forgets what it was about to do.
    Reset,
    /// This queue is, or the driver has stopped it: the device forgets what it was about to do there.
    QueueReset(usize),
    /// The driver did this to a queue, and has to reset the device.
    Broken(usize, Broken),
}

/// A device on the bus: its state, which others keep, and what it is.
pub struct Transport<T, Q, const N: usize> {
    /// What does not belong to a queue.
    pub state: T,
    /// The queues.
    pub queues: [Q; N],
    /// The device type.
    pub identity: Identity,
}

impl<T, Q, const N: usize> Transport<T, Q, N>
where
    T: Kept<Target = TransportState>,
    Q: Kept<Target = QueueState>,
{
    /// The driver is done with setting the device up, and nothing is wrong.
    pub fn is_live(&self) -> bool {
        self.state.status & (DRIVER_OK | NEEDS_RESET) == DRIVER_OK
    }

    /// Both sides know this feature.
    pub fn has(&self, feature: u64) -> bool {
        self.state.driver_features & feature != 0
    }

    /// [`INDIRECT_DESC`].
    pub fn has_indirect(&self) -> bool {
        self.has(INDIRECT_DESC)
    }

    /// [`EVENT_IDX`].
    pub fn has_events(&self) -> bool {
        self.has(EVENT_IDX)
    }

    /// The level of the interrupt line.
    pub fn line(&self) -> bool {
        self.state.interrupt != 0
    }

    /// The driver is told that chains were used.
    pub fn interrupt(&mut self) {
        if self.state.interrupt & USED_BUFFER == 0 {
            self.state.change().interrupt |= USED_BUFFER;
        }
    }

    /// The driver is told that the device's own registers have changed.
    pub fn tell_change(&mut self) {
        if self.is_live() && self.state.interrupt & CONFIG_CHANGE == 0 {
            self.state.change().interrupt |= CONFIG_CHANGE;
        }
    }

    /// The driver has done something that no driver does: the device wants a reset.
    pub fn fail(&mut self) {
        let state = self.state.change();
        state.status |= NEEDS_RESET;
        if state.status & DRIVER_OK != 0 {
            state.interrupt |= CONFIG_CHANGE;
        }
    }

    /// All is as after power-on.
    pub fn reset(&mut self) {
        *self.state.change() = TransportState::default();
        self.queues.iter_mut().for_each(|queue| *queue.change() = QueueState::default());
    }

    /// A load of one of the registers before [`CONFIG`]. They are 32 bits wide; anything else finds 0.
    pub fn read(&self, offset: u16, size: u8) -> u32 {
        if size != 4 || !offset.is_multiple_of(4) {
            return 0;
        }
        match offset {
            MAGIC_VALUE => MAGIC,
            VERSION => MODERN,
            DEVICE_ID => self.identity.id,
            VENDOR_ID => VENDOR,
            DEVICE_FEATURES => half(self.offered(), self.state.device_features_sel),
            QUEUE_NUM_MAX => self.queue().map_or(0, |_| MAX_SIZE.into()),
            QUEUE_READY => self.queue().map_or(0, |queue| queue.is_ready().into()),
            INTERRUPT_STATUS => self.state.interrupt,
            STATUS => self.state.status,
            offset if SHM.contains(&offset) => u32::MAX,
            // A queue's reset is done at once; the registers of most devices never change by themselves.
            _ => 0,
        }
    }

    /// A store to one of the registers before [`CONFIG`].
    pub fn write(&mut self, offset: u16, size: u8, value: u32, memory: &impl Memory) -> Event {
        if size != 4 || !offset.is_multiple_of(4) {
            return Event::Nothing;
        }
        match offset {
            DEVICE_FEATURES_SEL => self.state.change().device_features_sel = value,
            DRIVER_FEATURES_SEL => self.state.change().driver_features_sel = value,
            QUEUE_SEL => self.state.change().queue_sel = value,
            DRIVER_FEATURES => self.set_driver_features(value),
            QUEUE_READY => return self.set_ready(value, memory),
            QUEUE_NOTIFY => return self.notified(value),
            INTERRUPT_ACK => self.state.change().interrupt &= !value,
            STATUS => return self.set_status(value),
            QUEUE_RESET => return self.reset_queue(value),
            _ => self.set_up_queue(offset, value),
        }
        Event::Nothing
    }

    const fn offered(&self) -> u64 {
        COMMON | self.identity.features
    }

    /// The queue that the driver has selected, if it exists.
    fn queue(&self) -> Option<&Q> {
        self.queues.get(self.state.queue_sel as usize)
    }

    fn set_driver_features(&mut self, value: u32) {
        if self.state.status & FEATURES_OK != 0 {
            return;
        }
        let state = self.state.change();
        let (keep, shift) = match state.driver_features_sel {
            0 => (!0 << 32, 0),
            1 => (!0 >> 32, 32),
            _ => return,
        };
        state.driver_features = state.driver_features & keep | u64::from(value) << shift;
    }

    /// 0 resets; all else only adds bits. FEATURES_OK stays clear if the driver wants what was not offered.
    fn set_status(&mut self, value: u32) -> Event {
        if value == 0 {
            self.reset();
            return Event::Reset;
        }
        let features = self.state.driver_features;
        let agreed = features & !self.offered() == 0 && features & VERSION_1 != 0;
        let taken = if agreed { FROM_DRIVER } else { FROM_DRIVER & !FEATURES_OK };
        let was_live = self.is_live();
        let mut status = self.state.status | value & taken;
        if status & FEATURES_OK == 0 {
            status &= !DRIVER_OK;
        }
        self.state.change().status = status;
        if self.is_live() && !was_live { Event::Live } else { Event::Nothing }
    }

    /// Size and areas, of a queue that is not in use.
    fn set_up_queue(&mut self, offset: u16, value: u32) {
        let selected = self.state.queue_sel as usize;
        let Some(queue) = self.queues.get_mut(selected).filter(|queue| !queue.is_ready()) else { return };
        if offset == QUEUE_NUM {
            // One that is too large for its field is wrong whatever its low half is.
            queue.change().size = value.try_into().unwrap_or(0);
        }
        for (n, area) in QUEUE_AREAS.into_iter().enumerate() {
            let value = u64::from(value);
            let areas = queue.areas;
            if offset == area {
                queue.change().areas[n] = areas[n] & !0 << 32 | value;
            } else if offset == area + 4 {
                queue.change().areas[n] = areas[n] & !0 >> 32 | value << 32;
            }
        }
    }

    fn set_ready(&mut self, value: u32, memory: &impl Memory) -> Event {
        let selected = self.state.queue_sel as usize;
        let may = self.state.status & FEATURES_OK != 0;
        let Some(queue) = self.queues.get_mut(selected) else { return Event::Nothing };
        match (value, queue.is_ready()) {
            (0, true) => {
                queue.change().make_unready();
                return Event::QueueReset(selected);
            }
            (1, false) if may => {
                if let Err(broken) = queue.change().make_ready(memory) {
                    self.fail();
                    return Event::Broken(selected, broken);
                }
            }
            _ => {}
        }
        Event::Nothing
    }

    fn notified(&self, value: u32) -> Event {
        match self.queues.get(value as usize) {
            Some(queue) if queue.is_ready() && self.is_live() => Event::Notified(value as usize),
            _ => Event::Nothing,
        }
    }

    fn reset_queue(&mut self, value: u32) -> Event {
        let selected = self.state.queue_sel as usize;
        let may = self.has(RING_RESET) && value == 1;
        match self.queues.get_mut(selected) {
            Some(queue) if may => {
                *queue.change() = QueueState::default();
                Event::QueueReset(selected)
            }
            _ => Event::Nothing,
        }
    }
}

/// The low or the high half, or what is behind.
const fn half(value: u64, which: u32) -> u32 {
    match which {
        0 => value as u32,
        1 => (value >> 32) as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
