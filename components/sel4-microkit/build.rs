// SPDX-License-Identifier: MIT OR Apache-2.0
//! Has programs that use this crate linked by the runtime's script: lld takes a script where it expects a library, and a
//! library is what cargo hands on to the final link.

use std::{env, fs, path::Path};

/// Where the program's image begins.
const IMAGE_BASE: &str = "0x200000";
const SCRIPT: &str = "../sel4-runtime/image.ld";

fn main() {
    println!("cargo::rerun-if-changed={SCRIPT}");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let script = fs::read_to_string(SCRIPT).expect("the runtime's linker script");
    let placed = script.replace("= IMAGE_BASE;", &format!("= {IMAGE_BASE};"));
    fs::write(Path::new(&out).join("sel4-microkit.ld"), placed).expect("OUT_DIR can be written");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo::rustc-link-search=native={out}");
        println!("cargo::rustc-link-lib=dylib:+verbatim=sel4-microkit.ld");
    }
}
