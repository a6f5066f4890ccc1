// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers of a thread.

use crate::{
    Word,
    sys::user_context::{ContextRegister, NUM_REGISTERS, ORDER},
};

/// Corresponds to `seL4_UserContext`: the words in the order of TCB_ReadRegisters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserContext([Word; NUM_REGISTERS]);

const PC: usize = 0;
const SP: usize = 1;
const SPSR: usize = 2;

/// Where each general-purpose register is.
const GPR: [usize; 31] = {
    let mut table = [0; 31];
    let mut word = 0;
    while word < NUM_REGISTERS {
        if let ContextRegister::X(number) = ORDER[word] {
            table[number as usize] = word;
        }
        word += 1;
    }
    table
};

impl Default for UserContext {
    fn default() -> Self {
        Self([0; NUM_REGISTERS])
    }
}

impl UserContext {
    /// The words in message order.
    pub const fn inner(&self) -> &[Word; NUM_REGISTERS] {
        &self.0
    }

    /// The words in message order.
    pub const fn inner_mut(&mut self) -> &mut [Word; NUM_REGISTERS] {
        &mut self.0
    }

    /// Program counter.
    pub const fn pc(&self) -> &Word {
        &self.0[PC]
    }

    /// Program counter.
    pub const fn pc_mut(&mut self) -> &mut Word {
        &mut self.0[PC]
    }

    /// Stack pointer of EL0.
    pub const fn sp(&self) -> &Word {
        &self.0[SP]
    }

    /// Stack pointer of EL0.
    pub const fn sp_mut(&mut self) -> &mut Word {
        &mut self.0[SP]
    }

    /// Saved program status.
    pub const fn spsr(&self) -> &Word {
        &self.0[SPSR]
    }

    /// Saved program status.
    pub const fn spsr_mut(&mut self) -> &mut Word {
        &mut self.0[SPSR]
    }

    /// x0 to x30.
    pub const fn gpr(&self, ix: usize) -> &Word {
        &self.0[GPR[ix]]
    }

    /// x0 to x30.
    pub const fn gpr_mut(&mut self, ix: usize) -> &mut Word {
        &mut self.0[GPR[ix]]
    }

    /// TPIDR_EL0, where programs of this crate keep their IPC buffer's address.
    pub const fn tpidr_el0(&self) -> &Word {
        &self.0[NUM_REGISTERS - 2]
    }

    /// TPIDR_EL0.
    pub const fn tpidr_el0_mut(&mut self) -> &mut Word {
        &mut self.0[NUM_REGISTERS - 2]
    }

    /// The n-th parameter of a C function.
    pub const fn c_param(&self, ix: usize) -> &Word {
        assert!(ix < 8);
        self.gpr(ix)
    }

    /// The n-th parameter of a C function.
    pub const fn c_param_mut(&mut self, ix: usize) -> &mut Word {
        assert!(ix < 8);
        self.gpr_mut(ix)
    }
}

#[cfg(test)]
mod tests {
    use super::UserContext;

    #[test]
    fn registers_are_where_the_abi_says() {
        let mut context = UserContext::default();
        for (word, value) in context.inner_mut().iter_mut().enumerate() {
            *value = word as u64;
        }
        let gprs: std::vec::Vec<u64> = (0..31).map(|ix| *context.gpr(ix)).collect();
        let expected: std::vec::Vec<u64> =
            (3..=11).chain(17..=23).chain(12..=14).chain(24..=33).chain(15..=16).collect();
        assert_eq!(gprs, expected);
        assert_eq!((*context.pc(), *context.sp(), *context.spsr(), *context.tpidr_el0()), (0, 1, 2, 34));
    }
}
