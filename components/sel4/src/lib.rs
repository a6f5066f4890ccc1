// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seL4 API for programs at user level, with the names of rust-sel4 5.0.0.
//!
//! Capabilities are typed ([`cap`]), invocations are their methods, CNode operations are methods of
//! [`AbsoluteCPtr`]. The numbers are those of [`sys`], the options those of [`config`].
//!
//! The calling thread's IPC buffer is implicit: its address is kept in TPIDR_EL0, so each thread has its own
//! without thread-local storage. [`set_ipc_buffer`] puts it there; bit 0 says that it is borrowed.
//!
//! On a host, system calls go to a recording stand-in ([`fake`]), so that programs can be tested there.
#![no_std]
#![deny(unsafe_code)]
#![deny(missing_docs)]

#[cfg(not(target_os = "none"))]
extern crate std;

mod bootinfo;
mod cap_rights;
mod cap_types;
mod cnode_cap_data;
mod cptr;
mod debug;
mod error;
mod fault;
mod invocation_context;
mod invocations;
mod ipc;
mod ipc_buffer;
mod message_info;
mod object;
mod state;
mod syscalls;
mod user_context;
mod vcpu_reg;
mod vm_attributes;
mod vspace;

#[cfg(not(target_os = "none"))]
pub mod fake;
pub mod init_thread;

pub use bootinfo::{BootInfo, BootInfoExtra, BootInfoExtraId, BootInfoExtraIter, BootInfoPtr, UntypedDesc};
pub use cap_rights::{CapRights, CapRightsBuilder};
pub use cap_types::{cap, cap_type};
pub use cnode_cap_data::CNodeCapData;
pub use cptr::{AbsoluteCPtr, CPtr, CPtrBits, CPtrWithDepth, Cap, CapType, HasCPtrWithDepth};
pub use debug::{DebugWrite, debug_halt, debug_put_char, debug_snapshot};
pub use error::{Error, Result};
pub use fault::{
    CapFault, Fault, NullFault, Timeout, UnknownSyscall, UserException, VCpuFault, VGicMaintenance, VPpiEvent, VmFault,
};
pub use invocation_context::{InvocationContext, NoExplicitInvocationContext, NoInvocationContext};
pub use invocations::{TcbFlagsBuilder, Time};
pub use ipc::{Badge, CallWithMRs, FastMessages, RecvWithMRs, r#yield};
pub use ipc_buffer::IpcBuffer;
pub use message_info::{MessageInfo, MessageInfoBuilder};
pub use object::{
    CapTypeForObject, CapTypeForObjectOfFixedSize, CapTypeForObjectOfVariableSize, ObjectBlueprint,
    ObjectBlueprintAArch64, ObjectBlueprintArch, ObjectBlueprintArm, ObjectBlueprintSeL4Arch,
};
/// Not rust-sel4's generated C names: our tables. Programs that shall compile with either use `sel4_abi` by its own name.
pub use sel4_abi as sys;
pub use sel4_config::{
    self as config, sel4_cfg, sel4_cfg_attr, sel4_cfg_bool, sel4_cfg_if, sel4_cfg_str, sel4_cfg_usize, sel4_cfg_word,
};
pub use state::{ImplicitInvocationContext, set_ipc_buffer, with_ipc_buffer, with_ipc_buffer_mut};
pub use sys::ipc_buffer::{MSG_MAX_LENGTH as NUM_MESSAGE_REGISTERS, NUM_FAST_MESSAGE_REGISTERS};
pub use user_context::UserContext;
pub use vcpu_reg::VCpuReg;
pub use vm_attributes::VmAttributes;
pub use vspace::{
    CapTypeForFrameObject, CapTypeForFrameObjectOfFixedSize, CapTypeForTranslationTableObject, FrameObjectType,
    TranslationTableObjectType, vspace_levels,
};

/// A machine word. Corresponds to `seL4_Word`.
pub type Word = u64;

/// Bits of a [`Word`].
pub const WORD_SIZE: usize = sel4_cfg_usize!(WORD_SIZE);

/// System calls of any number with any registers, for tests of the kernel.
pub mod raw {
    pub use crate::syscalls::{Registers, enter_number};
}

#[doc(hidden)]
pub mod _private {
    pub use crate::debug::debug_print_helper;
}
