// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtio block device (Virtio 1.2, 5.2).
//!
//! Of `virtio-drivers` the transport and the queue are used, and not its `VirtIOBlk`: that one waits for a flush and for
//! the serial number without end, and without a heap its queue holds five requests. Here the queue holds one of each
//! client, and the end of each is an interrupt.
#![allow(unsafe_code)]

use core::ptr::{NonNull, from_ref};
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use block::MAX_CLIENTS;
use block::disk::{Disk, Job, Operation};
use virtio_drivers::queue::VirtQueue;
use virtio_drivers::transport::mmio::{MmioTransport, MmioVersion};
use virtio_drivers::transport::{DeviceStatus, Transport};

use super::hal::{self, Machine};

/// Clients' requests, and one of the driver's own.
const SLOTS: usize = MAX_CLIENTS + 1;
/// Bytes that the device says about itself.
pub const ID_SIZE: usize = 20;

const QUEUE: u16 = 0;
/// Three descriptors for each slot, and a power of two.
const QUEUE_SIZE: usize = 32;
const _: () = assert!(QUEUE_SIZE >= 3 * SLOTS);

const F_READ_ONLY: u64 = 1 << 5;
const F_FLUSH: u64 = 1 << 9;
const F_VERSION_1: u64 = 1 << 32;

/// Kinds of requests.
pub const IN: u32 = 0;
const OUT: u32 = 1;
const FLUSH: u32 = 4;
/// The serial number.
pub const GET_ID: u32 = 8;

/// Bytes of a transport's registers, and of a page of them.
const REGISTERS_SIZE: usize = 0x200;
const PAGE_SIZE: usize = 0x1000;
const MAGIC: u32 = u32::from_le_bytes(*b"virt");
const BLOCK_DEVICE: u32 = 2;

/// What the device reads and writes of a request besides its data.
#[repr(C, align(64))]
struct Slot {
    kind: AtomicU32,
    zero: AtomicU32,
    sector: AtomicU64,
    status: AtomicU8,
}

/// Bytes of it that the device reads.
const HEADER_SIZE: usize = 16;
const _: () = assert!(core::mem::offset_of!(Slot, status) == HEADER_SIZE && SLOTS * size_of::<Slot>() <= PAGE_SIZE);
/// Not what a device says.
const NO_STATUS: u8 = 0xff;

/// A request that the device has.
#[derive(Clone, Copy)]
struct Flight {
    token: u16,
    kind: u32,
    data: Option<NonNull<[u8]>>,
}

/// The device.
pub struct VirtioDisk {
    transport: MmioTransport<'static>,
    queue: VirtQueue<Machine, QUEUE_SIZE>,
    slots: &'static [Slot; SLOTS],
    flights: [Option<Flight>; SLOTS],
    features: u64,
    sectors: u64,
    is_broken: bool,
}

/// The first transport of a page that has a block device behind it.
pub fn find(page: NonNull<u8>) -> Option<NonNull<u8>> {
    // SAFETY: the page is one of registers, mapped for ever; these two have no effect when they are read.
    let read = |at: usize| u32::from_le(unsafe { page.byte_add(at).cast::<u32>().read_volatile() });
    let is_disk = |at: &usize| read(*at) == MAGIC && read(*at + 8) == BLOCK_DEVICE;
    let at = (0..PAGE_SIZE).step_by(REGISTERS_SIZE).find(is_disk)?;
    // SAFETY: within the page.
    Some(unsafe { page.byte_add(at) })
}

impl VirtioDisk {
    /// Takes the device, whatever it was doing: it is reset first, after which it does nothing of that any more.
    pub fn new(registers: NonNull<u8>) -> Result<Self, &'static str> {
        // SAFETY: `find` has found a transport there, which stays mapped and is this object's alone.
        let transport = unsafe { MmioTransport::new(registers.cast(), REGISTERS_SIZE) };
        let mut transport = transport.map_err(|_| "not a transport that is known")?;
        transport.set_status(DeviceStatus::empty());
        let is_reset = (0..1_000_000).any(|_| transport.get_status() == DeviceStatus::empty());
        let features = is_reset.then(|| negotiate(&mut transport)).flatten().ok_or("it cannot be reset")?;
        let sectors = sectors(&transport).ok_or("it does not know its size")?;
        let queue = VirtQueue::new(&mut transport, QUEUE, false, false).map_err(|_| "no room for its queue")?;
        let (_, page) = hal::allocate(1).ok_or("no room for requests")?;
        // SAFETY: a page for ever of zeros, large enough and for nothing else; slots are all atomics.
        let slots = unsafe { page.cast().as_ref() };
        transport.finish_init();
        Ok(Self { transport, queue, slots, flights: [None; SLOTS], features, sectors, is_broken: false })
    }

    /// Its size.
    pub fn sectors(&self) -> u64 {
        self.sectors
    }

    /// It cannot be written.
    pub fn is_read_only(&self) -> bool {
        self.features & F_READ_ONLY != 0
    }

    /// Takes the interrupt back.
    pub fn acknowledge(&mut self) {
        let _ = self.transport.ack_interrupt();
    }

    /// Gives the device a request. There is room for one in each slot.
    pub fn begin(&mut self, tag: usize, kind: u32, sector: u64, data: Option<NonNull<[u8]>>) -> bool {
        let (Some(slot), Some(None)) = (self.slots.get(tag), self.flights.get(tag)) else { return false };
        if self.is_broken {
            return false;
        }
        slot.kind.store(kind.to_le(), Relaxed);
        slot.sector.store(sector.to_le(), Relaxed);
        slot.status.store(NO_STATUS, Relaxed);
        let token = with_buffers(slot, kind, data, |inputs, outputs| {
            // SAFETY: the memory stays, and nobody here uses it before `pop_used`: a slot is looked at then, and data
            // never.
            unsafe { self.queue.add(inputs, outputs) }
        });
        let Ok(token) = token else { return false };
        if let Some(flight) = self.flights.get_mut(tag) {
            *flight = Some(Flight { token, kind, data });
        }
        if self.queue.should_notify() {
            self.transport.notify(QUEUE);
        }
        true
    }

    /// A request that the device is done with, and whether it did it.
    pub fn end(&mut self) -> Option<(usize, bool)> {
        if self.is_broken {
            // Whatever it had was not done; it was reset.
            let tag = self.flights.iter().position(Option::is_some)?;
            self.flights.get_mut(tag)?.take();
            return Some((tag, false));
        }
        let token = self.queue.peek_used()?;
        let of_token = |flight: &Option<Flight>| flight.is_some_and(|flight| flight.token == token);
        let Some(tag) = self.flights.iter().position(of_token) else { return self.give_up() };
        let (flight, slot) = (self.flights.get_mut(tag)?.take()?, self.slots.get(tag)?);
        let popped = with_buffers(slot, flight.kind, flight.data, |inputs, outputs| {
            // SAFETY: the same memory as when the request with this token began.
            unsafe { self.queue.pop_used(token, inputs, outputs) }
        });
        Some((tag, popped.is_ok() && slot.status.load(Relaxed) == 0))
    }

    /// A device that answers what nobody has asked, or nothing, is not used any more.
    pub fn give_up(&mut self) -> Option<(usize, bool)> {
        sel4_microkit::debug_println!("block: the disk does not do as it should: it is not used any more");
        self.transport.set_status(DeviceStatus::empty());
        self.is_broken = true;
        self.end()
    }
}

impl Disk for VirtioDisk {
    fn has_cache(&self) -> bool {
        self.features & F_FLUSH != 0
    }

    fn submit(&mut self, tag: usize, job: &Job) -> bool {
        let kind = match job.operation {
            Operation::Read => IN,
            Operation::Write => OUT,
            Operation::Flush => return self.begin(tag, FLUSH, 0, None),
        };
        let data = hal::memory(job.paddr, job.length).filter(|data| !data.is_empty());
        let sector = job.block.checked_mul(block::partition::SECTORS);
        data.zip(sector).is_some_and(|(data, sector)| self.begin(tag, kind, sector, Some(data)))
    }

    fn completed(&mut self) -> Option<(usize, bool)> {
        self.end()
    }
}

/// The features that both know; none if the device insists on others.
fn negotiate(transport: &mut MmioTransport<'static>) -> Option<u64> {
    let known = DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER;
    transport.set_status(known);
    let features = transport.read_device_features() & (F_READ_ONLY | F_FLUSH | F_VERSION_1);
    transport.write_driver_features(features);
    transport.set_status(known | DeviceStatus::FEATURES_OK);
    transport.set_guest_page_size(PAGE_SIZE as u32);
    // The older kind of transport has no word in this.
    let is_agreed = transport.get_status().contains(DeviceStatus::FEATURES_OK);
    (is_agreed || transport.version() == MmioVersion::Legacy).then_some(features)
}

/// The size, whose two halves are read until they belong together.
fn sectors(transport: &MmioTransport<'static>) -> Option<u64> {
    let half = |at: usize| transport.read_config_space::<u32>(at).ok().map(u64::from);
    let whole = || Some((half(4)?, half(0)?, half(4)?));
    (0..8).filter_map(|_| whole()).find(|(before, _, after)| before == after).map(|(high, low, _)| high << 32 | low)
}

/// Does something with a request's memory as the queue wants it: what the device reads, and what it writes.
fn with_buffers<R>(
    slot: &'static Slot,
    kind: u32,
    data: Option<NonNull<[u8]>>,
    act: impl for<'a> FnOnce(&'a [&'a [u8]], &'a mut [&'a mut [u8]]) -> R,
) -> R {
    // SAFETY: both parts of the slot are this request's, and mapped for ever. The queue takes a buffer's address and
    // length, and neither it nor anybody here reads or writes a byte through these.
    let (header, status) = unsafe {
        let header = core::slice::from_raw_parts(from_ref(slot).cast::<u8>(), HEADER_SIZE);
        (header, core::slice::from_raw_parts_mut(slot.status.as_ptr(), 1))
    };
    match data {
        // SAFETY: as for the slot; `hal::memory` says that it is mapped.
        Some(data) if kind == OUT => act(&[header, unsafe { data.as_ref() }], &mut [status]),
        // SAFETY: as before.
        Some(mut data) => act(&[header], &mut [unsafe { data.as_mut() }, status]),
        None => act(&[header], &mut [status]),
    }
}
