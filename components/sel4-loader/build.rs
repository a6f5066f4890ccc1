// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links the loader for the address that the board's boot loader puts it at.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-env-changed=LAZARET_BOARD");
    println!("cargo:rerun-if-changed=loader.ld");
    let board = env::var("LAZARET_BOARD").unwrap_or_else(|_| "qemu_virt_aarch64".into());
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let file = Path::new(&here).join("../../kernel-config").join(&board).join("board.toml");
    println!("cargo:rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let base = text.lines().find_map(|line| line.strip_prefix("kernel_base")?.trim().strip_prefix('='));
    let base = base.unwrap_or_else(|| panic!("{}: no kernel_base", file.display())).trim().replace('_', "");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo:rustc-link-arg-bins=--defsym=LOADER_BASE={base}");
        println!("cargo:rustc-link-arg-bins=-T{here}/loader.ld");
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    }
}
