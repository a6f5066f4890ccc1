// SPDX-License-Identifier: MIT OR Apache-2.0
//! Colour on the terminal, unless somebody has asked for none (<https://no-color.org>).

use std::io::{self, IsTerminal};

/// Whether errors are shown in colour.
pub fn errors_in_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
