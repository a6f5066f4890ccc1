// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of a capability.

use crate::{Word, sys};

/// Corresponds to `seL4_CapRights_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapRights(Word);

impl CapRights {
    /// From the four rights.
    pub const fn new(grant_reply: bool, grant: bool, read: bool, write: bool) -> Self {
        CapRightsBuilder { grant_reply, grant, read, write }.build()
    }

    /// From the word.
    pub const fn from_word(word: Word) -> Self {
        Self(word)
    }

    /// The word.
    pub const fn into_word(self) -> Word {
        self.0
    }

    /// None.
    pub const fn none() -> Self {
        Self(sys::rights::CapRights::NONE.0)
    }

    /// All four.
    pub const fn all() -> Self {
        Self(sys::rights::CapRights::ALL.0)
    }

    /// Read and write.
    pub const fn read_write() -> Self {
        Self(sys::rights::CapRights::READ_WRITE.0)
    }

    /// Read.
    pub const fn read_only() -> Self {
        Self(sys::rights::CapRights::READ)
    }

    /// Write.
    pub const fn write_only() -> Self {
        Self(sys::rights::CapRights::WRITE)
    }
}

impl From<CapRightsBuilder> for CapRights {
    fn from(builder: CapRightsBuilder) -> Self {
        builder.build()
    }
}

/// Builds [`CapRights`] one by one.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default)]
pub struct CapRightsBuilder {
    grant_reply: bool,
    grant: bool,
    read: bool,
    write: bool,
}

impl CapRightsBuilder {
    /// Starts from none.
    pub const fn none() -> Self {
        Self { grant_reply: false, grant: false, read: false, write: false }
    }

    /// Starts from all.
    pub const fn all() -> Self {
        Self { grant_reply: true, grant: true, read: true, write: true }
    }

    /// The word.
    pub const fn build(self) -> CapRights {
        use sys::rights::CapRights as Raw;
        CapRights(
            (self.write as Word * Raw::WRITE)
                | (self.read as Word * Raw::READ)
                | (self.grant as Word * Raw::GRANT)
                | (self.grant_reply as Word * Raw::GRANT_REPLY),
        )
    }

    /// Sets grant-reply.
    #[must_use]
    pub const fn grant_reply(mut self, can: bool) -> Self {
        self.grant_reply = can;
        self
    }

    /// Sets grant.
    #[must_use]
    pub const fn grant(mut self, can: bool) -> Self {
        self.grant = can;
        self
    }

    /// Sets read.
    #[must_use]
    pub const fn read(mut self, can: bool) -> Self {
        self.read = can;
        self
    }

    /// Sets write.
    #[must_use]
    pub const fn write(mut self, can: bool) -> Self {
        self.write = can;
        self
    }
}
