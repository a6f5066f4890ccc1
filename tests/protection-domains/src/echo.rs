// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client of the debug line that says what it hears, in the place of a VMM.

use serial::ring::Ring;

use crate::memory;

/// Its ends of the rings.
pub struct Echo {
    to_host: &'static Ring,
    from_host: &'static Ring,
}

impl Echo {
    pub fn new() -> Self {
        let (to_host, from_host) = memory::debug_rings();
        Self { to_host, from_host }
    }

    /// Moves what there is, as far as there is room. Whether the driver has to be told.
    pub fn answer(&self) -> bool {
        let mut moved = false;
        loop {
            // Without room the driver tells of it later, and this goes on.
            if !self.to_host.has_room() {
                self.to_host.await_room();
            }
            if !self.to_host.has_room() {
                break;
            }
            let Some(byte) = self.from_host.pop() else { break };
            moved |= self.to_host.push(byte);
        }
        moved && !self.to_host.is_watched()
    }
}
