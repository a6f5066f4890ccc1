// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rules that hold between elements: each file is one kind, each fault is reported at its own place.

mod addresses;
mod channels;
mod dma;
mod guests_only;
mod identity;
mod memory_sum;
mod page_size;
mod physical;
mod setvars;
mod stand_in;
mod unbounded;
mod unused;

use lazaret_board::Board;
use lazaret_diagnostic::Diagnostic;

use super::context::Context;
use super::model::System;

/// What is hardly meant in a valid system, or is to be known of it.
pub(super) fn warnings(system: &System, board: &Board) -> Vec<Diagnostic> {
    unused::warnings(system)
        .into_iter()
        .chain(unbounded::warnings(system))
        .chain(dma::warnings(system, board))
        .collect()
}

/// Checks everything; `page_size_given` says of each region whether its page size was asked for.
pub(super) fn check(system: &mut System, page_size_given: &[bool], cx: &Context<'_>) {
    stand_in::apply(system, cx);
    identity::check(system, cx);
    channels::check(system, cx);
    physical::check(system, cx);
    guests_only::check(system, cx);
    addresses::check(system, cx);
    setvars::check(system, cx);
    memory_sum::check(system, cx);
    page_size::choose(system, page_size_given);
}
