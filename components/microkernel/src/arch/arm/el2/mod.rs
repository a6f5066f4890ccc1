// SPDX-License-Identifier: MIT OR Apache-2.0
//! The core at EL2. Everything unsafe of the kernel is in this folder, but the entry code (`entry`) and typed object
//! memory (`object::reference`).

pub(crate) mod console;
mod core_state;
mod debug;
mod el1;
mod fault;
mod features;
mod firmware;
mod fp;
mod gic;
mod machine;
pub(crate) mod memory;
mod native;
mod pass;
mod serror;
pub(crate) mod sysreg;
mod tlb;
mod vgic;

use crate::kernel::Kernel;
pub use core_state::Core;
pub use debug::Ready;
pub use memory::{boot_bytes, boot_write, is_mapped_ram, kernel_end, kernel_start, map_ram};

/// The kernel of the core that asks.
#[inline(always)]
pub fn this_kernel() -> &'static Kernel {
    // SAFETY: `entry::start` wrote the address of this core's kernel, a static, before the first Rust code ran, and
    // nothing writes it again. No other core has a reference to it.
    unsafe { &*core::ptr::with_exposed_provenance(sysreg::tpidr_el2::read() as usize) }
}

/// Stops the machine for good.
pub fn stop() -> ! {
    loop {
        // SAFETY: waits; interrupts stay masked.
        unsafe { core::arch::asm!("wfe", options(nostack, preserves_flags)) };
    }
}
