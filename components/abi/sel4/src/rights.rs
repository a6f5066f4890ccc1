// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rights word.

/// Corresponds to `seL4_CapRights_t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct CapRights(pub u64);

#[allow(missing_docs, reason = "the names are the manual's")]
impl CapRights {
    pub const WRITE: u64 = 1;
    pub const READ: u64 = 2;
    pub const GRANT: u64 = 4;
    pub const GRANT_REPLY: u64 = 8;
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(15);
    pub const READ_WRITE: Self = Self(3);

    pub const fn write(self) -> bool {
        self.0 & Self::WRITE != 0
    }
    pub const fn read(self) -> bool {
        self.0 & Self::READ != 0
    }
    pub const fn grant(self) -> bool {
        self.0 & Self::GRANT != 0
    }
    pub const fn grant_reply(self) -> bool {
        self.0 & Self::GRANT_REPLY != 0
    }
}
