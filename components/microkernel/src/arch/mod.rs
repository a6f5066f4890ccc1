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
//! | `aarch32_levels(&self) -> Aarch32Levels` | where the core has AArch32 |
//! | `begin_passing(&self, &Kernel, guest, handler) -> bool` | prepares passes between two threads |
//! | `pass_to_handler(&self, guest, handler)`, `pass_to_guest(&self, handler, guest, Option<Ready>)` | as `switch_to`, for these two |
//! | `can_pass_to_guest(&self) -> Option<Ready>` | nothing has to be done first |
//! | `end_passing(&self, running, is_handler: bool)` | passes are over: the record of what is loaded is right again |
//! | `put_char(&self, u8)` | the console, in debug configurations |
//! | `halt(&self)` | stops the machine; returns on a host only |
//!
//! and `USER_SPSR`, the SPSR of a fresh thread.

use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;

#[path = "aarch64/policy.rs"]
pub mod policy;
#[path = "aarch64/stage1.rs"]
pub mod stage1;
pub use stage1::MapError;

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

/// Which execution states a core has besides AArch64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aarch32Levels {
    /// Programs of a 64-bit EL1 may be 32-bit.
    pub el0: bool,
    /// EL1 may be 32-bit.
    pub el1: bool,
}

impl Aarch32Levels {
    /// From ID_AA64PFR0_EL1: a field of 2 is "AArch64 and AArch32".
    pub const fn from_id_aa64pfr0(value: u64) -> Self {
        Self { el0: value & 0xf == 2, el1: value >> 4 & 0xf == 2 }
    }
}

/// Modes that an SPSR may return to, as a set of bits numbered by M[4:0]. A return to any other would be illegal, and
/// so stay at EL2.
pub mod modes {
    use super::Aarch32Levels;

    /// User of AArch32.
    const USER32: u32 = 1 << 0x10;
    /// EL0t, EL1t, EL1h.
    pub const AARCH64: u32 = 1 << 0b00000 | 1 << 0b00100 | 1 << 0b00101;
    /// User, FIQ, IRQ, Supervisor, Abort, Undefined, System: not Monitor, not Hyp.
    pub const AARCH32: u32 = USER32 | 1 << 0x11 | 1 << 0x12 | 1 << 0x13 | 1 << 0x17 | 1 << 0x1b | 1 << 0x1f;

    /// Of a guest with a 64-bit EL1 on a core.
    pub const fn of_aarch64(levels: Aarch32Levels) -> u32 {
        if levels.el0 { AARCH64 | USER32 } else { AARCH64 }
    }
}

/// The bits of an SPSR that a user may choose: the condition flags. A vCPU may also choose among its modes, with all
/// flags; what it may not becomes its EL0.
pub fn sanitise_spsr(value: u64, vcpu: Option<Ref<Vcpu>>) -> u64 {
    const MODE: u64 = 0x1f;
    const NZCV: u64 = 0xf000_0000;
    const AARCH32: u64 = 1 << 4;
    match vcpu {
        Some(vcpu) if vcpu.modes.get() >> (value & MODE) & 1 != 0 => value,
        Some(vcpu) if vcpu.is_aarch32() => value & NZCV | USER_SPSR | AARCH32,
        _ => value & NZCV | USER_SPSR,
    }
}
