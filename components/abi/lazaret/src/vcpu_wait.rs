// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a vCPU's thread waits for.

/// What a vCPU's thread does, as [`crate::VCPU_UNANSWERED_FAULT`] says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum VcpuWait {
    /// It was stopped, or never started.
    Stopped = 0,
    /// It runs, or would.
    Runs = 1,
    /// Its fault message has not been received yet.
    Sends = 2,
    /// Its fault message has not been answered yet.
    Answer = 3,
    /// Nobody can answer its fault any more: the reply object was used for something else, or is gone. To stop a thread
    /// without that, suspend it.
    Lost = 4,
}

impl VcpuWait {
    /// The state of a message's word.
    pub const fn from_word(word: u64) -> Option<Self> {
        Some(match word {
            0 => Self::Stopped,
            1 => Self::Runs,
            2 => Self::Sends,
            3 => Self::Answer,
            4 => Self::Lost,
            _ => return None,
        })
    }
}
