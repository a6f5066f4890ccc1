// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a native program finds while a guest's EL1 is in the hardware: effects, not values. The list of registers is
//! in the kernel's `arch/arm/el2/native.rs`.

use lazaret_abi::fault_context;
use sel4::{MessageInfo, VCpuReg, cap, sys::fault::FaultLabel};

use crate::{
    case::{Outcome, check, message_register, needs_extension, same, skip},
    env::{Env, SCRATCH, slot_of},
    memory::{call_with, poke, ticks, ticks_per_second},
    thread::{Start, clear_notes, done, note, noted, start},
};

use super::exit::answer;
use super::vcpu::{CODE, EL1H, Guest, HVC_66};

/// One instruction back.
const BACK: u32 = 0x17ff_ffff;
const RET: u32 = 0xd65f_03c0;
const MRS_X1_CNTVCT: u32 = mrs(3, 14, 0, 2, 1);
/// The words that a probe may look at, and their first.
const DATA: usize = SCRATCH + 0x2000;
const FIRST: u64 = 0x0102_0304_0506_0708;
/// Exits until guest and monitor pass the core to each other on the shortest path.
const MANY: u64 = 8;

const fn encoding(op1: u32, crn: u32, crm: u32, op2: u32, rt: u32) -> u32 {
    op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | rt
}

/// `mrs`, of op0 3.
const fn mrs(op1: u32, crn: u32, crm: u32, op2: u32, rt: u32) -> u32 {
    0xd538_0000 | encoding(op1, crn, crm, op2, rt)
}

/// `msr`, of op0 3.
const fn msr(op1: u32, crn: u32, crm: u32, op2: u32, rt: u32) -> u32 {
    0xd518_0000 | encoding(op1, crn, crm, op2, rt)
}

/// What becomes of a probe.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It returns.
    Works,
    /// A VMFault.
    Abort,
    /// A UserException.
    Exception,
    /// What the core says, for emulators leave it out; the same at all times.
    Either,
}
use Kind::{Abort, Either, Exception, Works};

/// Instructions that a native program calls with the address of [`DATA`], and what must become of them.
type Probe = (&'static [u32], Kind);

const PROBES: &[Probe] = &[
    // TCR_EL1.TBI0: a load, and a branch, with a tag.
    (&[0xf2ea_a000, 0xf940_0000, RET], Abort),
    (&[0x1000_0061, 0xf2ea_a001, 0xd61f_0020, RET], Abort),
    // SCTLR_EL1.DZE: dc zva.
    (&[0xd50b_7420, RET], Works),
    // UCT: CTR_EL0.
    (&[mrs(3, 0, 0, 1, 0), RET], Works),
    // UCI: dc cvau, dc civac, ic ivau.
    (&[0xd50b_7b20, 0xd50b_7e20, 0xd50b_7520, RET], Works),
    // SA0: a load by a stack pointer that is not aligned.
    (&[0x9100_03e9, 0xd100_23ff, 0xf940_03e0, 0x9100_013f, RET], Either),
    // UMA: msr daifset, mrs daif.
    (&[0xd503_41df, RET], Exception),
    (&[mrs(3, 4, 2, 1, 0), RET], Exception),
    // E0E: the bytes of a word.
    (&[0xf940_0000, RET], Works),
    // A: a load that is not aligned.
    (&[0x9100_0400, 0xf940_0000, RET], Works),
    // nTWI, nTWE.
    (&[0xd503_207f, RET], Exception),
    (&[0xd503_205f, RET], Either),
    // CNTKCTL_EL1: CNTVCT_EL0 (not what it says), CNTPCT_EL0, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTP_CTL_EL0.
    (&[mrs(3, 14, 0, 2, 0), 0xd280_0000, RET], Works),
    (&[mrs(3, 14, 0, 1, 0), RET], Exception),
    (&[mrs(3, 14, 3, 1, 0), RET], Exception),
    (&[mrs(3, 14, 3, 2, 0), RET], Exception),
    (&[mrs(3, 14, 2, 1, 0), RET], Exception),
    // CPACR_EL1.FPEN: fmov d0, x0.
    (&[0x9e67_0000, RET], Exception),
    // PMUSERENR_EL0: PMCCNTR_EL0. MDSCR_EL1.TDCC: MDCCSR_EL0.
    (&[mrs(3, 9, 13, 0, 0), RET], Exception),
    (&[0xd533_0100, RET], Exception),
    // TPIDR_EL0, TPIDRRO_EL0.
    (&[mrs(3, 13, 0, 2, 0), RET], Works),
    (&[mrs(3, 13, 0, 3, 0), RET], Works),
    // SCXTNUM_EL0.
    (&[mrs(3, 13, 0, 7, 0), RET], Exception),
    // A breakpoint instruction.
    (&[0xd420_0000, RET], Exception),
];

/// What a guest writes: SCTLR_EL1, TCR_EL1, CPACR_EL1, CNTKCTL_EL1; and, as x5, whatever has a value only.
type Setting = [u64; 5];
const SCTLR_RES1: u64 = 1 << 11 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 28 | 1 << 29;
/// All that EL0 could feel; not M and EE, with which this guest could not go on.
const SCTLR_ONES: u64 =
    SCTLR_RES1 | 0x1be | 1 << 9 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 18 | 1 << 19 | 1 << 24 | 1 << 26;
/// TBI0, TBI1; EPD0, EPD1.
const TCR_ONES: u64 = 3 << 37 | 1 << 7 | 1 << 23;
const HARMLESS: Setting = [SCTLR_RES1 | 1 << 4 | 1 << 5, 0, 3 << 20, 2, 0];
const HOSTILE: [Setting; 3] = [
    [SCTLR_ONES, TCR_ONES, u64::MAX, 0x3ff, u64::MAX],
    [SCTLR_RES1, 0, 0, 0, 0],
    // Branches by tagged addresses abort, loads do not, where there is TBID0.
    [SCTLR_ONES, TCR_ONES | 3 << 51, 1 << 20, 0, u64::MAX],
];

/// SCTLR, TCR, CPACR, CNTKCTL of x1 to x4; CONTEXTIDR, TPIDR_EL1, TPIDR_EL0 and TPIDRRO_EL0 of x5.
const HOSTILE_GUEST: &[u32] = &[
    msr(0, 1, 0, 0, 1),
    msr(0, 2, 0, 2, 2),
    msr(0, 1, 0, 2, 3),
    msr(0, 14, 1, 0, 4),
    msr(0, 13, 0, 1, 5),
    msr(0, 13, 0, 4, 5),
    msr(3, 13, 0, 2, 5),
    msr(3, 13, 0, 3, 5),
    HVC_66,
    BACK,
];

/// When the monitor probes.
#[derive(Clone, Copy)]
struct Moment {
    /// After so many exits.
    exits: u64,
    /// And after a system call, which is no answer.
    call: bool,
}

const MOMENTS: [Moment; 3] =
    [Moment { exits: 1, call: false }, Moment { exits: MANY, call: false }, Moment { exits: MANY, call: true }];

/// What a probe did: its result, or the label and the words of its fault.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Effect(Kind, [u64; 5]);

/// On to the next instruction; the next exit.
fn go_on(faults: cap::Endpoint, reply: cap::Reply) -> MessageInfo {
    let ip = message_register(fault_context::VCPU_IP);
    let spsr = message_register(fault_context::VCPU_SPSR);
    faults.reply_recv(answer(ip + 4, spsr, fault_context::NO_REGISTER, 0), reply).0
}

/// Monitors a guest for some exits, then calls what is at [`SCRATCH`].
extern "C" fn monitor(faults: u64, reply: u64, moment: u64) -> ! {
    let (faults, reply) = (cap::Endpoint::from_bits(faults), cap::Reply::from_bits(reply));
    faults.recv(reply);
    (1..moment >> 1).for_each(|_| _ = go_on(faults, reply));
    if moment & 1 != 0 {
        sel4::r#yield();
    }
    note(0, call_with(SCRATCH, DATA as u64));
    note(1, 1);
    // Whoever waits for a fault gets one.
    call_with(0, 0);
    done()
}

fn effect(env: &mut Env, code: &[u32], setting: Setting, moment: Moment) -> sel4::Result<Effect> {
    clear_notes();
    let page = env.map(SCRATCH);
    for (index, pair) in code.chunks(2).enumerate() {
        poke(SCRATCH + 8 * index, u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(RET)) << 32);
    }
    page.frame_unify_instruction(0, 0x1000)?;
    env.map(DATA);
    poke(DATA, FIRST);
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let guest = Guest::prepare(env, HOSTILE_GUEST, context, SCRATCH + 0x1000)?;
    let watch: cap::Endpoint = env.object();
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let arguments = [guest.faults.bits(), guest.reply.bits(), moment.exits << 1 | u64::from(moment.call)];
    start(env, Start { number: 0, priority: 101, context, faults: watch, body: monitor, arguments })?;
    let mut registers = sel4::UserContext::default();
    *registers.pc_mut() = CODE as u64;
    *registers.spsr_mut() = EL1H;
    for (index, value) in setting.into_iter().enumerate() {
        *registers.gpr_mut(1 + index) = value;
    }
    guest.tcb.tcb_write_all_registers(true, &registers)?;
    let reply: cap::Reply = env.object();
    let (info, _) = watch.recv(reply);
    let effect = match (noted(1), info.label()) {
        (1, _) => Effect(Works, [noted(0), 0, 0, 0, 0]),
        (_, label) if label == FaultLabel::VmFault as u64 => Effect(Abort, words(info)),
        _ => Effect(Exception, words(info)),
    };
    env.clean_up();
    Ok(effect)
}

/// As many as the message has.
fn words(info: MessageInfo) -> [u64; 5] {
    core::array::from_fn(|index| if index < info.length() { message_register(index) } else { 0 })
}

/// Whatever a guest sets, a probe does what it does beside one that sets nothing.
pub fn guest_registers_have_no_effect(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    // A failure shows which probe it is, from 0 on, and the two kinds.
    let number = |probe: usize, kind: Kind| (probe as u64) << 8 | kind as u64;
    for (probe, &(code, kind)) in PROBES.iter().enumerate() {
        let usual = effect(env, code, HARMLESS, MOMENTS[0])?;
        if kind != Either {
            same(number(probe, usual.0), number(probe, kind))?;
        }
        for setting in HOSTILE {
            for moment in MOMENTS {
                let found = effect(env, code, setting, moment)?;
                same(number(probe, found.0), number(probe, usual.0))?;
                found.1.into_iter().zip(usual.1).try_for_each(|(is, should)| same(is, should))?;
            }
        }
    }
    Ok(())
}

/// The counter of a native program is nobody else's: not by how a guest's is shifted, and not while that changes.
pub fn counter_has_no_offset(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    const OFFSETS: [u64; 4] = [1 << 40, 1 << 63, (1u64 << 40).wrapping_neg(), 0];
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let guest = Guest::prepare(env, &[MRS_X1_CNTVCT, HVC_66, 0x17ff_fffe], context, SCRATCH + 0x1000)?;
    guest.vcpu.vcpu_write_regs(VCpuReg::CNTVOFF, OFFSETS[0])?;
    let mut before = ticks();
    let near = |now: u64, before: u64| check(now.wrapping_sub(before) < 1 << 39, "time goes on");
    guest.run(CODE as u64, EL1H)?;
    guest.faults.recv(guest.reply);
    for round in 0..4 * MANY {
        let now = ticks();
        near(now, before)?;
        let offset = OFFSETS[(round / MANY) as usize];
        if round % MANY == MANY - 1 {
            let words = [0, 1, 2].map(message_register);
            let count = *guest.tcb.tcb_read_all_registers(false)?.gpr(1);
            near(count.wrapping_add(offset), before)?;
            same(guest.vcpu.vcpu_read_regs(VCpuReg::CNTVOFF)?, offset)?;
            let next = OFFSETS[((round / MANY + 1) % 4) as usize];
            guest.vcpu.vcpu_write_regs(VCpuReg::CNTVOFF, next)?;
            near(ticks(), now)?;
            sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..3].copy_from_slice(&words));
        }
        before = now;
        go_on(guest.faults, guest.reply);
    }
    Ok(())
}

/// The timer of a guest whose count has an offset interrupts when it is due by that count, exits or not.
pub fn timer_keeps_its_offset(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let started_long_ago = (1u64 << 40).wrapping_neg();
    for offset in [started_long_ago, ticks()] {
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        let guest = Guest::prepare(env, &[HVC_66, BACK], context, SCRATCH + 0x1000)?;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTVOFF, offset)?;
        let due = ticks() + ticks_per_second() / 500;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CVAL, due.wrapping_sub(offset))?;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CTL, 1)?;
        guest.run(CODE as u64, EL1H)?;
        let (mut info, _) = guest.faults.recv(guest.reply);
        while info.label() != FaultLabel::VppiEvent as u64 {
            check(ticks() < due + ticks_per_second(), "not long after")?;
            info = go_on(guest.faults, guest.reply);
        }
        check(ticks() >= due, "not before its time")?;
        env.clean_up();
    }
    Ok(())
}

/// Where a guest finds its CPU interface.
const CPU_INTERFACE: usize = 0x0801_0000;
/// `ldr w1, [x2]`.
const LDR_W1: u32 = 0xb940_0041;

/// The virtual GIC's CPU interface is whichever guest's the core has last run: what has it in its VSpace and is no guest
/// does not run at all.
pub fn cpu_interface_is_a_guests(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let Some([interface, _]) = env.virtual_cpu_interface else { return skip("nobody knows where this board has it") };
    for mapped in [false, true] {
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        let guest = Guest::prepare(env, &[HVC_66, LDR_W1, HVC_66, BACK], context, SCRATCH + 0x1000)?;
        if mapped {
            let page = env.mint(interface, sel4::CapRights::all(), 0);
            super::vcpu::map(env, guest.vspace, page, CPU_INTERFACE)?;
        }
        let mut registers = sel4::UserContext::default();
        *registers.pc_mut() = CODE as u64 + if mapped { 4 } else { 0 };
        *registers.spsr_mut() = EL1H;
        *registers.gpr_mut(2) = CPU_INTERFACE as u64;
        guest.tcb.tcb_write_all_registers(true, &registers)?;
        // Where it is mapped, the guest has read its own before.
        same(guest.hsr(), super::exit::HSR_HVC)?;
        // What runs now is an ordinary thread in the guest's address space.
        guest.tcb.tcb_suspend()?;
        slot_of(guest.vcpu).delete()?;
        *registers.pc_mut() = CODE as u64;
        guest.tcb.tcb_write_all_registers(true, &registers)?;
        let (info, _) = guest.faults.recv(guest.reply);
        let expected = if mapped { FaultLabel::VmFault } else { FaultLabel::UserException };
        same(info.label(), expected as u64)?;
        same(message_register(0), CODE as u64)?;
        env.clean_up();
    }
    Ok(())
}
