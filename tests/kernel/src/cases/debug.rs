// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers of a guest whose monitor asks for what it must not have, or is gone while they are loaded.
//! Guests look at the hardware: with their bank loaded, their reads do not trap.

use sel4::sys::{invocation::Invocation, syscall::Syscall};
use sel4::{
    CNodeCapData, CapRights, Error, Fault, MessageInfoBuilder, ObjectBlueprint, UserContext, VmAttributes, cap,
    cap_type, init_thread::slot::VSPACE, with_ipc_buffer,
};
use sel4_vcpu_debug::{DebugRegister, State, Switch, flag_dirty, read, status, write};

use crate::{
    case::{Outcome, check, message_register, needs_extension, needs_shim, refused, same, skip},
    env::{Env, SCRATCH, slot_of},
    memory::peek,
    thread::{Start, done, null, start},
};

use super::exit::answer;
use super::vcpu::{CODE, EL1H, Guest, WFI};

/// `mrs x1, dbgbvr0_el1`, and so on to x5. It stops at a WFI, for seL4 takes a hypercall for a system call.
const READ_HARDWARE: [u32; 6] = [0xd530_0081, 0xd530_00a2, 0xd530_00c3, 0xd530_00e4, 0xd530_0245, WFI];
/// The class of its exit.
const TRAPPED_WAIT: u64 = 1;
/// DBGBVR0, DBGBCR0, DBGWVR0, DBGWCR0, MDSCR.
type Found = [u64; 5];
const REGISTERS: [DebugRegister; 5] =
    [DebugRegister::Bvr(0), DebugRegister::Bcr(0), DebugRegister::Wvr(0), DebugRegister::Wcr(0), DebugRegister::Mdscr];
/// EL1 and EL0, and for a monitor that wants more: EL2 and the secure states.
const BREAKPOINT: u64 = 0x1e7;
const WATCHPOINT: u64 = 0x1ff;
const HIGHER_LEVELS: u64 = 7 << 13;
/// What MDSCR has for a guest: steps, traps of the debug channel, exceptions at its EL1 and at all.
const SS: u64 = 1;
const TDCC: u64 = 1 << 12;
const KDE_MDE: u64 = 5 << 13;

/// A guest that tells what is on the hardware; its page is also `here`.
fn observer(env: &mut Env, here: usize) -> sel4::Result<Guest> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    Guest::prepare(env, &READ_HARDWARE, context, here)
}

/// Runs it, from its beginning, with this vCPU's bank. All debug exceptions are masked.
fn observe(guest: &Guest, vcpu: cap::VCpu) -> Result<Found, crate::case::Failure> {
    flag_dirty(vcpu)?;
    guest.run(CODE as u64, EL1H)?;
    same(guest.hsr() >> 26, TRAPPED_WAIT)?;
    check(status(vcpu)?.state() == Some(State::Loaded), "its bank is on the hardware")?;
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    guest.tcb.tcb_suspend()?;
    Ok([1, 2, 3, 4, 5].map(|n| *registers.gpr(n)))
}

fn words(is: Found, should: Found) -> Outcome {
    is.into_iter().zip(should).try_for_each(|(is, should)| same(is, should))
}

const ARMED: Found = [0x5000, BREAKPOINT, 0x6000, WATCHPOINT, KDE_MDE];

fn arm(vcpu: cap::VCpu, more: Found) -> sel4::Result<()> {
    let values = ARMED.into_iter().zip(more).map(|(value, more)| value | more);
    REGISTERS.into_iter().zip(values).try_for_each(|(register, value)| write(vcpu, register, value, false))
}

pub fn guest_finds_what_its_monitor_wrote(env: &mut Env) -> Outcome {
    needs_shim(env)?;
    let guest = observer(env, SCRATCH)?;
    arm(guest.vcpu, [0; 5])?;
    words(observe(&guest, guest.vcpu)?, ARMED)
}

/// What would stop the kernel, a program or a higher level does not get there, whichever way it is written.
pub fn higher_levels_are_out_of_reach(env: &mut Env) -> Outcome {
    needs_shim(env)?;
    let guest = observer(env, SCRATCH)?;
    arm(guest.vcpu, [0, HIGHER_LEVELS, 0, HIGHER_LEVELS, 0])?;
    words(observe(&guest, guest.vcpu)?, ARMED)?;
    for register in REGISTERS {
        write(guest.vcpu, register, u64::MAX, true)?;
    }
    let [_, breakpoint, _, watchpoint, mdscr] = observe(&guest, guest.vcpu)?;
    same(breakpoint & HIGHER_LEVELS, 0)?;
    same(watchpoint & HIGHER_LEVELS, 0)?;
    same(mdscr, KDE_MDE | SS | TDCC)
}

/// The reply that writes a register is held to the same.
pub fn reply_is_clamped_too(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = observer(env, SCRATCH)?;
    observe(&guest, guest.vcpu)?;
    for register in REGISTERS {
        guest.run(CODE as u64, EL1H)?;
        same(guest.hsr() >> 26, TRAPPED_WAIT)?;
        let word = lazaret_abi::fault_context::debug_write(register, true);
        let ip = message_register(lazaret_abi::fault_context::VCPU_IP);
        // It executes nothing more: its next instruction is the WFI again.
        guest.faults.reply_recv(answer(ip, EL1H, word, u64::MAX), guest.reply);
        same(message_register(0) >> 26, TRAPPED_WAIT)?;
        guest.tcb.tcb_suspend()?;
    }
    let [_, breakpoint, _, watchpoint, _] = observe(&guest, guest.vcpu)?;
    same(breakpoint & HIGHER_LEVELS, 0)?;
    same(watchpoint & HIGHER_LEVELS, 0)
}

/// An index that this core has not, a kind that there is not, another object: nothing happens.
pub fn nonsense_is_refused(env: &mut Env) -> Outcome {
    needs_shim(env)?;
    let guest = observer(env, SCRATCH)?;
    arm(guest.vcpu, [0; 5])?;
    let counts = status(guest.vcpu)?;
    let too_many = [u64::from(counts.breakpoints()), 1 << 8 | u64::from(counts.breakpoints())];
    let watchpoints = u64::from(counts.watchpoints());
    let indexes = (0..4).flat_map(|kind| [16, 255].map(|index| kind << 8 | index));
    let others = [2 << 8 | watchpoints, 3 << 8 | watchpoints, 4 << 8 | 1, 8 << 8 | 1, 9 << 8, 1 << 16, u64::MAX];
    for word in too_many.into_iter().chain(indexes).chain(others) {
        let writes = [word, u64::MAX, lazaret_abi::FLAG_DIRTY];
        check(guest.vcpu.invoke_raw(lazaret_abi::VCPU_DEBUG_READ, &[word], &[]).is_err(), "a read of nothing")?;
        check(guest.vcpu.invoke_raw(lazaret_abi::VCPU_DEBUG_WRITE, &writes, &[]).is_err(), "a write of nothing")?;
    }
    check(status(guest.vcpu)?.state() == Some(State::Clean), "nothing was flagged")?;
    refused(guest.vcpu.invoke_raw(lazaret_abi::VCPU_DEBUG_WRITE, &[0], &[]), Error::TruncatedMessage)?;
    refused(guest.tcb.invoke_raw(lazaret_abi::VCPU_DEBUG_WRITE, &[0, 0, 0], &[]), Error::IllegalOperation)?;
    words(observe(&guest, guest.vcpu)?, ARMED)
}

/// The vCPU goes while its bank is loaded, by deletion or by revocation. Whoever gets its memory never finds the bank
/// there, and the next guest not on the hardware.
pub fn deleted_while_loaded(env: &mut Env) -> Outcome {
    needs_shim(env)?;
    let [guest, next] = [observer(env, SCRATCH)?, observer(env, SCRATCH + 0x1000)?];
    let page_here = SCRATCH + 0x2000;
    for revoke in [false, true] {
        let memory: cap::Untyped = env.make(ObjectBlueprint::Untyped { size_bits: 12 })?;
        let vcpu: cap::VCpu = env.object_in::<cap_type::VCpu>(memory)?;
        vcpu.vcpu_set_tcb(guest.tcb)?;
        arm(vcpu, [0; 5])?;
        words(observe(&guest, vcpu)?, ARMED)?;
        if revoke {
            slot_of(memory).revoke()?
        } else {
            slot_of(vcpu).delete()?
        }
        let page: cap::Granule = env.object_in::<cap_type::Granule>(memory)?;
        page.frame_map(VSPACE.cap(), page_here, CapRights::read_write(), VmAttributes::DEFAULT)?;
        let is_zero = || (0..0x1000).step_by(8).all(|at| peek(page_here + at) == 0);
        check(is_zero(), "fresh memory")?;
        words(observe(&next, next.vcpu)?, [0; 5])?;
        check(is_zero(), "nobody put a bank where its vCPU was")?;
        slot_of(page).delete()?;
    }
    Ok(())
}

/// The bank is the vCPU's, not the thread's.
pub fn bank_stays_when_the_thread_goes(env: &mut Env) -> Outcome {
    needs_shim(env)?;
    let [guest, next] = [observer(env, SCRATCH)?, observer(env, SCRATCH + 0x1000)?];
    arm(guest.vcpu, [0; 5])?;
    words(observe(&guest, guest.vcpu)?, ARMED)?;
    slot_of(guest.tcb).delete()?;
    same(read(guest.vcpu, DebugRegister::Bvr(0))?, ARMED[0])?;
    words(observe(&next, next.vcpu)?, [0; 5])?;
    guest.vcpu.vcpu_set_tcb(next.tcb)?;
    words(observe(&next, guest.vcpu)?, ARMED)
}

extern "C" fn read_two(first: u64, second: u64, _: u64) -> ! {
    peek(first as usize);
    peek(second as usize);
    done()
}

/// A guest that deletes its own thread, with a system call as seL4 takes its hypercalls for, leaves the core without going
/// through an exit. The next program is not stopped by what the guest had watched: it gets past there.
pub fn a_guest_deletes_its_own_thread(env: &mut Env) -> Outcome {
    const HVC_0: u32 = 0xd400_0002;
    const OWN_CNODE: u64 = 0;
    const OWN_THREAD: u64 = 1;
    needs_shim(env)?;
    if env.parts().has(Switch::DebugRegisters) {
        return skip("here a hypercall is a fault and no system call");
    }
    let (watched, nowhere) = (SCRATCH + 0x1000, SCRATCH + 0x2000);
    env.map(watched);
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let guest = Guest::prepare(env, &[HVC_0, WFI], context, SCRATCH)?;
    let cnode: cap::CNode = env.make(ObjectBlueprint::CNode { size_bits: 1 })?;
    let inside = |slot| cnode.absolute_cptr_from_bits_with_depth(slot, 1);
    inside(OWN_CNODE).copy(&slot_of(cnode), CapRights::all())?;
    guest.tcb.tcb_configure(cnode, CNodeCapData::skip_high_bits(1), guest.vspace, 0, null())?;
    arm(guest.vcpu, [0; 5])?;
    write(guest.vcpu, DebugRegister::Wvr(0), watched as u64, true)?;
    let call = MessageInfoBuilder::default().label(Invocation::CNodeDelete.label()).length(2).build();
    let mut registers = UserContext::default();
    (*registers.pc_mut(), *registers.spsr_mut()) = (CODE as u64, EL1H);
    let words = [(0, OWN_CNODE), (1, call.into_word()), (2, OWN_THREAD), (3, 1), (7, Syscall::Send.number() as u64)];
    words.into_iter().for_each(|(n, word)| *registers.gpr_mut(n) = word);
    guest.tcb.tcb_write_all_registers(true, &registers)?;
    inside(OWN_THREAD).move_(&slot_of(guest.tcb))?;
    let faults: cap::Endpoint = env.object();
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let arguments = [watched as u64, nowhere as u64, 0];
    // Below the guest's, so that it comes after it.
    start(env, Start { number: 0, priority: 50, context, faults, body: read_two, arguments })?;
    let (info, _) = faults.recv(guest.reply);
    let Some(Fault::VmFault(fault)) = with_ipc_buffer(|buffer| Fault::try_new(buffer, &info)) else {
        return check(false, "the guest's watchpoint stopped another program");
    };
    same(fault.addr(), nowhere as u64)?;
    refused(env.slot().copy(&inside(OWN_THREAD), CapRights::all()), Error::FailedLookup)?;
    check(status(guest.vcpu)?.state() != Some(State::Pending), "its bank was on the hardware")
}
