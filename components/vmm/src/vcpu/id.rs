// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which vCPU of a VM.

use crate::guest_map::MOST_VCPUS;

/// The most vCPUs of a VM of this program. What is one vCPU's is in arrays of this length, in the program and in the state
/// region, so the program for VMs of one vCPU is one of its own. Tests have room for all.
pub const MAX_VCPUS: usize = if cfg!(any(test, feature = "smp")) { MOST_VCPUS } else { 1 };

const _: () = assert!(MAX_VCPUS >= 1 && MAX_VCPUS <= u8::MAX as usize);

/// The number of a vCPU, below [`MAX_VCPUS`]. It is Microkit's number of the child whose faults are this vCPU's exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VcpuId(u8);

impl VcpuId {
    /// The vCPU that a VM starts with.
    pub const BOOT: Self = Self(0);

    /// Of a number; `None` if no vCPU has it.
    #[inline(always)]
    pub const fn new(number: usize) -> Option<Self> {
        if number < MAX_VCPUS { Some(Self(number as u8)) } else { None }
    }

    /// All that a VM of so many has, from the first on.
    pub fn first(count: usize) -> impl Iterator<Item = Self> {
        (0..count).filter_map(Self::new)
    }

    /// The number.
    #[inline(always)]
    pub const fn index(self) -> usize {
        // Always the first; it tells the compiler that no array of vCPUs is left.
        if (self.0 as usize) < MAX_VCPUS { self.0 as usize } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_the_last_vcpu_are_none() {
        for number in [MAX_VCPUS, MAX_VCPUS + 1, 256, usize::MAX] {
            assert_eq!(VcpuId::new(number), None);
        }
        for number in 0..MAX_VCPUS {
            assert_eq!(VcpuId::new(number).map(VcpuId::index), Some(number));
        }
    }
}
