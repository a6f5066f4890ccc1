// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls by HVC and SMC: the SMC Calling Convention 1.1 (Arm DEN0028) and the Power State Coordination Interface 1.1 (Arm
//! DEN0022) for a VM's vCPUs, the same by either conduit. [`table`] has every function; what is not there, or not for a caller of
//! this width, answers NOT_SUPPORTED.

mod answers;
mod documentation;
pub mod table;

pub use documentation::Documentation;
pub use smccc::psci::error::NOT_SUPPORTED;
pub use table::{CALLS, Call};

use crate::vcpu::Width;
use table::Handler;

/// What a call asks of the VMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Continue with this in x0.
    Return(i32),
    /// Wait for an interrupt, then continue with success in x0.
    Suspend,
    /// Another vCPU begins there, with that in its first register.
    TurnOn {
        /// Its MPIDR.
        target: u64,
        /// Where.
        entry: u64,
        /// In x0 or r0.
        context: u64,
    },
    /// This vCPU runs no more.
    TurnOff,
    /// Whether any is on that has these fields of an MPIDR from a level on.
    Affinity {
        /// The MPIDR.
        target: u64,
        /// The level.
        lowest_level: u64,
    },
    /// The VM ends.
    Off,
    /// The VM starts again.
    Reset,
}

/// Bit 30 of a function's number: the SMC64 form, which a 32-bit caller does not have (DEN0028, 2.5).
pub const CONVENTION_64: u32 = 1 << 30;

/// The function of this number, if it is there for a caller of this width.
#[inline]
pub const fn lookup(function: u32, caller: Width) -> Option<&'static Call> {
    match table::row(function & !CONVENTION_64) {
        Some(call) if function & CONVENTION_64 == 0 => Some(call),
        Some(call) if call.has_both_forms() && matches!(caller, Width::Aarch64) => Some(call),
        _ => None,
    }
}

/// The answer, if it takes nothing but the function's number: it is always the same, or there is no such function.
#[inline(always)]
pub fn answer_at_once(function: u32, caller: Width) -> Option<i32> {
    match table::MOST_FREQUENT {
        (number, answer) if function == number => Some(answer),
        _ => answer_of_others_at_once(function, caller),
    }
}

#[inline(never)]
fn answer_of_others_at_once(function: u32, caller: Width) -> Option<i32> {
    match lookup(function, caller) {
        None => Some(NOT_SUPPORTED),
        Some(Call { handler: Handler::Constant(value), .. }) => Some(*value),
        Some(_) => None,
    }
}

impl Call {
    /// What it comes to. `registers`: x1 and so on, as many as the function has arguments that count.
    pub fn action(&self, function: u32, registers: [u64; table::MOST_ARGUMENTS], caller: Width) -> Action {
        let is_64 = function & CONVENTION_64 != 0;
        let mut arguments = [0; table::MOST_ARGUMENTS];
        for ((value, register), argument) in arguments.iter_mut().zip(registers).zip(self.arguments) {
            *value = argument.of(register, is_64);
        }
        match self.handler {
            Handler::Constant(value) => Action::Return(value),
            Handler::Answer(answer) => answer(arguments, caller),
            Handler::Act(action) => action,
        }
    }
}

#[cfg(test)]
mod tests;
