// SPDX-License-Identifier: MIT OR Apache-2.0
//! What differs between configurations of seL4: from the files below `SEL4_PREFIX`, else as documented.

use std::{env, fs, path::Path};

use anyhow::Context;
use sel4_prefix::{CONFIGURATION, HEADERS, INTERFACE_FILES, Options, labels};

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-env-changed=SEL4_PREFIX");
    println!("cargo::rerun-if-changed=build.rs");
    let prefix = env::var_os("SEL4_PREFIX");
    let (mut numbers, mut options) = (Vec::new(), Options::parse("{}")?);
    if let Some(prefix) = prefix.as_deref().map(Path::new) {
        // The folder: a file that is watched and not there would have changed at each build.
        println!("cargo::rerun-if-changed={}", prefix.join(HEADERS).display());
        options = Options::read(&prefix.join(CONFIGURATION))?;
        // A prefix of our own kernel has a configuration and nothing else.
        if prefix.join(INTERFACE_FILES[0]).is_file() {
            numbers = labels(prefix, &options)?;
        }
    }
    let out = env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?;
    let rows: Vec<_> = numbers.iter().enumerate().map(|(n, id)| format!("({id:?}, {}),", n + 1)).collect();
    fs::write(Path::new(&out).join("labels.rs"), format!("[{}]\n", rows.concat()))?;
    let tcb = if options.is_true("HARDWARE_DEBUG_API") { 12 } else { 11 };
    let vspace = if options.is_true("ARM_PA_SIZE_BITS_40") { 13 } else { 12 };
    let untyped = options.number("MAX_NUM_BOOTINFO_UNTYPED_CAPS").unwrap_or(230);
    let sizes = format!(
        "pub(crate) const TCB_BITS: usize = {tcb};\n\
         pub(crate) const VSPACE_BITS: usize = {vspace};\n\
         pub(crate) const MAX_UNTYPED: usize = {untyped};\n"
    );
    fs::write(Path::new(&out).join("sizes.rs"), sizes)?;
    Ok(())
}
