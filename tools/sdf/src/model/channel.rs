// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channels.

use super::PdIndex;
use lazaret_diagnostic::Span;

/// `channel`.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Exactly two, of different protection domains.
    pub ends: [End; 2],
    /// The element.
    pub span: Span,
}

/// `end` of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Whose.
    pub pd: PdIndex,
    /// The id under which the protection domain knows the channel, 0 to 61.
    pub id: u8,
    /// May call the other end (protected procedure).
    pub pp: bool,
    /// May notify the other end.
    pub notify: bool,
    /// The element.
    pub span: Span,
}
