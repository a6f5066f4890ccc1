// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers: where the shim finds a vCPU's, and what is done when it refuses.

use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;
use debug_shim::{Handle, VcpuDebug};
pub use debug_shim_aarch64::Hardware;

/// A vCPU that can be entered without moving debug registers.
pub type Ready = debug_shim::Ready<Ref<Vcpu>>;

impl Handle for Ref<Vcpu> {
    fn debug(&self) -> &VcpuDebug {
        &self.debug
    }
}

/// The shim does not let a guest run, or a vCPU go. There is one core, so it has no reason to: a bank that is loaded is
/// loaded here, and while an invocation is carried out no guest runs. If it refuses all the same, what this kernel
/// believes of its core is wrong, and nothing may run on.
#[cold]
#[inline(never)]
pub fn refused(error: debug_shim::Error) -> ! {
    panic!("the debug shim refuses: {error:?}")
}
