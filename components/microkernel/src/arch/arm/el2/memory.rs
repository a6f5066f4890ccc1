// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory as the kernel sees it: its own map, byte ranges at boot, clearing, caches.

use super::sysreg;
use crate::arch::arm::stage1::{self, Kind, MapError, Tables};
use crate::{board, config};
use core::cell::UnsafeCell;
use core::ops::Range;

struct KernelTables(UnsafeCell<Tables>);
// SAFETY: one core, and only boot uses the tables; the hardware reads them.
unsafe impl Sync for KernelTables {}
static TABLES: KernelTables = KernelTables(UnsafeCell::new(Tables::new()));

const PAGE: u64 = 4096;
/// What is mapped for a device tree before its size is known: it is at most 2 MiB and may start anywhere in 2 MiB.
const DEVICE_TREE_WINDOW: u64 = 0x40_0000;

macro_rules! linker_symbol {
    ($name:ident) => {{
        unsafe extern "C" {
            static $name: u8;
        }
        // Only the address is taken: nothing is read.
        (&raw const $name).addr() as u64
    }};
}

/// First byte of the kernel.
pub fn kernel_start() -> u64 {
    linker_symbol!(__kernel_start)
}

/// One past the kernel, where the boot payload starts.
pub fn kernel_end() -> u64 {
    linker_symbol!(__kernel_end)
}

fn try_map(start: u64, end: u64, kind: Kind) -> Result<(), MapError> {
    // SAFETY: `TABLES` has no other user: boot is one thread of execution, see above.
    let tables = unsafe { &mut *TABLES.0.get() };
    tables.map(TABLES.0.get().addr() as u64, start, end, kind)
}

/// For the kernel's own ranges, for which there are always tables (`stage1::TABLES`).
fn map(start: u64, end: u64, kind: Kind) {
    // What does not fit stays unmapped and faults.
    let _ = try_map(start, end, kind);
}

/// Is this address mapped, and not a device?
pub fn is_mapped_ram(address: u64) -> bool {
    // SAFETY: boot is over or is the caller: nobody changes the tables meanwhile.
    let tables = unsafe { &*TABLES.0.get() };
    tables.lookup(TABLES.0.get().addr() as u64, address).is_some_and(stage1::is_ram)
}

/// The kernel's image, its devices, and a window on the device tree. Runs before the MMU is on. Returns the root.
pub fn map_kernel(device_tree: u64) -> u64 {
    let (text_end, rodata_end) = (linker_symbol!(__text_end), linker_symbol!(__rodata_end));
    let guard = linker_symbol!(__stack_guard);
    map(kernel_start(), text_end, Kind::Text);
    map(text_end, rodata_end, Kind::Rodata);
    map(rodata_end, guard, Kind::Data);
    map(guard + PAGE, kernel_end(), Kind::Data);
    // The rest of the kernel's 2 MiB, and the payload's first page.
    map(kernel_end(), kernel_end() + PAGE, Kind::Data);
    for device in [board::GIC_DISTRIBUTOR, board::GIC_CPU_INTERFACE, board::GIC_HYPERVISOR_INTERFACE] {
        map(device, device + PAGE, Kind::Device);
    }
    if config::PRINTING {
        map(board::UART_BASE, board::UART_BASE + PAGE, Kind::Device);
    }
    if (board::MEMORY_RAM_BASE..1 << 38).contains(&device_tree) {
        let start = device_tree & !(DEVICE_TREE_WINDOW / 2 - 1);
        // The kernel's own 2 MiB are mapped page by page.
        map(start.max(kernel_end()), start + DEVICE_TREE_WINDOW, Kind::Data);
    }
    TABLES.0.get().addr() as u64
}

/// Maps RAM that the kernel itself is not in; what is mapped already keeps its permissions.
pub fn map_ram(range: Range<u64>) -> Result<(), MapError> {
    let result = try_map(range.start, range.end, Kind::Data);
    sysreg::dsb();
    sysreg::isb();
    result
}

/// Bytes of RAM that nothing writes while boot looks at them: the device tree, the payload.
///
/// Boot calls this for ranges inside mapped RAM, before that RAM becomes untyped memory.
pub fn boot_bytes(start: u64, length: usize) -> &'static [u8] {
    // SAFETY: the promise above; RAM holds initialised bytes whatever is in it.
    unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(start as usize), length) }
}

/// Writes bytes to RAM that boot has allocated and nothing else refers to.
pub fn boot_write(start: u64, bytes: &[u8]) {
    // SAFETY: the promise above; source and destination do not overlap, for the destination is fresh.
    unsafe {
        core::ptr::copy_nonoverlapping(
            bytes.as_ptr(),
            core::ptr::with_exposed_provenance_mut(start as usize),
            bytes.len(),
        );
    }
}

/// Clears object memory or a frame: the caller owns it and it is mapped writable.
pub fn zero(paddr: u64, bytes: u64) {
    let block = 4 << (sysreg::dczid_el0::read() & 15);
    let end = paddr + bytes;
    if (paddr | bytes) & (block - 1) != 0 || bytes < block {
        // SAFETY: the caller's promise.
        unsafe {
            core::ptr::write_bytes(core::ptr::with_exposed_provenance_mut::<u8>(paddr as usize), 0, bytes as usize);
        }
        return;
    }
    let mut at = paddr;
    while at < end {
        // SAFETY: the caller's promise; one block, aligned, inside the range. RAM is mapped as normal memory.
        unsafe { core::arch::asm!("dc zva, {}", in(reg) at, options(nostack, preserves_flags)) };
        at += block;
    }
}

macro_rules! by_line {
    ($(#[$doc:meta])* $name:ident, $instruction:literal, $shift:literal) => {
        $(#[$doc])*
        pub fn $name(paddr: u64, bytes: u64) {
            let line = 4 << ((sysreg::ctr_el0::read() >> $shift) & 15);
            let end = paddr + bytes;
            let mut at = paddr & !(line - 1);
            while at < end {
                // SAFETY: maintenance of memory that user level may change anyhow; it is mapped here. A line that
                // the range shares with something else is cleaned as well as invalidated, never only invalidated.
                unsafe { core::arch::asm!(concat!($instruction, ", {}"), in(reg) at, options(nostack, preserves_flags)) };
                at += line;
            }
            sysreg::dsb();
        }
    };
}

by_line!(
    /// Writes dirty lines back to memory.
    clean, "dc cvac", 16
);
by_line!(
    /// Writes dirty lines back and drops them. Also what "invalidate" does: dropping alone could undo our clearing.
    clean_invalidate, "dc civac", 16
);
by_line!(
    /// Writes dirty lines back to where instruction fetch looks.
    clean_to_unification, "dc cvau", 16
);
by_line!(
    /// Drops lines of the instruction cache.
    invalidate_instructions, "ic ivau", 0
);

/// Makes written instructions visible to instruction fetch.
pub fn unify(paddr: u64, bytes: u64) {
    clean_to_unification(paddr, bytes);
    invalidate_instructions(paddr, bytes);
    sysreg::isb();
}
