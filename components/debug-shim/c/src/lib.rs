// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug shim as a freestanding static library with a C interface, for seL4's own kernel (one core).
//!
//! `debug_shim.h` beside this crate is generated from [`header`]; [`glue.md`](../glue.md) says which places of seL4
//! call what. The library allocates nothing and calls nothing: its state is in what the kernel passes.
#![cfg_attr(target_os = "none", no_std)]
#![deny(unsafe_code)]
#![deny(missing_docs)]

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
    if core.release(vcpu, hw).is_err() {
        refused();
    }
    if let Some(other) = other {
        enter(core, other, hw);
    }
}

/// The core is about to run this vCPU's guest.
pub fn enter<H: Handle>(core: &Shim<H>, vcpu: H, hw: &impl DebugHardware) {
    // C cannot be asked to keep the proof; it gets control back only if there is one.
    if core.enter(vcpu, hw).is_err() {
        refused();
    }
}

/// The shim does not let a guest run, or an object go. With one core it has no reason to (a bank that is loaded is
/// loaded here, and nobody else's guest runs), so the kernel has called it at the wrong moment: nothing runs on.
#[cold]
fn refused() -> ! {
    panic!("the debug shim refuses")
}

#[cfg(test)]
mod tests;
