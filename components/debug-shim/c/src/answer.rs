// SPDX-License-Identifier: MIT OR Apache-2.0
//! An invocation on a VCPU capability, decoded and carried out.

use debug_shim::{DEBUG_STATUS_WORDS, DebugHardware, DebugRegister, Error, Handle, Shim};
use sel4_sys::error::Error as Sel4;
use sel4_sys::extension::{FLAG_DIRTY, VCPU_DEBUG_FLAG_DIRTY, VCPU_DEBUG_READ, VCPU_DEBUG_STATUS, VCPU_DEBUG_WRITE};

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
    /// Carries out the invocation of a label; `words` is the message. A label that is none of the shim's is an
    /// `IllegalOperation`.
    pub fn to<H: Handle>(shim: &Shim<H>, vcpu: H, label: u64, words: &[u64], hw: &impl DebugHardware) -> Self {
        let wanted = match label {
            VCPU_DEBUG_READ => 1,
            VCPU_DEBUG_WRITE => 3,
            VCPU_DEBUG_FLAG_DIRTY | VCPU_DEBUG_STATUS => 0,
            _ => return Self::refused(Sel4::IllegalOperation),
        };
        let Some(words) = words.get(..wanted) else { return Self::refused(Sel4::TruncatedMessage) };
        let register = match words.first() {
            None => DebugRegister::Mdscr,
            Some(word) => match DebugRegister::from_word(*word) {
                Some(register) => register,
                None => return Self::refused(Sel4::InvalidArgument),
            },
        };
        let result = match label {
            VCPU_DEBUG_READ => shim.read(vcpu, register, hw).map(|value| Self::success(&[value])),
            VCPU_DEBUG_WRITE => {
                shim.write(vcpu, register, words[1], words[2] & FLAG_DIRTY != 0, hw).map(|()| Self::success(&[]))
            }
            VCPU_DEBUG_FLAG_DIRTY => shim.flag_dirty(vcpu).map(|()| Self::success(&[])),
            _ => Ok(Self::success(&shim.status(vcpu))),
        };
        result.unwrap_or_else(|error| match error {
            Error::NoSuchRegister => Self::refused(Sel4::InvalidArgument),
            Error::Elsewhere | Error::Running | Error::External => Self::refused(Sel4::IllegalOperation),
        })
    }

    fn success(words: &[u64]) -> Self {
        let mut answer = Self { length: words.len() as u64, ..Self::default() };
        answer.words[..words.len()].copy_from_slice(words);
        answer
    }

    fn refused(error: Sel4) -> Self {
        Self { error: error as u64, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use debug_shim::fake::FakeHardware;
    use debug_shim::{Counts, VcpuDebug};

    #[derive(Clone, Copy)]
    struct Vcpu<'a>(&'a VcpuDebug);
    impl PartialEq for Vcpu<'_> {
        fn eq(&self, other: &Self) -> bool {
            std::ptr::eq(self.0, other.0)
        }
    }
    impl Handle for Vcpu<'_> {
        fn debug(&self) -> &VcpuDebug {
            self.0
        }
    }

    #[test]
    fn the_four_invocations_and_what_is_none() {
        let (hw, debug) = (FakeHardware::poisoned(Counts::new(6, 4, 2), 6), VcpuDebug::new());
        let shim = Shim::new();
        shim.init_core(&hw);
        let ask = |label, words: &[u64]| Answer::to(&shim, Vcpu(&debug), label, words, &hw);
        let bvr = DebugRegister::Bvr(1).to_word();
        assert_eq!(ask(VCPU_DEBUG_WRITE, &[bvr, 0x1000, FLAG_DIRTY]), Answer::default());
        assert_eq!(ask(VCPU_DEBUG_READ, &[bvr]), Answer::success(&[0x1000]));
        assert_eq!(ask(VCPU_DEBUG_FLAG_DIRTY, &[]), Answer::default());
        let status = ask(VCPU_DEBUG_STATUS, &[]);
        assert_eq!((status.length, status.words[0]), (DEBUG_STATUS_WORDS as u64, 1));
        assert_eq!(ask(VCPU_DEBUG_READ, &[]).error, Sel4::TruncatedMessage as u64);
        assert_eq!(ask(VCPU_DEBUG_WRITE, &[bvr, 0]).error, Sel4::TruncatedMessage as u64);
        assert_eq!(ask(VCPU_DEBUG_READ, &[u64::MAX]).error, Sel4::InvalidArgument as u64);
        assert_eq!(ask(VCPU_DEBUG_READ, &[DebugRegister::Bvr(15).to_word()]).error, Sel4::InvalidArgument as u64);
        assert_eq!(ask(VCPU_DEBUG_STATUS + 1, &[0; 4]).error, Sel4::IllegalOperation as u64);
        assert_eq!(ask(0, &[0; 4]).error, Sel4::IllegalOperation as u64);
    }
}
