// SPDX-License-Identifier: MIT OR Apache-2.0
//! The second UART's facts from the board's file.

use board_file::BoardFile;

fn main() {
    BoardFile::write(&BoardFile::of_this_build().section("debug_uart"));
}
