// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns the board's file into constants and links the kernel for its address.

use std::{env, fmt::Write as _, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-env-changed=LAZARET_BOARD");
    println!("cargo:rerun-if-changed=kernel.ld");
    let board = env::var("LAZARET_BOARD").unwrap_or_else(|_| "qemu_virt_aarch64".into());
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let file = Path::new(&here).join("../../kernel-config").join(&board).join("board.toml");
    println!("cargo:rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));

    let mut constants = String::new();
    let mut section = "";
    let mut kernel_base = 0;
    for line in text.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty()) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, value)) = line.split_once('=') {
            let name = format!("{section}_{}", key.trim()).to_uppercase();
            let value = number(value.trim()).unwrap_or_else(|| panic!("{}: {line}: not a number", file.display()));
            writeln!(constants, "/// `{}` of section `{section}` in the board's file.", key.trim()).expect("a string");
            writeln!(constants, "pub const {name}: u64 = {value:#x};").expect("a string");
            if name == "MEMORY_KERNEL_BASE" {
                kernel_base = value;
            }
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("board.rs"), constants).expect("OUT_DIR");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo:rustc-link-arg-bins=--defsym=KERNEL_BASE={kernel_base:#x}");
        let optimised = env::var("OPT_LEVEL").is_ok_and(|level| level != "0");
        let (kernel, text) = if optimised { (1 << 20, 256 << 10) } else { (2 << 20, 1 << 20) };
        println!("cargo:rustc-link-arg-bins=--defsym=KERNEL_LIMIT={kernel}");
        println!("cargo:rustc-link-arg-bins=--defsym=TEXT_LIMIT={text}");
        println!("cargo:rustc-link-arg-bins=-T{here}/kernel.ld");
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}
