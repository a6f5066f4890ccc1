// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU's state by groups: all that it is made of, of one that does not execute.

use super::{TIMER_REGISTER, Vcpu, state};
use crate::arch::{DebugBank, VcpuSwitch, VirtualGic};
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use crate::object::vgic;
use lazaret_abi::group::{DEBUG_REGISTERS, EL1, Event, FP_WORDS, GIC_FIRST_LIST_REGISTER, TIMER, debug_register};
use lazaret_abi::{DebugStatus, Group, ReadGroup, VcpuState, WriteGroup};
use sel4_abi::ipc_buffer::MSG_MAX_LENGTH;
use sel4_abi::user_context::ORDER;
use sel4_abi::vcpu_reg::VcpuReg;

/// The words of a group, as many as it has.
type Words = [u64; MSG_MAX_LENGTH];

/// VCPU_ReadGroup.
pub(super) fn read(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let ReadGroup { group } = args.take()?;
    let thread = halted_with(vcpu, group)?;
    let mut words = [0; MSG_MAX_LENGTH];
    let length = length(args.kernel, group);
    collect(args.kernel, vcpu, thread, group, &mut words);
    let told = words.iter().take(length).enumerate().take_while(|&(index, &word)| args.answer(index, word));
    Ok(told.count())
}

/// VCPU_WriteGroup.
pub(super) fn write(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let WriteGroup { group } = args.take()?;
    let thread = halted_with(vcpu, group)?;
    let length = length(args.kernel, group);
    args.require(1 + length, 0)?;
    let mut words = [0; MSG_MAX_LENGTH];
    words.iter_mut().take(length).enumerate().for_each(|(index, word)| *word = args.word(1 + index));
    check(args.kernel, vcpu, group, &words)?;
    set(args.kernel, vcpu, thread, group, &words);
    Ok(0)
}

fn length(kernel: &Kernel, group: Group) -> usize {
    group.length(kernel.cpu.arch.list_registers().into())
}

/// The vCPU's thread, if it has one. Refuses a vCPU that executes, or would.
pub(super) fn halted(vcpu: Ref<Vcpu>) -> Result<Option<Ref<Tcb>>, SyscallError> {
    let thread = vcpu.tcb.get();
    match thread.map(|thread| thread.state.get()) {
        Some(ThreadState::Running | ThreadState::Restart) => Err(SyscallError::IllegalOperation),
        _ => Ok(thread),
    }
}

/// As [`halted`]; what is the thread's own needs one.
fn halted_with(vcpu: Ref<Vcpu>, group: Group) -> Result<Option<Ref<Tcb>>, SyscallError> {
    let thread = halted(vcpu)?;
    if group == Group::Core && thread.is_none() { Err(SyscallError::IllegalOperation) } else { Ok(thread) }
}

fn collect(kernel: &Kernel, vcpu: Ref<Vcpu>, thread: Option<Ref<Tcb>>, group: Group, words: &mut Words) {
    let arch = &kernel.cpu.arch;
    let mut put =
        |values: &mut dyn Iterator<Item = u64>| words.iter_mut().zip(values).for_each(|(to, from)| *to = from);
    let register = |&field: &VcpuReg| arch.read_vcpu(vcpu, field);
    match group {
        Group::Core => {
            let Some(thread) = thread else { return };
            put(&mut ORDER.iter().map(|&register| thread.register(register)));
        }
        Group::El1 => {
            arch.park_vcpu(vcpu);
            put(&mut EL1.iter().map(register).chain([vcpu.csselr.get()]));
        }
        Group::Aarch32 => put(&mut VcpuState::ALL.iter().map(|&which| state::read(kernel, vcpu, which))),
        Group::Fp => {
            arch.park_vcpu(vcpu);
            let fp = &vcpu.fp;
            put(&mut fp.v.iter().map(|word| word.get()).chain([fp.fpcr.get(), fp.fpsr.get()]));
        }
        Group::Timer => put(&mut TIMER.iter().map(register)),
        Group::Gic => {
            // The prepared timer's interrupt is made anew from the timer, unless the guest has taken it.
            let list = (0..arch.list_registers()).map(|index| vgic::told(arch.list_register(vcpu, index)));
            put(&mut arch.gic_interface(vcpu).into_iter().chain(list).map(u64::from));
        }
        Group::Events => {
            words[Event::TimerTold as usize] = vcpu.vppi_masked.get().into();
            words[Event::WaitsForTimer as usize] = vcpu.timer_wait.waits.get().into();
        }
        Group::Debug => {
            let value = |number| arch.debug_read(vcpu, debug_register(number)).unwrap_or(0);
            let state = arch.debug_status(vcpu)[DebugStatus::State as usize];
            put(&mut (0..DEBUG_REGISTERS).map(value).chain([state]));
        }
    }
}

/// Refuses what cannot be there, by the number of its word in the message; nothing is written then.
fn check(kernel: &Kernel, vcpu: Ref<Vcpu>, group: Group, words: &Words) -> Result<(), SyscallError> {
    let arch = &kernel.cpu.arch;
    let wrong = match group {
        Group::Core | Group::El1 | Group::Fp | Group::Timer => None,
        Group::Aarch32 => return state::check_width(kernel, words[VcpuState::Width as usize]),
        Group::Gic => wrong_gic_word(&words[..length(kernel, group)]).or_else(|| taken_gic_word(vcpu, words)),
        Group::Events => {
            let can_wait = can_wait_for_timer(vcpu);
            words[..Event::COUNT].iter().enumerate().position(|(event, &word)| {
                word > 1 || (event == Event::WaitsForTimer as usize && word == 1 && !can_wait)
            })
        }
        Group::Debug => {
            let is_lacking = |number| words[number] != 0 && arch.debug_read(vcpu, debug_register(number)).is_err();
            let is_attached = words[DEBUG_REGISTERS] >= debug_shim::State::External as u64;
            (0..DEBUG_REGISTERS).find(|&number| is_lacking(number)).or(is_attached.then_some(DEBUG_REGISTERS))
        }
    };
    wrong.map_or(Ok(()), |number| Err(SyscallError::InvalidArgument(1 + number as u64)))
}

/// The first word that the virtual interface must not have: more than 32 bits, a physical interrupt, no interrupt's
/// number, or the number of another list register (IHI 0048B, 5.3.8).
fn wrong_gic_word(words: &[u64]) -> Option<usize> {
    let (interface, list) = words.split_at(GIC_FIRST_LIST_REGISTER);
    let too_wide = |&word: &u64| word > u64::from(u32::MAX);
    let is_wrong = |(index, &word): (usize, &u64)| {
        let twice = |&other: &u64| vgic::is_same_interrupt(other as u32, word as u32);
        too_wide(&word) || !vgic::is_writable(word as u32) || list[..index].iter().any(twice)
    };
    let of_interface = interface.iter().position(too_wide);
    of_interface.or_else(|| list.iter().enumerate().position(is_wrong).map(|index| GIC_FIRST_LIST_REGISTER + index))
}

const TIMER_WORD: usize = GIC_FIRST_LIST_REGISTER + TIMER_REGISTER as usize;

/// The list register of the prepared timer, if something is to be in it but that interrupt, which the guest handles.
fn taken_gic_word(vcpu: Ref<Vcpu>, words: &Words) -> Option<usize> {
    let (prepared, word) = (vcpu.prepared_timer.get(), words[TIMER_WORD] as u32);
    let is_taken = prepared != 0 && word != 0 && vgic::handled(word, prepared).is_none();
    is_taken.then_some(TIMER_WORD)
}

fn set(kernel: &Kernel, vcpu: Ref<Vcpu>, thread: Option<Ref<Tcb>>, group: Group, words: &Words) {
    let arch = &kernel.cpu.arch;
    match group {
        Group::Core => {
            let Some(thread) = thread else { return };
            ORDER.iter().zip(words).for_each(|(&register, &word)| thread.set_register(register, word));
        }
        Group::El1 => {
            arch.park_vcpu(vcpu);
            EL1.iter().zip(words).for_each(|(&field, &word)| arch.write_vcpu(vcpu, field, word));
            vcpu.csselr.set(words[EL1.len()]);
        }
        Group::Aarch32 => VcpuState::ALL.iter().zip(words).for_each(|(&which, &word)| {
            state::restore(kernel, vcpu, which, word);
        }),
        Group::Fp => {
            arch.park_vcpu(vcpu);
            vcpu.fp.v.iter().zip(words).for_each(|(to, &word)| to.set(word));
            vcpu.fp.fpcr.set(words[FP_WORDS - 2]);
            vcpu.fp.fpsr.set(words[FP_WORDS - 1]);
        }
        Group::Timer => {
            TIMER.iter().zip(words).for_each(|(&field, &word)| arch.write_vcpu(vcpu, field, word));
            kernel.resample_timer(vcpu);
        }
        Group::Gic => {
            kernel.take_timer_back(vcpu);
            let word = |index: usize| words[index] as u32;
            arch.set_gic_interface(vcpu, [word(0), word(1), word(2)]);
            for index in 0..arch.list_registers() {
                arch.set_list_register(vcpu, index, word(GIC_FIRST_LIST_REGISTER + usize::from(index)));
            }
            kernel.handle_timer(vcpu);
        }
        Group::Events => set_events(kernel, vcpu, words),
        Group::Debug => set_debug(kernel, vcpu, words),
    }
}

fn set_events(kernel: &Kernel, vcpu: Ref<Vcpu>, words: &Words) {
    if words[Event::TimerTold as usize] == 0 {
        kernel.cpu.arch.acknowledge_vppi(vcpu);
    } else {
        kernel.cpu.arch.park_vcpu(vcpu);
        vcpu.vppi_masked.set(true);
    }
    let waits = words[Event::WaitsForTimer as usize] != 0;
    if waits {
        kernel.wait_for_timer(vcpu);
    } else if let Some(thread) = vcpu.tcb.get() {
        kernel.end_wait(thread);
    }
}

/// It is stopped, and has time of its own to go on with.
fn can_wait_for_timer(vcpu: Ref<Vcpu>) -> bool {
    vcpu.tcb
        .get()
        .is_some_and(|thread| thread.state.get() == ThreadState::Inactive && thread.sched_context.get().is_some())
}

/// A bank that was on the hardware, or on its way there, goes there again. What the core lacks is left out: [`check`]
/// has seen that it is 0. An attached debugger keeps the bank where it is.
fn set_debug(kernel: &Kernel, vcpu: Ref<Vcpu>, words: &Words) {
    let dirty = words[DEBUG_REGISTERS] != debug_shim::State::Clean as u64;
    for (number, &word) in words.iter().enumerate().take(DEBUG_REGISTERS) {
        let _ = kernel.cpu.arch.debug_write(vcpu, debug_register(number), word, dirty);
    }
}
