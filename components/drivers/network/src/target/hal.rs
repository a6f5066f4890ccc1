// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `virtio-drivers` needs to know of this machine: memory for the queues, and where memory is for the device.
//!
//! The device sees physical memory, all of it: there is no SMMU. What it is told lies in the driver's region. The block
//! driver has the like, and more: its disk is told of clients' data too.
#![allow(unsafe_code)]

use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

use super::regions;

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

/// Where the device has bytes of the driver's region.
fn physical(vaddr: usize, length: usize) -> Option<PhysAddr> {
    let region = regions::dma();
    let offset = vaddr.checked_sub(region.vaddr)?;
    let is_within = region.vaddr != 0 && offset.checked_add(length)? <= region.size;
    region.paddr.checked_add(offset).filter(|_| is_within).map(|paddr| paddr as PhysAddr)
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
        physical(buffer.cast::<u8>().as_ptr().expose_provenance(), buffer.len()).unwrap_or(NOWHERE)
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
