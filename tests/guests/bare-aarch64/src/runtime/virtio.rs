// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices by Virtio, by the drivers of `virtio-drivers`: nobody here wrote them.

use core::cell::UnsafeCell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use virtio_drivers::device::blk::VirtIOBlk;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::device::rng::VirtIORng;
use virtio_drivers::transport::mmio::MmioTransport;
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

use super::{gic, interrupt, platform};

/// Bytes of a transport's registers.
const REGISTERS: usize = 0x200;
const MAGIC: u32 = u32::from_le_bytes(*b"virt");
const DEVICE_ID: usize = 8;
/// Types of devices (Virtio 1.2, section 5).
const NETWORK: u32 = 1;
const BLOCK: u32 = 2;
const ENTROPY: u32 = 4;
/// `GICD_ITARGETSR`.
const TARGETS: usize = 0x800;

/// For the queues.
const PAGES: usize = 16;

#[repr(C, align(4096))]
struct Arena(UnsafeCell<[u8; PAGES * PAGE_SIZE]>);

// SAFETY: `Machine::dma_alloc` gives each page away once.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([0; PAGES * PAGE_SIZE]));
static USED: AtomicUsize = AtomicUsize::new(0);

/// This machine, whose addresses are the devices' as well: the MMU is off.
pub struct Machine;

// SAFETY: each page of the arena is given away once, zeroed as the image's memory is. Addresses are the same for devices.
unsafe impl Hal for Machine {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let start = USED.load(Relaxed);
        USED.store(start + pages, Relaxed);
        match NonNull::new(ARENA.0.get().cast::<u8>()) {
            // SAFETY: within the arena.
            Some(arena) if start + pages <= PAGES => unsafe {
                let page = arena.byte_add(start * PAGE_SIZE);
                (page.as_ptr().expose_provenance() as PhysAddr, page)
            },
            // That there is none.
            _ => (0, NonNull::dangling()),
        }
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(_: PhysAddr, _: usize) -> NonNull<u8> {
        // Only for PCI.
        NonNull::dangling()
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr().expose_provenance() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}

/// The disk.
pub type Disk = VirtIOBlk<Machine, MmioTransport<'static>>;
/// The source of entropy.
pub type Entropy = VirtIORng<Machine, MmioTransport<'static>>;

/// Finds a device of this type: its transport and its interrupt.
fn find(device: u32) -> Option<(MmioTransport<'static>, u32)> {
    let is_it = |base: usize| {
        // SAFETY: registers of a device of the tree, which reading leaves as they are.
        let read = |at: usize| unsafe { ((base + at) as *const u32).read_volatile() };
        read(0) == MAGIC && read(DEVICE_ID) == device
    };
    let (base, intid) = platform::virtio().find(|(base, _)| is_it(*base))?;
    let registers = NonNull::new(core::ptr::with_exposed_provenance_mut::<u8>(base))?;
    // SAFETY: a transport of the tree, which nobody else here uses.
    let transport = unsafe { MmioTransport::new(registers.cast(), REGISTERS) };
    Some((transport.ok()?, intid))
}

/// The disk, if there is one.
pub fn disk() -> Option<Disk> {
    Disk::new(find(BLOCK)?.0).ok()
}

/// The source of entropy, if there is one.
pub fn entropy() -> Option<Entropy> {
    Entropy::new(find(ENTROPY)?.0).ok()
}

/// Bytes of a frame with Virtio's header.
const BUFFER: usize = 12 + 1514;
/// Of each queue.
const QUEUE_SIZE: usize = 16;

/// A network card with one frame each way.
pub struct Network {
    card: VirtIONetRaw<Machine, MmioTransport<'static>, QUEUE_SIZE>,
    received: [u8; BUFFER],
    sent: [u8; BUFFER],
    token: Option<u16>,
}

impl Network {
    /// The card, if there is one; its interrupt is enabled.
    pub fn new() -> Option<Self> {
        let (transport, intid) = find(NETWORK)?;
        let card = VirtIONetRaw::new(transport).ok()?;
        interrupt::init();
        gic::write(TARGETS + intid as usize / 4 * 4, 0x0101_0101);
        gic::enable(intid, true);
        Some(Self { card, received: [0; BUFFER], sent: [0; BUFFER], token: None })
    }

    /// Its address.
    pub fn address(&self) -> [u8; 6] {
        self.card.mac_address()
    }

    /// Lets a frame come. The card's own place must not change until it is there.
    pub fn listen(&mut self) {
        if self.token.is_none() {
            // SAFETY: nobody looks at the buffer before `receive_complete`, and its owner stays where it is until then.
            self.token = unsafe { self.card.receive_begin(&mut self.received) }.ok();
        }
    }

    /// The frame that came, if one did.
    pub fn receive(&mut self) -> Option<&[u8]> {
        let token = self.token.filter(|token| self.card.poll_receive() == Some(*token))?;
        self.token = None;
        // SAFETY: the same buffer as before.
        let (header, length) = unsafe { self.card.receive_complete(token, &mut self.received) }.ok()?;
        self.received.get(header..header + length)
    }

    /// Sends a frame, and waits until the device has it.
    pub fn send(&mut self, frame: &[u8]) -> Option<()> {
        let header = self.card.fill_buffer_header(&mut self.sent).ok()?;
        let packet = self.sent.get_mut(..header + frame.len())?;
        packet.get_mut(header..)?.copy_from_slice(frame);
        // SAFETY: nobody changes the buffer before `transmit_complete`, which gets the same.
        let token = unsafe { self.card.transmit_begin(packet) }.ok()?;
        while self.card.poll_transmit().is_none() {}
        // SAFETY: as above.
        unsafe { self.card.transmit_complete(token, packet) }.ok().map(|_| ())
    }

    /// Takes the interrupt back that was slept through.
    pub fn settle(&mut self) {
        let _ = self.card.ack_interrupt();
    }

    /// Sleeps until there is an interrupt, and handles it.
    pub fn wait(&mut self) {
        interrupt::wait();
        // The line falls first, or the interrupt would be pending again at its end.
        self.settle();
        interrupt::take();
    }
}
