// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations by label, for those that `sel4` has no method for.
//!
//! Only that of `sel4` is used which rust-sel4's has as well: a Call does for any invocation.

use sel4::{CPtrBits, Cap, CapType, Error, InvocationContext, MessageInfoBuilder, Result, Word};
use sel4_abi::error::Error as Label;
use sel4_abi::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS;

/// An answer: its first words, and where the others are.
pub struct Reply<C> {
    words: [Word; NUM_FAST_MESSAGE_REGISTERS],
    context: C,
}

impl<C: InvocationContext> Reply<C> {
    /// The first word.
    pub const fn word(&self) -> Word {
        self.words[0]
    }

    /// As many words as there is room for.
    pub fn read(mut self, words: &mut [Word]) {
        let fast = words.len().min(self.words.len());
        words[..fast].copy_from_slice(&self.words[..fast]);
        let more = &mut words[fast..];
        if !more.is_empty() {
            self.context.with_context(|buffer| more.copy_from_slice(&buffer.msg_regs()[fast..][..more.len()]));
        }
    }

    /// That many words.
    pub fn array<const N: usize>(self) -> [Word; N] {
        let mut words = [0; N];
        self.read(&mut words);
        words
    }
}

/// Sends words and capabilities with a label. Of an error only its number is kept, not the words that say more.
#[inline]
pub fn invoke<T: CapType, C: InvocationContext>(
    cap: Cap<T, C>,
    label: Word,
    words: &[Word],
    caps: &[CPtrBits],
) -> Result<Reply<C>> {
    let cptr = cap.bits();
    let mut context = cap.into_invocation_context();
    let fast = words.len().min(NUM_FAST_MESSAGE_REGISTERS);
    if words.len() > fast || !caps.is_empty() {
        context.with_context(|buffer| {
            buffer.msg_regs_mut()[fast..words.len()].copy_from_slice(&words[fast..]);
            buffer.caps_or_badges_mut()[..caps.len()].copy_from_slice(caps);
        });
    }
    let first: [Word; NUM_FAST_MESSAGE_REGISTERS] = core::array::from_fn(|n| words.get(n).copied().unwrap_or(0));
    let info = MessageInfoBuilder::default().label(label).extra_caps(caps.len()).length(words.len()).build();
    let answer = Cap::<T>::from_bits(cptr).with(&mut context).call_with_mrs(info, first);
    match answer.info.label() {
        0 => Ok(Reply { words: answer.msg, context }),
        label => Err(error(label)),
    }
}

/// Here, for rust-sel4's conversion panics. A label that is no error of the manual's: that kernel has no such invocation
/// either.
const fn error(label: Word) -> Error {
    match Label::from_label(label) {
        Some(Label::InvalidArgument) => Error::InvalidArgument,
        Some(Label::InvalidCapability) => Error::InvalidCapability,
        Some(Label::RangeError) => Error::RangeError,
        Some(Label::AlignmentError) => Error::AlignmentError,
        Some(Label::FailedLookup) => Error::FailedLookup,
        Some(Label::TruncatedMessage) => Error::TruncatedMessage,
        Some(Label::DeleteFirst) => Error::DeleteFirst,
        Some(Label::RevokeFirst) => Error::RevokeFirst,
        Some(Label::NotEnoughMemory) => Error::NotEnoughMemory,
        Some(Label::IllegalOperation) | None => Error::IllegalOperation,
    }
}
