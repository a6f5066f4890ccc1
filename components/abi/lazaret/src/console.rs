// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one thing that programs which share a console have to agree on.

/// Before a line in which the kernel or the root task says that something of the system itself is broken (ASCII's record
/// separator, which terminals do not show). The serial driver writes it for no client, so no guest can make up such a line.
pub const FATAL: char = '\u{1e}';
