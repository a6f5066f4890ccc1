// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine: entry, copying, last words.
#![allow(unsafe_code)]

mod start;

use core::cell::UnsafeCell;
use core::ops::Range;
use core::panic::PanicInfo;

use sel4_loader::payload::{Payload, PayloadError};
use sel4_loader::tables::Tables;
use zerocopy::FromBytes as _;

unsafe extern "C" {
    static _start: u8;
    static __kernel_end: u8;
}

/// Written by the boot core before any other runs.
struct Once<T>(UnsafeCell<T>);
// SAFETY: only the boot core runs here.
unsafe impl<T> Sync for Once<T> {}

static TABLES: Once<Tables> = Once(UnsafeCell::new(Tables::EMPTY));
static ARGUMENTS: Once<[u64; 7]> = Once(UnsafeCell::new([0; 7]));

/// With the MMU off: fills the tables and returns their root.
extern "C" fn map() -> u64 {
    let payload = payload();
    if let Err(error) = payload.check(image()) {
        fail(payload.uart, reason(error));
    }
    // SAFETY: the only reference to the tables, which the hardware does not use yet.
    let tables = unsafe { &mut *TABLES.0.get() };
    let base = core::ptr::from_mut(tables).addr() as u64;
    tables.fill(base, image().end, payload);
    base
}

/// With the MMU on: copies the pieces and returns the arguments for the kernel.
extern "C" fn copy() -> *const [u64; 7] {
    let payload = payload();
    for piece in payload.pieces() {
        // SAFETY: `check` has made sure that the piece lies in the image and its target neither in the image nor in
        // another piece; the tables map both.
        unsafe {
            let from = core::ptr::with_exposed_provenance::<u8>(piece.from as usize);
            let to = core::ptr::with_exposed_provenance_mut::<u8>(piece.to as usize);
            core::ptr::copy_nonoverlapping(from, to, piece.size as usize);
        }
    }
    // SAFETY: nobody else has it.
    unsafe { *ARGUMENTS.0.get() = payload.arguments() };
    ARGUMENTS.0.get()
}

/// The head that the packer put behind this program.
fn payload() -> &'static Payload {
    // SAFETY: the packer pads the image to here and appends a page; nobody writes to it.
    let bytes = unsafe { core::slice::from_raw_parts(&raw const __kernel_end, size_of::<Payload>()) };
    match Payload::ref_from_bytes(bytes) {
        Ok(payload) => payload,
        Err(_) => fail(0, "no payload"),
    }
}

/// From the first instruction to the end of the payload, as the packer wrote it into the Image header.
fn image() -> Range<u64> {
    let start = (&raw const _start).addr() as u64;
    // SAFETY: the Image header's third word.
    let size = unsafe { (&raw const _start).add(16).cast::<u64>().read_volatile() };
    start..start.saturating_add(size)
}

fn reason(error: PayloadError) -> &'static str {
    match error {
        PayloadError::Missing => "no payload follows the loader",
        PayloadError::Alignment => "a piece is empty or not aligned",
        PayloadError::Range => "a piece is out of reach",
        PayloadError::Overlap => "a piece would be written over another",
        PayloadError::Window => "the kernel's window cannot be mapped",
    }
}

extern "C" fn wrong_entry() -> ! {
    fail(payload().uart, "entered below EL2, or not where it is linked (QEMU: -M virt,virtualization=on)")
}

/// Says why, and stops.
fn fail(uart: u64, why: &str) -> ! {
    if uart != 0 {
        let data = core::ptr::with_exposed_provenance_mut::<u32>(uart as usize);
        for byte in ["LDR|ERROR: ", why, "\r\n"].iter().flat_map(|text| text.bytes()) {
            // SAFETY: the packer says that a PL011 is there; its first register takes output.
            unsafe { data.write_volatile(byte.into()) };
        }
    }
    loop {
        core::hint::spin_loop();
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    fail(payload().uart, "a bug in the loader")
}
