// SPDX-License-Identifier: MIT OR Apache-2.0
//! Has programs that use this crate linked by its script: lld takes a script where it expects a library, and a
//! library is what cargo hands on to the final link.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=sel4-root-task.ld");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo::rustc-link-search=native={}", env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        println!("cargo::rustc-link-lib=dylib:+verbatim=sel4-root-task.ld");
    }
}
