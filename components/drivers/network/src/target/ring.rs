// SPDX-License-Identifier: MIT OR Apache-2.0
//! One of a card's two queues, with memory for as many frames as it holds.
#![allow(unsafe_code)]

use core::ptr::from_ref;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use network::frame::Frame;
use virtio_drivers::queue::VirtQueue;
use virtio_drivers::transport::Transport;

use super::hal::{self, Machine};

/// The number of the queue of frames that come.
pub const RECEIVE: u16 = 0;
/// That of those that go.
pub const SEND: u16 = 1;

/// Frames.
const SLOTS: usize = 32;
/// Two descriptors for each: devices of the older kind want headers to be alone.
const QUEUE_SIZE: usize = 2 * SLOTS;
const PAGE_SIZE: usize = 0x1000;
/// The queue itself takes a page for the driver's part and one for the device's.
const QUEUE_PAGES: usize = 2;
const SLOT_PAGES: usize = SLOTS * size_of::<Slot>() / PAGE_SIZE;
const _: () = assert!(QUEUE_SIZE * 16 + 6 + QUEUE_SIZE * 2 <= PAGE_SIZE && 6 + QUEUE_SIZE * 8 <= PAGE_SIZE);
const _: () = assert!(SLOTS * size_of::<Slot>() == SLOT_PAGES * PAGE_SIZE);

/// Bytes of the driver's region for one queue.
pub const DMA_SIZE: usize = (QUEUE_PAGES + SLOT_PAGES) * PAGE_SIZE;

/// Words of a slot's two parts.
const HEADER_WORDS: usize = 2;
const FRAME_WORDS: usize = 254;
const FRAME_SIZE: usize = FRAME_WORDS * 8;

/// A frame's memory.
#[repr(C, align(16))]
pub struct Slot {
    header: [AtomicU64; HEADER_WORDS],
    /// The frame, at its start.
    pub frame: [AtomicU64; FRAME_WORDS],
}

/// The device has done what makes no sense.
pub struct Nonsense;

/// A queue of the device's.
pub struct Ring {
    queue: VirtQueue<Machine, QUEUE_SIZE>,
    number: u16,
    slots: &'static [Slot; SLOTS],
    /// By which name the device has each of them.
    tokens: [Option<u16>; SLOTS],
    header_size: usize,
    /// The device does not know everything yet.
    is_new: bool,
}

/// Which way a frame goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The device writes it.
    In,
    /// The device reads it, and it has so many bytes.
    Out(usize),
}

impl Ring {
    /// With nothing in it; none if there is no memory, or the device's queue is shorter.
    pub fn new(transport: &mut impl Transport, number: u16, header_size: usize) -> Option<Self> {
        let queue = VirtQueue::new(transport, number, false, false).ok()?;
        let (_, pages) = hal::allocate(SLOT_PAGES)?;
        // SAFETY: pages for ever of zeros, large enough and for nothing else; slots are all atomics.
        let slots = unsafe { pages.cast().as_ref() };
        Some(Self { queue, number, slots, tokens: [None; SLOTS], header_size, is_new: false })
    }

    /// Whether a slot is free.
    pub fn has_room(&self) -> bool {
        self.tokens.contains(&None)
    }

    /// Lets the device write a frame into a free slot; whether there was one.
    pub fn offer(&mut self) -> bool {
        self.begin(|_| Way::In)
    }

    /// Lets the device send a frame from a free slot; whether there was one.
    pub fn send(&mut self, frame: &Frame<'_>) -> bool {
        self.begin(|slot| {
            slot.header.iter().for_each(|word| word.store(0, Relaxed));
            frame.write(&slot.frame);
            Way::Out(frame.length().into())
        })
    }

    fn begin(&mut self, fill: impl FnOnce(&Slot) -> Way) -> bool {
        let mut free = self.slots.iter().zip(&mut self.tokens).filter(|(_, token)| token.is_none());
        let Some((slot, token)) = free.next() else { return false };
        let way = fill(slot);
        let added = with_buffers(slot, self.header_size, way, |inputs, outputs| {
            // SAFETY: the memory stays, and nobody here uses it before `pop_used`.
            unsafe { self.queue.add(inputs, outputs) }
        });
        *token = added.ok();
        self.is_new |= token.is_some();
        token.is_some()
    }

    /// A slot that the device is done with, and how long the frame is that it has written there.
    pub fn end(&mut self) -> Option<Result<(&'static Slot, u16), Nonsense>> {
        let token = self.queue.peek_used()?;
        Some(self.pop(token).ok_or(Nonsense))
    }

    fn pop(&mut self, token: u16) -> Option<(&'static Slot, u16)> {
        let mut slots = self.slots.iter().zip(&mut self.tokens);
        let (slot, place) = slots.find(|(_, place)| **place == Some(token))?;
        *place = None;
        let way = if self.number == SEND { Way::Out(FRAME_SIZE) } else { Way::In };
        let popped = with_buffers(slot, self.header_size, way, |inputs, outputs| {
            // SAFETY: the same memory as when this token was given; the queue looks at how many buffers there are, and not
            // at their lengths.
            unsafe { self.queue.pop_used(token, inputs, outputs) }
        });
        let written = usize::try_from(popped.ok()?).ok()?;
        if way != Way::In {
            return Some((slot, 0));
        }
        let length = written.checked_sub(self.header_size).filter(|length| *length <= FRAME_SIZE)?;
        Some((slot, u16::try_from(length).ok()?))
    }

    /// Whether the end of each frame is an interrupt.
    pub fn set_interrupts(&mut self, are_wanted: bool) {
        self.queue.set_dev_notify(are_wanted);
    }

    /// Tells the device of everything that it does not know.
    pub fn flush(&mut self, transport: &mut impl Transport) {
        if core::mem::take(&mut self.is_new) && self.queue.should_notify() {
            transport.notify(self.number);
        }
    }
}

/// Does something with a slot's memory as the queue wants it: what the device reads, and what it writes.
fn with_buffers<R>(
    slot: &'static Slot,
    header_size: usize,
    way: Way,
    act: impl for<'a> FnOnce(&'a [&'a [u8]], &'a mut [&'a mut [u8]]) -> R,
) -> R {
    let (header, frame) = (from_ref(&slot.header).cast::<u8>(), from_ref(&slot.frame).cast::<u8>());
    let header_size = header_size.min(HEADER_WORDS * 8);
    match way {
        // SAFETY: both parts of the slot are this frame's, and mapped for ever, and no longer than this. The queue takes a
        // buffer's address and length, and neither it nor anybody here reads or writes a byte through these.
        Way::Out(length) => unsafe {
            let parts = (header, frame, length.min(FRAME_SIZE));
            let header = core::slice::from_raw_parts(parts.0, header_size);
            act(&[header, core::slice::from_raw_parts(parts.1, parts.2)], &mut [])
        },
        // SAFETY: as before; they are atomics, which may be written.
        Way::In => unsafe {
            let header = core::slice::from_raw_parts_mut(header.cast_mut(), header_size);
            act(&[], &mut [header, core::slice::from_raw_parts_mut(frame.cast_mut(), FRAME_SIZE)])
        },
    }
}
