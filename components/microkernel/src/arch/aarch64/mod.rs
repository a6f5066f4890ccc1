// SPDX-License-Identifier: MIT OR Apache-2.0
//! AArch64 at EL2. Everything unsafe of the kernel but typed object memory is in this folder.

mod console;
mod core_state;
mod debug;
mod el1;
mod entry;
mod fault;
mod features;
mod fp;
mod gic;
mod machine;
mod memory;
mod pass;
mod start;
mod sysreg;
mod tlb;
mod vectors;
mod vgic;

pub use super::{policy, stage1};
pub use core_state::Core;
pub use debug::Ready;
pub use entry::start_first_thread;
pub use fault::fault_of;
pub use memory::{boot_bytes, boot_write, is_mapped_ram, kernel_end, kernel_start, map_ram};

/// SPSR of a fresh thread: EL0t, asynchronous aborts and FIQ masked.
pub const USER_SPSR: u64 = 0x140;

fn wait_for_interrupt() {
    // SAFETY: waits; interrupts stay masked.
    unsafe { core::arch::asm!("dsb sy", "wfi", options(nostack, preserves_flags)) };
}

/// Stops the machine for good.
pub fn stop() -> ! {
    loop {
        // SAFETY: waits; interrupts stay masked.
        unsafe { core::arch::asm!("wfe", options(nostack, preserves_flags)) };
    }
}

/// A bug that the kernel's own checks found: nothing of any guest fires from here on.
pub fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    use core::fmt::Write as _;
    crate::kernel::KERNEL.get().arch.disarm_debug();
    // The console never fails.
    let _ = writeln!(console::Console, "\nKRN|ERROR: {info}");
    stop()
}
