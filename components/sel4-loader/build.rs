// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links the loader for the address that the board's boot loader puts it at.

use std::env;

use board_file::BoardFile;

fn main() {
    println!("cargo:rerun-if-changed=loader.ld");
    let base = BoardFile::of_this_build().number("memory", "kernel_base");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo:rustc-link-arg-bins=--defsym=LOADER_BASE={base:#x}");
        println!("cargo:rustc-link-arg-bins=-T{here}/loader.ld");
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    }
}
