// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `virtio-drivers` needs to know of this machine: memory for the queue, and where memory is for the device.
//!
//! The device sees physical memory, all of it: there is no SMMU. What it is told lies in the driver's region or in a
//! client's data.
#![allow(unsafe_code)]

use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

use super::regions::{self, Window};

/// Nothing is there on any machine: a device that is sent to it says that it cannot.
const NOWHERE: PhysAddr = PhysAddr::MAX & !(PAGE_SIZE as PhysAddr - 1);

/// Bytes of the driver's region that are given away. A driver that was started again begins with all of it.
static USED: AtomicUsize = AtomicUsize::new(0);

/// The machine.
pub struct Machine;

/// Pages of the driver's region, zeroed, and where the device has them; none if there are too few left.
pub fn allocate(pages: usize) -> Option<(PhysAddr, NonNull<u8>)> {
    let region = regions::dma();
    let start = USED.load(Relaxed);
    let size = pages.checked_mul(PAGE_SIZE)?;
    let end = start.checked_add(size).filter(|end| *end <= region.size)?;
    let memory = NonNull::new(with_exposed_provenance_mut::<u8>(region.vaddr.checked_add(start)?))?;
    if region.vaddr == 0 || !region.vaddr.is_multiple_of(PAGE_SIZE) {
        return None;
    }
    USED.store(end, Relaxed);
    // SAFETY: the build mapped the region for ever, read-write, and these bytes of it are given to nobody else. The device
    // that used them for a driver before this one was reset.
    unsafe { memory.write_bytes(0, size) };
    Some((region.paddr.checked_add(start)? as PhysAddr, memory))
}

/// A page of the driver's region for data of its own.
pub struct Page(NonNull<[u8; PAGE_SIZE]>);

impl Page {
    /// A page, if there is one left.
    pub fn new() -> Option<Self> {
        Some(Self(allocate(1)?.1.cast()))
    }

    /// So many bytes of it, for the device.
    pub fn part(&self, length: usize) -> Option<NonNull<[u8]>> {
        (length <= PAGE_SIZE).then(|| NonNull::slice_from_raw_parts(self.0.cast(), length))
    }

    /// A copy of it.
    pub fn bytes(&self) -> [u8; PAGE_SIZE] {
        // SAFETY: the page stays, and has been zeroed. The device is done with it, or was reset, when somebody looks;
        // volatile, because the compiler has seen nobody write it.
        unsafe { self.0.read_volatile() }
    }
}

/// Memory that the device may use, where this program has it.
pub fn memory(paddr: u64, length: usize) -> Option<NonNull<[u8]>> {
    let paddr = usize::try_from(paddr).ok()?;
    let vaddr = find(paddr, length, |window| (window.paddr, window.vaddr))?;
    Some(NonNull::slice_from_raw_parts(NonNull::new(with_exposed_provenance_mut(vaddr))?, length))
}

/// Translates an address of bytes that lie in one window, `from` one side of it to the other.
fn find(address: usize, length: usize, from: impl Fn(&Window) -> (usize, usize)) -> Option<usize> {
    let within = |window: &Window| {
        let (start, other) = from(window);
        let offset = address.checked_sub(start)?;
        let is_within = window.vaddr != 0 && offset.checked_add(length)? <= window.size;
        other.checked_add(offset).filter(|_| is_within)
    };
    core::iter::once(regions::dma()).chain(regions::data()).find_map(|window| within(&window))
}

// SAFETY: `allocate` gives each byte away once, zeroed, on whole pages, and nothing is ever given back, so nothing is given
// twice. There is no register of PCI here, and no memory has to be copied to be shared.
unsafe impl Hal for Machine {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        // Physical address 0 says that there is none.
        allocate(pages).unwrap_or((0, NonNull::dangling()))
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(_: PhysAddr, _: usize) -> NonNull<u8> {
        // Only for PCI, which this driver does not use.
        NonNull::dangling()
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        let vaddr = buffer.cast::<u8>().as_ptr().expose_provenance();
        find(vaddr, buffer.len(), |window| (window.vaddr, window.paddr)).map_or(NOWHERE, |paddr| paddr as PhysAddr)
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}

/// The virtual counter, which the kernel lets every program read, and its ticks in a second.
pub fn time() -> (u64, u64) {
    let (now, frequency);
    // SAFETY: reads of a counter and of a constant have no effect; the barrier keeps the first from being early.
    unsafe {
        core::arch::asm!("isb", "mrs {}, cntvct_el0", "mrs {}, cntfrq_el0", out(reg) now, out(reg) frequency,
            options(nomem, nostack));
    }
    (now, frequency)
}
