// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is kept of each client.

use super::Client;
use crate::filter::Filter;
use crate::ring::{CAPACITY, NAME_LENGTH};

/// A line without an end is held back for this part of a second, 20 ms: most have their end by then, and nobody cuts them.
const FRESH: u64 = 50;
/// The same of a line that is already shown, 2 ms: who types wants to see it at once.
const SHOWN: u64 = 500;

/// A client.
#[derive(Debug)]
pub(super) struct Console {
    pub(super) client: Client,
    /// Empty until it is known.
    pub(super) name: heapless::String<NAME_LENGTH>,
    pub(super) filter: Filter,
    /// Its last line was cut by somebody else's output.
    pub(super) cut: bool,
    /// When it began what is held back.
    since: Option<u64>,
}

impl Console {
    /// A client, and what the description calls it.
    pub(super) fn new(client: Client, name: &[u8; NAME_LENGTH]) -> Self {
        Self { client, name: printable(name), filter: Filter::default(), cut: false, since: None }
    }

    /// What the client calls itself.
    pub(super) fn said(&self) -> heapless::String<NAME_LENGTH> {
        printable(&self.client.tx.name())
    }

    pub(super) const fn holds_back(&self) -> bool {
        self.since.is_some()
    }

    /// How many bytes of the ring may be shown now. `shown`: what they go on with is.
    pub(super) fn due(&mut self, now: Option<u64>, shown: bool, frequency: u64) -> usize {
        let (all, complete) = (self.client.tx.len(), self.client.tx.complete());
        let (Some(now), true) = (now, complete < all) else {
            self.since = None;
            return all;
        };
        let since = self.since.filter(|_| complete == 0).unwrap_or(now);
        let patience = frequency / if shown && complete == 0 { SHOWN } else { FRESH };
        let is_due = now.wrapping_sub(since) >= patience || all - complete >= CAPACITY / 2;
        self.since = (!is_due).then_some(since);
        if is_due { all } else { complete }
    }
}

/// As far as it is a name, and cannot be taken for the end of one.
fn printable(bytes: &[u8; NAME_LENGTH]) -> heapless::String<NAME_LENGTH> {
    let is_name = |byte: &u8| byte.is_ascii_graphic() && !b"|+".contains(byte);
    bytes.iter().copied().take_while(is_name).map(char::from).collect()
}
