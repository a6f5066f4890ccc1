// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug shim as a freestanding static library with a C interface, for seL4's own kernel (one core).
//!
//! `debug_shim.h` beside this crate is generated from [`header`]; [`glue.md`](../glue.md) says which places of seL4
//! call what. The library allocates nothing and calls nothing: its state is in what the kernel passes.
#![cfg_attr(target_os = "none", no_std)]
#![deny(unsafe_code)]

mod answer;
mod header;
#[cfg(target_os = "none")]
mod interface;

use debug_shim::{DebugHardware, Handle, Shim, VcpuDebug};

pub use answer::Answer;
pub use header::header;

/// A vCPU by the address of its debug state.
#[derive(Clone, Copy, PartialEq)]
pub struct Pointer(*const VcpuDebug);

impl Handle for Pointer {
    #[allow(unsafe_code)]
    fn debug(&self) -> &VcpuDebug {
        // SAFETY: the kernel passes the address of a state in a VCPU object that it has initialised, and tells the shim
        // before it deletes one; there is one core, and every field is a cell.
        unsafe { &*self.0 }
    }
}

/// What a core's state is.
pub type Core = Shim<Pointer>;

/// A VCPU object goes: nothing of it is left on the core, nor anything that points to it. While another guest's state is
/// on the core (`running`), that one steps aside for the moment; the shim would refuse otherwise.
pub fn delete<H: Handle>(core: &Shim<H>, vcpu: H, running: Option<H>, hw: &impl DebugHardware) {
    let other = running.filter(|running| *running != vcpu);
    if let Some(other) = other {
        core.leave_to_native(other, hw);
    }
    // Neither is refused on one core where no other guest runs.
    let _ = core.release(vcpu, hw);
    if let Some(other) = other {
        let _ = core.enter(other, hw);
    }
}

#[cfg(test)]
mod tests;
