// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of a VCPU capability: seL4's, and those of the extension that this kernel is built with.

use super::injection::injection;
use super::{VIRTUAL_TIMER, Vcpu, alarm, associate, binding, doorbell, group, prepared_timer, state, stop};
use crate::arch::{DebugBank, Identity, VcpuSwitch, VirtualGic};
use crate::cap::Cap;
use crate::config;
use crate::error::SyscallError;
use crate::fault::event_message;
use crate::invocation::{Args, InvocationResult};
use crate::object::reference::Ref;
use crate::object::vgic;
use crate::shared::NUM_IRQS;
use lazaret_abi::{self as abi, ANSWERS_EXTENSIONS, DebugRead, DebugStatus, DebugWrite, ReadFeatures};
use sel4_abi::invocation::Invocation;
use sel4_abi::vcpu_reg::VcpuReg;

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
            // It may have been the timer's.
            args.kernel.resample_timer(vcpu);
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
        _ if args.is_extension() => extended(args, vcpu),
        _ => Err(SyscallError::IllegalOperation),
    }
}

fn field(args: &Args<'_>) -> Result<VcpuReg, SyscallError> {
    VcpuReg::from_number(args.word(0)).ok_or(SyscallError::InvalidArgument(1))
}

fn inject(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    args.require(1, 0)?;
    let arch = &args.kernel.cpu.arch;
    let injection = injection(args.kernel, args.word(0))?;
    if vcpu.is_kernels(injection.index) || vgic::is_active(arch.list_register(vcpu, injection.index)) {
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

/// Our own. The shim's: the kernel passes values on and knows none of them. Out of line: seL4's pay nothing for it.
#[inline(never)]
fn extended(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let arch = &args.kernel.cpu.arch;
    match args.label {
        abi::VCPU_DEBUG_READ => {
            let DebugRead { register } = args.take()?;
            args.answer(0, arch.debug_read(vcpu, register).map_err(refused)?);
            Ok(1)
        }
        abi::VCPU_DEBUG_WRITE => {
            let DebugWrite { register, value, flags } = args.take()?;
            arch.debug_write(vcpu, register, value, flags & abi::FLAG_DIRTY != 0).map_err(refused)?;
            Ok(0)
        }
        abi::VCPU_DEBUG_FLAG_DIRTY => {
            arch.debug_flag_dirty(vcpu).map_err(refused)?;
            Ok(0)
        }
        abi::VCPU_DEBUG_STATUS => {
            let mut words = arch.debug_status(vcpu);
            words[DebugStatus::Counts as usize] |= ANSWERS_EXTENSIONS;
            Ok(answer_all(args, &words))
        }
        abi::VCPU_READ_FEATURES => {
            args.answer(0, features(args)?);
            Ok(1)
        }
        abi::VCPU_STATE_READ | abi::VCPU_STATE_WRITE => state::invoke(args, vcpu),
        abi::VCPU_UNANSWERED_FAULT => Ok(unanswered(args, vcpu)),
        abi::VCPU_WAIT if args.kernel.wait_for_timer(vcpu) => Ok(0),
        abi::VCPU_WAKE => {
            args.kernel.wake_stopped(vcpu);
            Ok(0)
        }
        abi::VCPU_SET_ALARM => alarm::set(args, vcpu),
        abi::VCPU_DEBUG_ATTACH => attach(args, vcpu, true),
        abi::VCPU_DEBUG_DETACH => attach(args, vcpu, false),
        abi::VCPU_READ_GROUP => group::read(args, vcpu),
        abi::VCPU_WRITE_GROUP => group::write(args, vcpu),
        abi::VCPU_PREPARE_VPPI => prepared_timer::prepare(args, vcpu),
        abi::VCPU_SET_DOORBELL => doorbell::set(args, vcpu),
        abi::VCPU_BIND_NOTIFICATION => binding::bind(args, vcpu),
        abi::VCPU_UNBIND_NOTIFICATION => binding::unbind(vcpu),
        abi::VCPU_EXTENSIONS => Ok(answer_all(args, &[config::EXTENSIONS])),
        abi::VCPU_RECALL => stop::recall(args, vcpu),
        abi::VCPU_START => stop::start(args, vcpu),
        _ => Err(SyscallError::IllegalOperation),
    }
}

/// An outside debugger takes the debug registers of a vCPU that does not execute, or lets go of them.
fn attach(args: &Args<'_>, vcpu: Ref<Vcpu>, attach: bool) -> InvocationResult {
    group::halted(vcpu)?;
    match args.kernel.cpu.arch.debug_attach(vcpu, attach) {
        Err(debug_shim::Error::External) if attach => Err(SyscallError::DeleteFirst),
        other => other.map(|()| 0).map_err(refused),
    }
}

/// Puts the words of the answer, from the first.
fn answer_all(args: &Args<'_>, words: &[u64]) -> usize {
    words.iter().enumerate().for_each(|(index, &word)| {
        args.answer(index, word);
    });
    words.len()
}

/// What the vCPU's thread waits for, and again the message of its fault.
fn unanswered(args: &Args<'_>, vcpu: Ref<Vcpu>) -> usize {
    let faulted = vcpu.tcb.get().filter(|thread| !thread.fault.get().is_none());
    args.answer(0, stop::state(vcpu) as u64);
    let Some(thread) = faulted else { return 1 };
    let (label, words, length) = event_message(thread.fault.get(), thread);
    args.answer(1, label);
    words.iter().take(length).enumerate().for_each(|(index, &word)| {
        args.answer(2 + index, word);
    });
    2 + length
}

fn features(args: &Args<'_>) -> Result<u64, SyscallError> {
    let ReadFeatures { register } = args.take()?;
    if !abi::FEATURE_WORDS.contains(&register) {
        return Err(SyscallError::RangeError(abi::FEATURE_WORDS.start, abi::FEATURE_WORDS.end - 1));
    }
    Ok(args.kernel.cpu.arch.features((register >> 3) as u8, (register & 7) as u8))
}

fn refused(error: debug_shim::Error) -> SyscallError {
    match error {
        debug_shim::Error::NoSuchRegister => SyscallError::InvalidArgument(0),
        debug_shim::Error::Elsewhere | debug_shim::Error::Running | debug_shim::Error::External => {
            SyscallError::IllegalOperation
        }
    }
}
