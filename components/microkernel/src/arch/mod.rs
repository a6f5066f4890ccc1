// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine under the kernel: [`contract`] says what is asked of it, `arm::el2` does it on target, `fake` on hosts,
//! where it records what it was asked. Each has a `Core`, the architecture's part of a [`Cpu`](crate::cpu::Cpu).

pub mod arm;
mod contract;
#[cfg(not(target_os = "none"))]
pub mod fake;

#[cfg(target_os = "none")]
pub use arm::el2::*;
pub use arm::stage1::MapError;
pub use contract::*;
#[cfg(not(target_os = "none"))]
pub use fake::*;

use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;

/// SPSR of a fresh thread: EL0t, asynchronous aborts and FIQ masked.
pub const USER_SPSR: u64 = 0x140;

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
