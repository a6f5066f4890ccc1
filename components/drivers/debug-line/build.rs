// SPDX-License-Identifier: MIT OR Apache-2.0
//! The second UART's facts from the board's file, which kind it is among them.

use board_file::BoardFile;

fn main() {
    let board = BoardFile::of_this_build();
    println!("cargo:rustc-check-cfg=cfg(mini_uart)");
    if board.number("debug_uart", "mini") != 0 {
        println!("cargo:rustc-cfg=mini_uart");
    }
    BoardFile::write(&board.section("debug_uart"));
}
