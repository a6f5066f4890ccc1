// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an access to a debug register does to a guest that has registers of its own: the Arm ARM's descriptions (D24.3, and
//! G8.3 for AArch32), said of the eager system.

use arm_trap_table::Access;
use debug_shim::Register;

use crate::arm;
use crate::layout::Layout;
use crate::state::guest_bits;
use crate::view::View;

/// An encoding: (op0, op1, CRn, CRm, op2), or (coprocessor, opc1, CRn, CRm, opc2).
pub type Encoding = [u8; 5];

/// What an access comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<const N: usize> {
    /// Undefined: the register is not there.
    Undefined,
    /// It reads, or becomes, something that depends on no state; nothing else changes.
    Stateless,
    /// A read gives this value.
    Reads(u64),
    /// A write leads to these registers.
    Becomes(View<N>),
}

/// The part of a 64-bit register that an access is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Bits 31 to 0.
    Low,
    /// Bits 63 to 32.
    High,
}

impl Part {
    /// What is read of a value.
    pub fn of(self, value: u64) -> u64 {
        match self {
            Self::Whole => value,
            Self::Low => value & LOW,
            Self::High => value >> 32,
        }
    }

    /// The value after a write of this part.
    pub fn put(self, old: u64, value: u64) -> u64 {
        match self {
            Self::Whole => value,
            Self::Low => old & !LOW | value & LOW,
            Self::High => old & LOW | value << 32,
        }
    }
}

const LOW: u64 = 0xffff_ffff;
/// `OSLSR_EL1`: OSLM says that the lock is implemented; OSLK is bit 1.
const OSLM: u64 = 0b1000;
/// `DBGDSCRint.TXfull`.
const TX_FULL: u64 = 1 << 29;
/// `DBGVCR`: the vectors of both states.
const VECTORS: u64 = 0xde00_00de;

/// The register of the bank that an encoding names, and which part of it.
pub fn banked(encoding: Encoding) -> Option<(Register, Part)> {
    Some(match encoding {
        [2, 0, 0, n, 4] => (Register::Bvr(n), Part::Whole),
        [2, 0, 0, n, 5] => (Register::Bcr(n), Part::Whole),
        [2, 0, 0, n, 6] => (Register::Wvr(n), Part::Whole),
        [2, 0, 0, n, 7] => (Register::Wcr(n), Part::Whole),
        [14, 0, 0, n, 4] => (Register::Bvr(n), Part::Low),
        [14, 0, 1, n, 1] => (Register::Bvr(n), Part::High),
        [14, 0, 0, n, 5] => (Register::Bcr(n), Part::Low),
        [14, 0, 0, n, 6] => (Register::Wvr(n), Part::Low),
        [14, 0, 0, n, 7] => (Register::Wcr(n), Part::Low),
        [2 | 14, 0, 0, 2, 0] => (Register::Mdccint, Part::Whole),
        [14, 0, 0, 7, 0] => (Register::Vcr32, Part::Whole),
        _ => return None,
    })
}

/// An access of a guest at EL1: to the registers of op0 = 2 and the others if its EL1 is 64-bit, to coprocessor 14 if not.
pub fn effect<const N: usize>(view: &View<N>, layout: &Layout, encoding: Encoding, access: Access) -> Effect<N> {
    match (encoding, access) {
        // DBGBXVR is there for a breakpoint that compares contexts.
        ([14, 0, 1, n, 1], _) if !arm::is_context_aware(n.into(), layout.counts()) => Effect::Undefined,
        ([2 | 14, 0, 0, 2, 2], _) => mdscr(view, access),
        ([14, 0, 0, 1, 0], Access::Read) => Effect::Reads(view.mdscr.unwrap_or(0) & arm::GUEST32 | TX_FULL),
        ([14, 0, 0, 1, 0], Access::Write(_)) => Effect::Undefined,
        ([2, 0, 1, 0, 4], Access::Write(value)) => Effect::Becomes(View { os_lock: value & 1 != 0, ..*view }),
        // Arm's key, in 32 bits; any other value frees.
        ([14, 0, 1, 0, 4], Access::Write(value)) => {
            Effect::Becomes(View { os_lock: value as u32 == 0xc5ac_ce55, ..*view })
        }
        ([2 | 14, 0, 1, 0, 4], Access::Read) => Effect::Undefined,
        ([2 | 14, 0, 1, 1, 4], Access::Read) => Effect::Reads(OSLM | u64::from(view.os_lock) << 1),
        ([2 | 14, 0, 1, 1, 4], Access::Write(_)) => Effect::Undefined,
        ([2 | 14, 0, 7, 8, 6], _) => claim(view, layout, true, access),
        ([2 | 14, 0, 7, 9, 6], _) => claim(view, layout, false, access),
        _ => match banked(encoding) {
            Some((register, part)) => bank(view, layout, register, part, access),
            None => Effect::Stateless,
        },
    }
}

/// What the hardware keeps of a value that a guest writes to a register of the bank: RES0 bits are gone. HMC and SSC stay;
/// they are gone from every view, because the clamp drops them.
pub fn kept(layout: &Layout, register: Register, value: u64) -> u64 {
    match register {
        Register::Bvr(n) if arm::is_context_aware(n.into(), layout.counts()) => value,
        Register::Bvr(_) | Register::Wvr(_) => value & !arm::RES0_OF_ADDRESS,
        Register::Bcr(_) => {
            // BAS bits 3 and 1 are copies of 2 and 0.
            let copied = value & 0b0101 << 5;
            value & (arm::BCR | arm::HMC_SSC) & !(0b1010 << 5) | copied << 1
        }
        Register::Wcr(_) => value & (arm::WCR | arm::HMC_SSC),
        Register::Mdccint => value & arm::MDCCINT,
        Register::Vcr32 => value & VECTORS,
        _ => value,
    }
}

fn bank<const N: usize>(view: &View<N>, layout: &Layout, register: Register, part: Part, access: Access) -> Effect<N> {
    let (Some(place), Some(mut bank)) = (layout.place(register), view.bank) else { return Effect::Undefined };
    match access {
        Access::Read => Effect::Reads(part.of(bank[place])),
        Access::Write(value) => {
            // An MCR brings 32 bits.
            let value = if view.aarch32 { value & LOW } else { value };
            bank[place] = layout.clamped(place, kept(layout, register, part.put(bank[place], value)));
            Effect::Becomes(View { bank: Some(bank), ..*view })
        }
    }
}

fn mdscr<const N: usize>(view: &View<N>, access: Access) -> Effect<N> {
    let bits = guest_bits(view.aarch32);
    match access {
        Access::Read => Effect::Reads(view.mdscr.unwrap_or(0) & bits),
        Access::Write(value) => Effect::Becomes(View { mdscr: Some(value & bits), ..*view }),
    }
}

/// SET reads as the tags that are implemented, CLR as those that are set; a write changes those whose bits are 1.
fn claim<const N: usize>(view: &View<N>, layout: &Layout, sets: bool, access: Access) -> Effect<N> {
    let (Some(place), Some(mut bank)) = (layout.place(Register::ClaimSet), view.bank) else { return Effect::Undefined };
    match access {
        Access::Read => Effect::Reads(if sets { arm::CLAIM } else { bank[place] }),
        Access::Write(value) => {
            let tags = value & arm::CLAIM;
            bank[place] = if sets { bank[place] | tags } else { bank[place] & !tags };
            Effect::Becomes(View { bank: Some(bank), ..*view })
        }
    }
}
