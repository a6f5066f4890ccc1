// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns the board's file into constants and links the kernel for its address.

use board_file::BoardFile;
use std::env;

fn main() {
    println!("cargo:rerun-if-changed=kernel.ld");
    let board = BoardFile::of_this_build();
    BoardFile::write(&board.constants());
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        let kernel_base = board.number("memory", "kernel_base");
        println!("cargo:rustc-link-arg-bins=--defsym=KERNEL_BASE={kernel_base:#x}");
        let optimised = env::var("OPT_LEVEL").is_ok_and(|level| level != "0");
        let (kernel, text) = if optimised { (1 << 20, 256 << 10) } else { (2 << 20, 1 << 20) };
        println!("cargo:rustc-link-arg-bins=--defsym=KERNEL_LIMIT={kernel}");
        println!("cargo:rustc-link-arg-bins=--defsym=TEXT_LIMIT={text}");
        println!("cargo:rustc-link-arg-bins=-T{here}/kernel.ld");
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    }
}
