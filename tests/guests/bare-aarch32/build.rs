// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links the guest for the address that the VMM gives to bare 32-bit guests.

fn main() {
    println!("cargo:rerun-if-changed=guest.ld");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo:rustc-link-arg-bins=-T{here}/guest.ld");
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    }
}
