// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links the loader as a flat, position-independent image.

fn main() {
    println!("cargo:rerun-if-changed=loader.ld");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo:rustc-link-arg-bins=-T{here}/loader.ld");
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    }
}
