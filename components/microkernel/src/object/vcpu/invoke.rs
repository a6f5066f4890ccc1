// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of a VCPU capability, seL4's and (with `LAZARET_VCPU_DEBUG`) the debug shim's.

use super::{Vcpu, associate, state};
use crate::arch::{DebugBank, Identity, VcpuSwitch, VirtualGic};
use crate::cap::Cap;
use crate::config;
use crate::error::SyscallError;
use crate::fault::event_message;
use crate::invocation::{Args, InvocationResult};
use crate::object::reference::Ref;
use crate::object::tcb::ThreadState;
use crate::object::vgic::{self, Injection, OutOfRange};
use crate::shared::NUM_IRQS;
use lazaret_abi::{DebugRegister, VcpuWait};
use sel4_abi::invocation::Invocation;
use sel4_abi::vcpu_reg::VcpuReg;

/// The virtual timer's interrupt, the only one of a vCPU's own.
const VIRTUAL_TIMER: u64 = crate::board::TIMER_VIRTUAL_PPI;

/// Invocations of a VCPU capability.
pub fn invoke(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    const SET_TCB: u64 = Invocation::VcpuSetTcb as u64;
    const INJECT_IRQ: u64 = Invocation::VcpuInjectIrq as u64;
    const READ_REG: u64 = Invocation::VcpuReadReg as u64;
    const WRITE_REG: u64 = Invocation::VcpuWriteReg as u64;
    const ACK_VPPI: u64 = Invocation::VcpuAckVppi as u64;
    match args.label {
        READ_REG => {
            args.require(1, 0)?;
            args.answer(0, args.kernel.cpu.arch.read_vcpu(vcpu, field(args)?));
            Ok(1)
        }
        WRITE_REG => {
            args.require(2, 0)?;
            args.kernel.cpu.arch.write_vcpu(vcpu, field(args)?, args.word(1));
            Ok(0)
        }
        INJECT_IRQ => inject(args, vcpu),
        ACK_VPPI => acknowledge(args, vcpu),
        SET_TCB => match args.cap(0)?.cap() {
            Cap::Thread(thread) => {
                associate(args.kernel, vcpu, thread);
                Ok(0)
            }
            _ => Err(SyscallError::IllegalOperation),
        },
        lazaret_abi::VCPU_STATE_READ | lazaret_abi::VCPU_STATE_WRITE if config::VCPU_DEBUG => state::invoke(args, vcpu),
        label if config::VCPU_DEBUG && (lazaret_abi::VCPU_DEBUG_READ..lazaret_abi::END).contains(&label) => {
            extended(args, vcpu)
        }
        _ => Err(SyscallError::IllegalOperation),
    }
}

fn field(args: &Args<'_>) -> Result<VcpuReg, SyscallError> {
    VcpuReg::from_number(args.word(0)).ok_or(SyscallError::InvalidArgument(1))
}

fn inject(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    args.require(1, 0)?;
    let arch = &args.kernel.cpu.arch;
    let injection = Injection::from_word(args.word(0), arch.list_registers())
        .map_err(|OutOfRange(least, greatest)| SyscallError::RangeError(least, greatest))?;
    if vgic::is_active(arch.list_register(vcpu, injection.index)) {
        return Err(SyscallError::DeleteFirst);
    }
    arch.set_list_register(vcpu, injection.index, injection.list_register());
    Ok(0)
}

fn acknowledge(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    args.require(1, 0)?;
    match args.word(0) {
        VIRTUAL_TIMER => {
            args.kernel.cpu.arch.acknowledge_vppi(vcpu);
            Ok(0)
        }
        irq if irq >= NUM_IRQS as u64 => Err(SyscallError::RangeError(0, NUM_IRQS as u64 - 1)),
        _ => Err(SyscallError::InvalidArgument(0)),
    }
}

/// Our own. The shim's: the kernel passes values on and knows none of them.
fn extended(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let arch = &args.kernel.cpu.arch;
    match args.label {
        lazaret_abi::VCPU_DEBUG_READ => {
            args.require(1, 0)?;
            args.answer(0, arch.debug_read(vcpu, register(args)?).map_err(refused)?);
            Ok(1)
        }
        lazaret_abi::VCPU_DEBUG_WRITE => {
            args.require(3, 0)?;
            let dirty = args.word(2) & lazaret_abi::FLAG_DIRTY != 0;
            arch.debug_write(vcpu, register(args)?, args.word(1), dirty).map_err(refused)?;
            Ok(0)
        }
        lazaret_abi::VCPU_DEBUG_FLAG_DIRTY => {
            arch.debug_flag_dirty(vcpu).map_err(refused)?;
            Ok(0)
        }
        lazaret_abi::VCPU_READ_FEATURES => {
            args.require(1, 0)?;
            args.answer(0, features(args)?);
            Ok(1)
        }
        lazaret_abi::VCPU_UNANSWERED_FAULT if config::FAULT_CONTEXT => Ok(unanswered(args, vcpu)),
        lazaret_abi::VCPU_UNANSWERED_FAULT => Err(SyscallError::IllegalOperation),
        lazaret_abi::VCPU_WAIT if args.kernel.wait_for_timer(vcpu) => Ok(0),
        lazaret_abi::VCPU_WAIT => Err(SyscallError::IllegalOperation),
        lazaret_abi::VCPU_WAKE => {
            args.kernel.wake_stopped(vcpu);
            Ok(0)
        }
        _ => {
            let words = arch.debug_status(vcpu);
            words.iter().enumerate().for_each(|(index, &word)| {
                args.answer(index, word);
            });
            Ok(words.len())
        }
    }
}

/// What the vCPU's thread waits for, and again the message of its fault.
fn unanswered(args: &Args<'_>, vcpu: Ref<Vcpu>) -> usize {
    let thread = vcpu.tcb.get();
    let faulted = thread.filter(|thread| !thread.fault.get().is_none());
    let wait = match thread.map(|thread| thread.state.get()) {
        Some(ThreadState::Running | ThreadState::Restart) => VcpuWait::Runs,
        Some(ThreadState::BlockedOnSend) => VcpuWait::Sends,
        Some(ThreadState::BlockedOnReply) => VcpuWait::Answer,
        _ if faulted.is_some() => VcpuWait::Lost,
        _ => VcpuWait::Stopped,
    };
    args.answer(0, wait as u64);
    let Some(thread) = faulted else { return 1 };
    let (label, words, length) = event_message(thread.fault.get(), thread);
    args.answer(1, label);
    words.iter().take(length).enumerate().for_each(|(index, &word)| {
        args.answer(2 + index, word);
    });
    2 + length
}

fn register(args: &Args<'_>) -> Result<DebugRegister, SyscallError> {
    DebugRegister::from_word(args.word(0)).ok_or(SyscallError::InvalidArgument(0))
}

fn features(args: &Args<'_>) -> Result<u64, SyscallError> {
    let word = args.word(0);
    if !lazaret_abi::FEATURE_WORDS.contains(&word) {
        return Err(SyscallError::RangeError(lazaret_abi::FEATURE_WORDS.start, lazaret_abi::FEATURE_WORDS.end - 1));
    }
    Ok(args.kernel.cpu.arch.features((word >> 3) as u8, (word & 7) as u8))
}

fn refused(error: debug_shim::Error) -> SyscallError {
    match error {
        debug_shim::Error::NoSuchRegister => SyscallError::InvalidArgument(0),
        debug_shim::Error::Elsewhere | debug_shim::Error::Running | debug_shim::Error::External => {
            SyscallError::IllegalOperation
        }
    }
}
