// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the guest stands, and stepping over an instruction that was carried out for it.

use crate::{Esr, Spsr};

/// PC and PSTATE of a stopped guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The instruction that trapped (`ELR_EL2`).
    pub pc: u64,
    /// Its program state (`SPSR_EL2`).
    pub spsr: Spsr,
}

impl Context {
    /// After the instruction that `esr` reports. The guest's own single step ends with it, so PSTATE.SS is cleared.
    #[inline]
    pub const fn advance(self, esr: Esr) -> Self {
        if self.spsr.is_aarch32() {
            return self.advance_aarch32(esr);
        }
        Self { pc: self.pc.wrapping_add(4), spsr: Spsr(self.spsr.0 & !(Spsr::SS | Spsr::BTYPE)) }
    }

    const fn advance_aarch32(self, esr: Esr) -> Self {
        let length = if self.spsr.is_thumb() && !esr.is_32_bit_instruction() { 2 } else { 4 };
        let stepped = Spsr(self.spsr.0 & !Spsr::SS);
        let pc = self.pc.wrapping_add(length) & u32::MAX as u64;
        Self { pc, spsr: stepped.with_it_state(it_advance(stepped.it_state())) }
    }
}

/// ITSTATE after one instruction of the block.
const fn it_advance(it: u8) -> u8 {
    if it & 0b111 == 0 { 0 } else { it & 0b1110_0000 | it << 1 & 0b1_1111 }
}
