// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers: where the shim finds a vCPU's.

use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;
use debug_shim::{Handle, VcpuDebug};
pub use debug_shim_aarch64::Hardware;

impl Handle for Ref<Vcpu> {
    fn debug(&self) -> &VcpuDebug {
        &self.debug
    }
}
