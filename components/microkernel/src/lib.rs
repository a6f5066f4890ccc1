// SPDX-License-Identifier: MIT OR Apache-2.0
//! The microkernel: seL4's MCS API at EL2, with an unprivileged VMM doing everything else.
//!
//! The binary interface is that of seL4 for AArch64 with hypervisor support and MCS on one core; `sel4-abi` has its
//! numbers. Semantics are safe code that runs on hosts too, with [`arch::fake`] as the machine.
//!
//! # What is here of seL4's API
//!
//! | object | invocation | here |
//! |---|---|---|
//! | (system calls) | Call, ReplyRecv, NBSendRecv, NBSendWait, Send, NBSend, Recv, NBRecv, Wait, NBWait, Yield | works |
//! | | DebugPutChar, DebugHalt, DebugCapIdentify, DebugNameThread | works in debug configurations; DebugHalt for threads with the root task's CNode |
//! | | DebugDumpScheduler, DebugSnapshot | accepted in debug configurations, print nothing |
//! | | any other number | UnknownSyscall fault |
//! | Untyped | Retype | works for all 13 types; memory is cleared when it becomes objects, all at once: interrupts wait that long |
//! | CNode | Copy, Mint, Move, Mutate, Rotate, Delete, Revoke, CancelBadgedSends | works; Delete and Revoke stop for interrupts |
//! | Endpoint, Notification, Reply | send, receive, signal, wait, reply; donation; capability transfer | works |
//! | TCB | ReadRegisters, WriteRegisters, CopyRegisters, Configure, SetPriority, SetMCPriority, SetSchedParams, SetTimeoutEndpoint, SetIPCBuffer, SetSpace, Suspend, Resume, BindNotification, UnbindNotification, SetTLSBase | works |
//! | | SetFlags | keeps fpuDisabled; native threads have no FPU anyway |
//! | SchedControl | ConfigureFlags | works; no more than 32,767 refills |
//! | SchedContext | Bind, Unbind, UnbindObject, Consumed | works |
//! | | YieldTo | IllegalOperation |
//! | Domain | Set | works for domain 0, the only one; others: InvalidArgument (0) |
//! | | ScheduleConfigure, ScheduleSetStart | IllegalOperation |
//! | IRQControl | Get, GetTrigger | works |
//! | | IssueSGISignal | IllegalOperation |
//! | IRQHandler | Ack, SetNotification, Clear | works |
//! | VSpace | Clean, Invalidate, CleanInvalidate, Unify | works inside one page |
//! | PageTable | Map, Unmap | works |
//! | Frame (4 KiB, 2 MiB, 1 GiB) | Map, Unmap, GetAddress, Clean, Invalidate, CleanInvalidate, Unify | works |
//! | ASIDControl, ASIDPool | MakePool, Assign | works |
//! | VCPU | SetTCB, InjectIRQ, ReadReg, WriteReg, AckVPPI | works |
//! | VCPU, VSpace, PageTable | those of the extension | the table below |
//! | SMC, I/O spaces, SMMU | | there is no such capability |
//! | faults | CapFault, UnknownSyscall, UserException, Timeout, VMFault, VGICMaintenance, VCPUFault, VPPIEvent | works |
//!
//! Different on purpose: a guest's HVC is a VCPUFault, never a system call; a thread that suspends itself continues
//! after the call when it is resumed, not at it.
//!
//! # What is here beyond it
//!
#![doc = include_str!("../../abi/lazaret/extension.md")]
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod arch;
pub mod board;
pub mod boot;
pub mod cap;
pub mod config;
pub mod cpu;
pub mod cspace;
pub mod debug;
pub mod entry;
pub mod error;
mod fastpath;
pub mod fault;
mod invariants;
pub mod invocation;
mod ipc;
pub mod kernel;
pub mod object;
pub mod payload;
pub mod sched;
pub mod shared;
pub mod syscall;
#[cfg(test)]
mod tests;
