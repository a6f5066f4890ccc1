// SPDX-License-Identifier: MIT OR Apache-2.0
//! The clock that the guest's real-time clock follows: the board's, if the manifest maps one, or the counter's seconds
//! since the board was started.

use super::{counter, regions};
use vmm::device::Seconds;
use vmm::device::pl031::{IDENTIFICATION, is_pl031};

/// Of the board's clock: the seconds.
const SECONDS: usize = 0;

/// What there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A clock that knows the date.
    Board,
    /// The manifest maps something else, as where the board has no such clock.
    NotAClock,
    /// The manifest maps nothing.
    Nothing,
}

/// Looks for the board's clock.
pub fn find() -> (Found, Seconds) {
    let id = core::array::from_fn(|n| regions::clock_register(IDENTIFICATION + 4 * n).unwrap_or(0) as u8);
    match regions::clock_register(SECONDS) {
        Some(_) if is_pl031(id) => (Found::Board, board),
        Some(_) => (Found::NotAClock, since_start),
        None => (Found::Nothing, since_start),
    }
}

fn board() -> u32 {
    regions::clock_register(SECONDS).unwrap_or(0)
}

fn since_start() -> u32 {
    (counter::now() / counter::frequency().max(1)) as u32
}
