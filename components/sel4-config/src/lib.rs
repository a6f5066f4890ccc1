// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's configuration, at compile time.
//!
//! The options come from the flat maps `libsel4/include/{kernel,sel4}/gen_config.json` below `SEL4_PREFIX`; when
//! that is not set, from `kernel-config/qemu_virt_aarch64/gen_config.json` of this workspace. Keys carry no
//! `CONFIG_`. A key that no file has is a compile error:
//!
//! ```
//! use sel4_config::{sel4_cfg, sel4_cfg_bool, sel4_cfg_usize};
//!
//! #[sel4_cfg(KERNEL_MCS)]
//! fn only_with_mcs() {}
//!
//! assert!(sel4_cfg_bool!(KERNEL_MCS));
//! assert_eq!(sel4_cfg_usize!(MAX_NUM_NODES), 1);
//! only_with_mcs();
//! ```
//!
//! ```compile_fail
//! sel4_config::sel4_cfg_bool!(KERNEL_MSC);
//! ```
//!
//! Conditions are `KEY`, `KEY = "value"`, `not(..)`, `all(..)` and `any(..)`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub use sel4_config_macros::{
    sel4_cfg, sel4_cfg_attr, sel4_cfg_bool, sel4_cfg_if, sel4_cfg_str, sel4_cfg_usize, sel4_cfg_word,
};

/// Every option of the active configuration, as a `bool` or a `&str`.
pub mod consts {
    sel4_config_macros::declare_consts!();
}

#[cfg(test)]
mod tests {
    use super::{sel4_cfg, sel4_cfg_attr, sel4_cfg_bool, sel4_cfg_if, sel4_cfg_str, sel4_cfg_usize};

    #[sel4_cfg(all(KERNEL_MCS, not(ENABLE_SMP_SUPPORT)))]
    const UNICORE_MCS: bool = true;
    #[sel4_cfg(not(all(KERNEL_MCS, not(ENABLE_SMP_SUPPORT))))]
    const UNICORE_MCS: bool = false;

    #[sel4_cfg_attr(KERNEL_MCS, derive(PartialEq, Debug))]
    struct Derived(u8);

    sel4_cfg_if! {
        if #[sel4_cfg(MAX_NUM_NODES = "7")] {
            const BRANCH: u8 = 1;
        } else if #[sel4_cfg(any(ENABLE_BENCHMARKS, ARCH_AARCH64))] {
            const BRANCH: u8 = 2;
        } else {
            const BRANCH: u8 = 3;
        }
    }

    #[test]
    fn conditions_select_items() {
        assert_eq!((UNICORE_MCS, BRANCH), (true, 2));
        assert_eq!(Derived(1), Derived(1));
    }

    #[test]
    fn values_have_types() {
        let hypervisor: bool = sel4_cfg_bool!(ARM_HYPERVISOR_SUPPORT);
        assert!(hypervisor);
        assert_eq!(sel4_cfg_usize!(ROOT_CNODE_SIZE_BITS), 17);
        assert_eq!(sel4_cfg_str!(ARM_CPU), super::consts::ARM_CPU);
    }
}
