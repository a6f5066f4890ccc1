// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU for tests.

use crate::{Handle, VcpuDebug};

/// A handle: two are one vCPU's if they point to one object.
#[derive(Clone, Copy, Debug)]
pub struct Vcpu<'a>(pub &'a VcpuDebug);

impl PartialEq for Vcpu<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Handle for Vcpu<'_> {
    fn debug(&self) -> &VcpuDebug {
        self.0
    }
}
