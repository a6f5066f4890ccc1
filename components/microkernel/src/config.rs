// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `gen_config.json` says, as constants.

use sel4_config::{sel4_cfg_bool, sel4_cfg_usize, sel4_cfg_word};

/// The kernel prints, and programs may: DebugPutChar.
pub const PRINTING: bool = sel4_cfg_bool!(PRINTING);
/// The other debug system calls.
pub const DEBUG_BUILD: bool = sel4_cfg_bool!(DEBUG_BUILD);
/// The kernel checks its own state after each entry (`invariants`).
pub const CHECK_INVARIANTS: bool = sel4_cfg_bool!(LAZARET_CHECK_INVARIANTS);
/// The debug shim's invocations exist.
pub const VCPU_DEBUG: bool = sel4_cfg_bool!(LAZARET_VCPU_DEBUG);
/// Messages of VCPUFault and VMFault carry the guest's context, and their replies may.
pub const FAULT_CONTEXT: bool = sel4_cfg_bool!(LAZARET_VCPU_FAULT_CONTEXT);
/// Guests' WFI does not trap: the core sleeps in the guest.
pub const DISABLE_WFI_TRAP: bool = sel4_cfg_bool!(DISABLE_WFI_WFE_TRAPS);
/// Native programs may read the physical counter.
pub const EXPORT_PCNT_USER: bool = sel4_cfg_bool!(EXPORT_PCNT_USER);
/// Native programs may read the virtual counter.
pub const EXPORT_VCNT_USER: bool = sel4_cfg_bool!(EXPORT_VCNT_USER);
/// Slots of the root CNode as a power of two.
pub const ROOT_CNODE_SIZE_BITS: u8 = sel4_cfg_usize!(ROOT_CNODE_SIZE_BITS) as u8;
/// Budget and period of the root task, in microseconds.
pub const BOOT_TIME_SLICE_US: u64 = sel4_cfg_word!(BOOT_THREAD_TIME_SLICE) * 1000;

// What this kernel is and is not, whatever the file says: a file for another kernel does not build.
const _: () = {
    assert!(sel4_cfg_bool!(KERNEL_MCS));
    assert!(sel4_cfg_bool!(ARM_HYPERVISOR_SUPPORT));
    assert!(!sel4_cfg_bool!(ENABLE_SMP_SUPPORT));
    assert!(!sel4_cfg_bool!(HARDWARE_DEBUG_API));
    assert!(!sel4_cfg_bool!(ARM_GIC_V3_SUPPORT));
    assert!(!sel4_cfg_bool!(VTIMER_UPDATE_VOFFSET));
    assert!(!sel4_cfg_bool!(EXPORT_PTMR_USER));
    assert!(!sel4_cfg_bool!(EXPORT_VTMR_USER));
    assert!(!sel4_cfg_bool!(EXPORT_PMU_USER));
};
