// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which bytes the instruction at PC accesses, for a watchpoint: the address that the hardware tells may lie outside what
//! is watched.

use super::{Aborted, Amount, Base, Handler, Instruction};
use crate::console::Serial;
use crate::debugger::{Accessed, LOADS, STORES};
use crate::vcpu::KernelVcpu;
use arm_syndrome::Direction;

/// What DC ZVA clears, and what other cache operations work on, on all tested cores.
const LINE: u64 = 64;

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// What it accesses. `told`: what the syndrome says of it, for instructions that do both or neither. `None`: it is not
    /// known.
    pub(crate) fn accessed(&mut self, told: u64) -> Option<Accessed> {
        let aborted = self.aborted()?;
        let (start, length, kind) = match &aborted.instruction {
            Instruction::LoadStore(access) => {
                let kind = if access.direction == Direction::Read { LOADS } else { STORES };
                (self.sum(access.base, access.start, &aborted), access.length(), kind)
            }
            &Instruction::Exclusive { base } => {
                let (length, kind) = exclusive(aborted.word, told);
                (self.sum(Base::Register(base), Amount::ZERO, &aborted), length, kind)
            }
            &Instruction::ZeroBlock { address } => (self.line(address), LINE, STORES),
            &Instruction::Maintenance { address } => (self.line(address), LINE, told),
        };
        Some(Accessed { start: aborted.masked(start), length, kind })
    }

    fn line(&mut self, register: u8) -> u64 {
        self.vcpu.registers.x(register, self.kernel) & !(LINE - 1)
    }
}

/// Bytes of an exclusive, or of an atomic operation, which loads and stores (C4.1.94). A32's and T32's are taken for words.
fn exclusive(word: Option<u32>, told: u64) -> (u64, u64) {
    let Some(word) = word else { return (4, told) };
    let bit = |at: u32| word >> at & 1;
    let is_exclusive_group = word >> 24 & 0x3f == 0b00_1000;
    let is_pair = is_exclusive_group && bit(23) == 0 && bit(21) == 1;
    let length = if is_pair { 8 << bit(30) } else { 1 << (word >> 30) };
    let is_cas = is_exclusive_group && bit(21) == 1 && (bit(23) == 1 || bit(31) == 0);
    let kind = match (is_exclusive_group && !is_cas, bit(22)) {
        (true, 1) => LOADS,
        (true, _) => STORES,
        (false, _) => LOADS | STORES,
    };
    (length, kind)
}

impl Aborted {
    /// For [`Handler::accessed`].
    pub(super) const fn word_of(is_aarch32: bool, first: u32, second: u32) -> Option<u32> {
        if is_aarch32 { None } else { Some(second << 16 | first) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusives_and_atomics() {
        for (what, word, length, kind) in [
            ("ldxr x0, [x1]", 0xc85f_7c20, 8, LOADS),
            ("stxr w2, x0, [x1]", 0xc802_7c20, 8, STORES),
            ("ldaxrb w0, [x1]", 0x085f_fc20, 1, LOADS),
            ("ldxp x0, x2, [x1]", 0xc87f_0820, 16, LOADS),
            ("stxp w3, w0, w2, [x1]", 0x8823_0820, 8, STORES),
            ("casp x0, x1, x2, x3, [x4]", 0x4820_7c82, 16, LOADS | STORES),
            ("cas w0, w2, [x1]", 0x88a0_7c22, 4, LOADS | STORES),
            ("ldadd x0, x2, [x1]", 0xf820_0022, 8, LOADS | STORES),
            ("swph w0, w2, [x1]", 0x7820_8022, 2, LOADS | STORES),
        ] {
            assert_eq!(exclusive(Some(word), LOADS), (length, kind), "{what}");
        }
    }
}
