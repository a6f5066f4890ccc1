// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine under the kernel. `aarch64` on target, `fake` on hosts, where it records what it was asked.
//!
//! Both offer `Core`, the architecture's part of [`Kernel`](crate::kernel::Kernel), with these methods:
//!
//! | method | does |
//! |---|---|
//! | `const fn new() -> Self` | nothing yet |
//! | `now(&self) -> Ticks` | reads the counter |
//! | `frequency(&self) -> u64` | ticks per second |
//! | `set_deadline(&self, Ticks)` | one-shot interrupt at or after this time; replaces the last one |
//! | `is_timer_irq(&self, u16) -> bool` | this interrupt is the deadline |
//! | `mask_irq(&self, u16)`, `unmask_irq(&self, u16)` | at the interrupt controller |
//! | `configure_irq(&self, u16, edge: bool)` | trigger of an interrupt |
//! | `end_irq(&self, u16)` | end of interrupt, called once for each acknowledged one |
//! | `irq_pending(&self) -> bool` | an interrupt waits at the controller (long deletions stop for it) |
//! | `zero(&self, paddr, bytes)` | clears memory that is to become an object or a frame |
//! | `clean`, `invalidate`, `clean_invalidate`, `unify` `(&self, paddr, bytes)` | caches, by address range |
//! | `switch_to(&self, &Kernel, Option<Ref<Tcb>>)` | VSpace and vCPU of the thread to resume (`None`: idle) |
//! | `put_char(&self, u8)` | the console, in debug configurations |
//! | `halt(&self)` | stops the machine; returns on a host only |
//!
//! and `USER_SPSR`, the SPSR of a fresh thread.

#[path = "aarch64/policy.rs"]
pub mod policy;
#[path = "aarch64/stage1.rs"]
pub mod stage1;

#[cfg(target_os = "none")]
#[allow(unsafe_code)]
mod aarch64;
#[cfg(target_os = "none")]
pub use aarch64::*;

#[cfg(not(target_os = "none"))]
pub mod fake;
#[cfg(not(target_os = "none"))]
pub use fake::*;

/// Time as the counter counts it.
pub type Ticks = u64;

/// Ticks of so many microseconds.
pub fn ticks_from_us(core: &Core, us: u64) -> Ticks {
    let frequency = core.frequency();
    (us / 1_000_000).wrapping_mul(frequency).wrapping_add(us % 1_000_000 * frequency / 1_000_000)
}

/// Microseconds of so many ticks.
pub fn us_from_ticks(core: &Core, ticks: Ticks) -> u64 {
    let frequency = core.frequency();
    (ticks / frequency) * 1_000_000 + ticks % frequency * 1_000_000 / frequency
}

/// The bits of an SPSR that a user may choose. A vCPU may also choose its mode: EL0t, EL1t or EL1h, all flags.
pub fn sanitise_spsr(value: u64, is_vcpu: bool) -> u64 {
    const MODE: u64 = 0x1f;
    const NZCV: u64 = 0xf000_0000;
    let guest_mode = matches!(value & MODE, 0b00000 | 0b00100 | 0b00101);
    if is_vcpu && guest_mode { value } else { value & NZCV | USER_SPSR }
}
