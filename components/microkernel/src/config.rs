// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `gen_config.json` says, as constants.

use lazaret_abi::Switch;
use sel4_config::{sel4_cfg_bool, sel4_cfg_usize, sel4_cfg_word};

/// The kernel prints, and programs may: DebugPutChar.
pub const PRINTING: bool = sel4_cfg_bool!(PRINTING);
/// The other debug system calls.
pub const DEBUG_BUILD: bool = sel4_cfg_bool!(DEBUG_BUILD);
/// The kernel checks its own state after each entry (`invariants`).
pub const CHECK_INVARIANTS: bool = sel4_cfg_bool!(LAZARET_CHECK_INVARIANTS);
/// Messages of VCPUFault and VMFault carry the guest's context, and their replies may.
pub const FAULT_CONTEXT: bool = has(Switch::FaultContext);
/// A reply may leave a vCPU stopped; VCPU_Recall and VCPU_Start exist.
pub const VCPU_STOP: bool = has(Switch::Stop);
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

/// Is this part of the extension built in?
pub const fn has(switch: Switch) -> bool {
    match switch {
        Switch::DebugRegisters => sel4_cfg_bool!(LAZARET_VCPU_DEBUG),
        Switch::FaultContext => sel4_cfg_bool!(LAZARET_VCPU_FAULT_CONTEXT),
        Switch::Stop => sel4_cfg_bool!(LAZARET_VCPU_STOP),
        Switch::State => sel4_cfg_bool!(LAZARET_VCPU_STATE),
        Switch::PageRights => sel4_cfg_bool!(LAZARET_PAGE_RIGHTS),
        Switch::DirtyLog => sel4_cfg_bool!(LAZARET_DIRTY_LOG),
        Switch::ReplyInjection => sel4_cfg_bool!(LAZARET_VCPU_REPLY_INJECTION),
        Switch::PreparedTimer => sel4_cfg_bool!(LAZARET_VCPU_PREPARED_TIMER),
        Switch::Doorbells => sel4_cfg_bool!(LAZARET_VCPU_DOORBELLS),
        Switch::BoundNotification => sel4_cfg_bool!(LAZARET_VCPU_BOUND_NOTIFICATION),
        Switch::OutsideDebugger => sel4_cfg_bool!(LAZARET_VCPU_OUTSIDE_DEBUGGER),
        Switch::Alarm => sel4_cfg_bool!(LAZARET_VCPU_ALARM),
    }
}

/// The bit of each part of the extension that is built in.
pub const EXTENSIONS: u64 = {
    let (mut bits, mut n) = (0, 0);
    while n < Switch::ALL.len() {
        if has(Switch::ALL[n]) {
            bits |= Switch::ALL[n].bit();
        }
        n += 1;
    }
    bits
};

// What this kernel is and is not, whatever the file says: a file for another kernel does not build.
const _: () = {
    assert!(FAULT_CONTEXT || !VCPU_STOP, "a reply that stops says where");
    assert!(sel4_cfg_bool!(KERNEL_MCS));
    assert!(sel4_cfg_bool!(ARM_HYPERVISOR_SUPPORT));
    assert!(!sel4_cfg_bool!(ENABLE_SMP_SUPPORT));
    assert!(!sel4_cfg_bool!(HARDWARE_DEBUG_API));
    assert!(!sel4_cfg_bool!(ARM_GIC_V3_SUPPORT));
    assert!(!sel4_cfg_bool!(VTIMER_UPDATE_VOFFSET));
    assert!(!EXPORT_PCNT_USER, "the physical counter traps");
    assert!(!sel4_cfg_bool!(EXPORT_PTMR_USER));
    assert!(!sel4_cfg_bool!(EXPORT_VTMR_USER));
    assert!(!sel4_cfg_bool!(EXPORT_PMU_USER));
};
