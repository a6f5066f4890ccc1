// SPDX-License-Identifier: MIT OR Apache-2.0
//! An invocation on a VCPU capability, decoded and carried out.

use debug_shim::{DEBUG_STATUS_WORDS, DebugHardware, DebugRegister, Error, Handle, Shim};
use lazaret_abi::{
    FLAG_DIRTY, VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH, VCPU_DEBUG_FLAG_DIRTY, VCPU_DEBUG_READ, VCPU_DEBUG_STATUS,
    VCPU_DEBUG_WRITE,
};
use sel4_abi::error::Error as Sel4;

/// Words of a message that count.
pub const WORDS: usize = 3;

/// What goes back to the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Answer {
    /// seL4's error number, or 0.
    pub error: u64,
    /// With `InvalidArgument`: which argument.
    pub argument: u64,
    /// Words of the answer.
    pub length: u64,
    /// The words.
    pub words: [u64; DEBUG_STATUS_WORDS],
}

impl Answer {
    /// Carries out the invocation of a label; `words` is the message, of which [`WORDS`] count. A label that is none of the
    /// shim's is an `IllegalOperation`.
    pub fn to<H: Handle>(shim: &Shim<H>, vcpu: H, label: u64, words: &[u64], hw: &impl DebugHardware) -> Self {
        let register = || match words.first().map(|word| DebugRegister::from_word(*word)) {
            None => Err(Sel4::TruncatedMessage),
            Some(register) => register.ok_or(Sel4::InvalidArgument),
        };
        let result = match label {
            VCPU_DEBUG_READ => {
                register().map(|register| shim.read(vcpu, register, hw).map(|value| Self::success(&[value])))
            }
            VCPU_DEBUG_WRITE => match words {
                [_, value, flags, ..] => register().map(|register| {
                    shim.write(vcpu, register, *value, flags & FLAG_DIRTY != 0, hw).map(|()| Self::success(&[]))
                }),
                _ => Err(Sel4::TruncatedMessage),
            },
            VCPU_DEBUG_FLAG_DIRTY => Ok(shim.flag_dirty(vcpu).map(|()| Self::success(&[]))),
            VCPU_DEBUG_STATUS => Ok(Ok(Self::success(&shim.status(vcpu)))),
            VCPU_DEBUG_ATTACH => match shim.attach_external(vcpu) {
                Err(Error::External) => Err(Sel4::DeleteFirst),
                other => Ok(other.map(|()| Self::success(&[]))),
            },
            VCPU_DEBUG_DETACH => Ok(shim.detach_external(vcpu).map(|()| Self::success(&[]))),
            _ => Err(Sel4::IllegalOperation),
        };
        match result {
            Ok(Ok(answer)) => answer,
            Err(error) => Self::refused(error),
            Ok(Err(Error::NoSuchRegister)) => Self::refused(Sel4::InvalidArgument),
            Ok(Err(Error::Elsewhere | Error::Running | Error::External)) => Self::refused(Sel4::IllegalOperation),
        }
    }

    pub(crate) fn success(words: &[u64]) -> Self {
        let mut answer = Self { length: words.len() as u64, ..Self::default() };
        answer.words[..words.len()].copy_from_slice(words);
        answer
    }

    fn refused(error: Sel4) -> Self {
        Self { error: error as u64, ..Self::default() }
    }
}
