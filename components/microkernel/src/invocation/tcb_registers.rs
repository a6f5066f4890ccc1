// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading and writing a thread's registers.

use super::{Args, InvocationResult};
use crate::cap::Cap;
use crate::error::SyscallError;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use sel4_abi::user_context::{NUM_REGISTERS, ORDER};

/// The first registers of the order, which CopyRegisters calls the frame.
const FRAME_REGISTERS: usize = 17;

pub(super) fn read_registers(args: &Args, thread: Ref<Tcb>) -> InvocationResult {
    args.require(2, 0)?;
    let (suspend, count) = (args.word(0) & 1 != 0, args.word(1));
    if !(1..=NUM_REGISTERS as u64).contains(&count) {
        return Err(SyscallError::RangeError(1, NUM_REGISTERS as u64));
    }
    if thread == args.caller {
        return Err(SyscallError::IllegalOperation);
    }
    if suspend {
        args.kernel.suspend(thread);
    }
    let mut words = 0;
    for (index, register) in ORDER.iter().enumerate().take(count as usize) {
        if args.answer(index, thread.register(*register)) {
            words = index + 1;
        }
    }
    Ok(words)
}

pub(super) fn write_registers(args: &Args, thread: Ref<Tcb>) -> Result<(), SyscallError> {
    args.require(2, 0)?;
    let (resume, count) = (args.word(0) & 1 != 0, args.word(1));
    if (args.length() as u64 - 2) < count {
        return Err(SyscallError::TruncatedMessage);
    }
    if thread == args.caller {
        return Err(SyscallError::IllegalOperation);
    }
    for (index, register) in ORDER.iter().enumerate().take(count as usize) {
        thread.set_register(*register, args.word(2 + index));
    }
    thread.context.elr.set(thread.fault_ip.get());
    if resume {
        args.kernel.restart(thread);
    }
    Ok(())
}

pub(super) fn copy_registers(args: &Args, thread: Ref<Tcb>) -> Result<(), SyscallError> {
    args.require(1, 1)?;
    let flags = args.word(0);
    let Cap::Thread(source) = args.cap(0)?.cap() else { return Err(SyscallError::InvalidCapability(1)) };
    if flags & 1 != 0 {
        args.kernel.suspend(source);
    }
    if flags & 2 != 0 {
        args.kernel.restart(thread);
    }
    let (frame, integer) = ORDER.split_at(FRAME_REGISTERS);
    if flags & 4 != 0 {
        for register in frame {
            thread.set_register(*register, source.register(*register));
        }
        thread.context.elr.set(thread.fault_ip.get());
    }
    if flags & 8 != 0 {
        for register in integer {
            thread.set_register(*register, source.register(*register));
        }
    }
    Ok(())
}
