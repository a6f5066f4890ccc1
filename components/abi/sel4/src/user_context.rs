// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of registers in TCB_ReadRegisters and TCB_WriteRegisters.

/// Registers of a user context.
pub const NUM_REGISTERS: usize = 36;

/// One word of `seL4_UserContext`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the architecture's")]
pub enum ContextRegister {
    Pc,
    Sp,
    Spsr,
    /// x0..x30.
    X(u8),
    TpidrEl0,
    TpidrroEl0,
}

use ContextRegister::{Pc, Sp, Spsr, TpidrEl0, TpidrroEl0, X};

/// Word n of the context is this register. The first 17 are the frame registers.
#[rustfmt::skip]
pub const ORDER: [ContextRegister; NUM_REGISTERS] = [
    Pc, Sp, Spsr, X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(16), X(17), X(18), X(29), X(30),
    X(9), X(10), X(11), X(12), X(13), X(14), X(15), X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26), X(27),
    X(28), TpidrEl0, TpidrroEl0,
];
