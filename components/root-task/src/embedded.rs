// SPDX-License-Identifier: MIT OR Apache-2.0
//! The specification that the packer appended to this task's image.
#![allow(unsafe_code)]

use system_spec::Spec;

use crate::{Cause, Failure, failure::Context};

/// Address and size of the specification; the packer writes them into the image.
#[used]
#[unsafe(no_mangle)]
#[cfg_attr(target_os = "none", unsafe(link_section = ".data"))]
static LAZARET_SPEC: [u64; 2] = [0, 0];

/// The specification, and its address.
pub fn specification() -> Result<(Spec<'static>, usize), Failure<'static>> {
    // SAFETY: a static of ours; volatile because the compiler does not know that the packer writes it.
    let [vaddr, size] = unsafe { core::ptr::read_volatile(&raw const LAZARET_SPEC) };
    if vaddr == 0 || size == 0 {
        return Err(Cause::NoSpec).step("read", "specification");
    }
    // SAFETY: the packer promises that these bytes lie in the image, which the kernel has mapped; nobody writes to
    // them while this task reads the tables.
    let bytes =
        unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(vaddr as usize), size as usize) };
    let spec = Spec::parse(bytes).map_err(Cause::Spec).step("read", "specification")?;
    Ok((spec, vaddr as usize))
}
