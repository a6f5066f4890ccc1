// SPDX-License-Identifier: MIT OR Apache-2.0
//! The message info word.

use crate::{Word, sys};

/// Corresponds to `seL4_MessageInfo_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct MessageInfo(sys::message_info::MessageInfo);

impl MessageInfo {
    /// From its fields.
    pub const fn new(label: Word, caps_unwrapped: usize, extra_caps: usize, length: usize) -> Self {
        Self(sys::message_info::MessageInfo::new(label, caps_unwrapped as u64, extra_caps as u64, length as u64))
    }

    /// From the word.
    pub const fn from_word(word: Word) -> Self {
        Self(sys::message_info::MessageInfo(word))
    }

    /// The word.
    pub const fn into_word(self) -> Word {
        self.0.0
    }

    /// Invocation, fault, error, or the sender's own.
    pub const fn label(&self) -> Word {
        self.0.label()
    }

    /// Bits of a label.
    pub const fn label_width() -> usize {
        52
    }

    /// Bit n: the n-th capability came as its badge only.
    pub const fn caps_unwrapped(&self) -> usize {
        self.0.caps_unwrapped() as usize
    }

    /// Capabilities in the message.
    pub const fn extra_caps(&self) -> usize {
        self.0.extra_caps()
    }

    /// Words in the message.
    pub const fn length(&self) -> usize {
        self.0.length()
    }
}

impl From<MessageInfoBuilder> for MessageInfo {
    fn from(builder: MessageInfoBuilder) -> Self {
        builder.build()
    }
}

/// Builds a [`MessageInfo`] field by field.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default)]
pub struct MessageInfoBuilder {
    label: Word,
    caps_unwrapped: usize,
    extra_caps: usize,
    length: usize,
}

impl MessageInfoBuilder {
    /// The word.
    pub const fn build(self) -> MessageInfo {
        MessageInfo::new(self.label, self.caps_unwrapped, self.extra_caps, self.length)
    }

    /// Sets the label.
    #[must_use]
    pub const fn label(mut self, label: Word) -> Self {
        self.label = label;
        self
    }

    /// Sets the mask of unwrapped capabilities.
    #[must_use]
    pub const fn caps_unwrapped(mut self, caps_unwrapped: usize) -> Self {
        self.caps_unwrapped = caps_unwrapped;
        self
    }

    /// Sets the number of capabilities.
    #[must_use]
    pub const fn extra_caps(mut self, extra_caps: usize) -> Self {
        self.extra_caps = extra_caps;
        self
    }

    /// Sets the number of words.
    #[must_use]
    pub const fn length(mut self, length: usize) -> Self {
        self.length = length;
        self
    }
}
