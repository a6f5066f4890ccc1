// SPDX-License-Identifier: MIT OR Apache-2.0
//! How an address is made: a base, and what is added to it.

/// What an address starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A general-purpose register by its number in the instruction. In A64, 31 is the stack pointer.
    Register(u8),
    /// The address of the instruction (A64), or what AArch32 reads as PC, aligned to four.
    Pc,
}

/// A shift of an offset's register (Arm ARM, C1.3.3 and F2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// To the left.
    Lsl(u8),
    /// The lower 32 bits, zero-extended, then to the left.
    Uxtw(u8),
    /// The lower 32 bits, sign-extended, then to the left.
    Sxtw(u8),
    /// To the right, 1 to 32, of 32 bits.
    Lsr(u8),
    /// To the right with the sign, 1 to 32, of 32 bits.
    Asr(u8),
    /// Rotated, 1 to 31, of 32 bits.
    Ror(u8),
    /// Rotated by one through the carry, of 32 bits.
    Rrx,
}

impl Shift {
    const fn apply(self, value: u64, carry: bool) -> u64 {
        let word = value as u32;
        match self {
            Self::Lsl(n) => value << n,
            Self::Uxtw(n) => (word as u64) << n,
            Self::Sxtw(n) => (word as i32 as i64 as u64) << n,
            Self::Lsr(n) => (word as u64) >> n,
            Self::Asr(n) => (word as i32 as i64 >> n) as u64,
            Self::Ror(n) => word.rotate_right(n as u32) as u64,
            Self::Rrx => (word >> 1 | (carry as u32) << 31) as u64,
        }
    }
}

/// What is added to a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// That many bytes.
    Constant(i64),
    /// A register's value, shifted; subtracted if it says so.
    Register {
        /// Its number in the instruction.
        register: u8,
        /// How its value is changed before it counts.
        shift: Shift,
        /// It is subtracted.
        subtract: bool,
    },
}

/// A register's value, and the carry flag that [`Shift::Rrx`] needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The register's value.
    pub register: u64,
    /// PSTATE.C.
    pub carry: bool,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self::Constant(0);

    /// The register that it needs.
    pub const fn register(self) -> Option<u8> {
        match self {
            Self::Constant(_) => None,
            Self::Register { register, .. } => Some(register),
        }
    }

    /// `base` with it added, in 64 bits; AArch32 keeps the lower half.
    pub const fn added_to(self, base: u64, value: Value) -> u64 {
        match self {
            Self::Constant(bytes) => base.wrapping_add_signed(bytes),
            Self::Register { shift, subtract, .. } => {
                let offset = shift.apply(value.register, value.carry);
                if subtract { base.wrapping_sub(offset) } else { base.wrapping_add(offset) }
            }
        }
    }
}

/// The three ways to use an offset: where the access begins, and what is added to the base register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Indexing {
    Offset,
    Pre,
    Post,
}

impl Indexing {
    /// The start's amount, and the write-back's.
    pub(crate) const fn split(self, amount: Amount) -> (Amount, Option<Amount>) {
        match self {
            Self::Offset => (amount, None),
            Self::Pre => (amount, Some(amount)),
            Self::Post => (Amount::ZERO, Some(amount)),
        }
    }
}
