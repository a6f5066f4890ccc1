// SPDX-License-Identifier: MIT OR Apache-2.0
//! 32-bit guests beside 64-bit ones: our kernel's extension. On another kernel, and on a core without AArch32, there
//! is nothing to see.

use sel4::{Error, VCpuReg, cap};
use sel4_vcpu_debug::{AARCH32, AARCH64, DebugRegister, VcpuState, read_state, write_state};

use crate::{
    case::{Outcome, check, needs_extension, refused_with, same, skip},
    env::{Env, SCRATCH},
};

use super::vcpu::{CODE, EL1H, Guest, HVC_66};

/// Supervisor, asynchronous exceptions masked; the same in T32.
const SVC: u64 = 0x1d3;
const SVC_THUMB: u64 = SVC | 1 << 5;
const USER: u64 = 0x1d0;
const A32_HVC_66: u32 = 0xe140_0472;
const A32_ADD_R1: u32 = 0xe281_1001;
/// `adds r1, #1`, `wfi`
const T32_ADD_R1_WFI: u32 = 0xbf30_3101;
/// `mcr p14, 0, r1, c0, c2, 2`: DBGDSCRext.
const A32_WRITE_DSCR: u32 = 0xee00_1e52;
const EC_WFX: u64 = 0x01;
const EC_CP14: u64 = 0x05;
const EC_HVC32: u64 = 0x12;
const EC_HVC64: u64 = 0x16;

/// Can there be any? Asks with a vCPU that is not used.
fn needs_aarch32(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let vcpu: cap::VCpu = env.object();
    match write_state(vcpu, VcpuState::Width, AARCH32) {
        Ok(()) => Ok(()),
        Err(_) => skip("this core has no AArch32 at EL1"),
    }
}

fn prepare(env: &mut Env, code: &[u32], here: usize) -> sel4::Result<Guest> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let guest = Guest::prepare(env, code, context, here)?;
    write_state(guest.vcpu, VcpuState::Width, AARCH32)?;
    Ok(guest)
}

pub fn a32_and_t32(env: &mut Env) -> Outcome {
    needs_aarch32(env)?;
    let guest = prepare(env, &[A32_ADD_R1, A32_HVC_66, A32_WRITE_DSCR, T32_ADD_R1_WFI], SCRATCH)?;
    guest.run(CODE as u64, SVC)?;
    same(guest.hsr(), EC_HVC32 << 26 | 1 << 25 | 66)?;
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    same(*registers.spsr() & 0x1ff, SVC)?;
    same(*registers.gpr(1), 0x1112)?;
    same(*registers.pc(), CODE as u64 + 4)?;
    guest.skip()?;
    same(guest.hsr() >> 26, EC_CP14)?;
    guest.tcb.tcb_suspend()?;
    guest.run(CODE as u64 + 12, SVC_THUMB)?;
    let hsr = guest.hsr();
    same(hsr >> 26, EC_WFX)?;
    same(hsr >> 25 & 1, 0)?;
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    same(*registers.spsr() & 0x1ff, SVC_THUMB)?;
    same(*registers.pc(), CODE as u64 + 14)?;
    same(*registers.gpr(1), 0x1112)
}

/// Whatever the VMM asks for: Hyp, Monitor or AArch64 would stay at EL2.
pub fn modes_are_confined(env: &mut Env) -> Outcome {
    needs_aarch32(env)?;
    let guest = prepare(env, &[A32_HVC_66], SCRATCH)?;
    for mode in 0..32 {
        let mut registers = guest.tcb.tcb_read_registers(false, 3)?;
        *registers.spsr_mut() = mode | 0x1c0;
        guest.tcb.tcb_write_registers(false, 3, &registers)?;
        let now = *guest.tcb.tcb_read_registers(false, 3)?.spsr() & 0x1f;
        let exists = matches!(mode, 0x10..=0x13 | 0x17 | 0x1b | 0x1f);
        same(now, if exists { mode } else { 0x10 })?;
    }
    write_state(guest.vcpu, VcpuState::Width, AARCH64)?;
    same(*guest.tcb.tcb_read_registers(false, 3)?.spsr() & 0x1f, 0)
}

pub fn register_names_of_a_32_bit_guest(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let vcpu: cap::VCpu = env.object();
    same(read_state(vcpu, VcpuState::Width)?, AARCH64)?;
    let greatest = if needs_aarch32(env).is_ok() { AARCH32 } else { AARCH64 };
    let neither = vcpu.invoke_raw(lazaret_abi::VCPU_STATE_WRITE, &[VcpuState::Width as u64, 2], &[]);
    refused_with(neither, Error::RangeError, &[0, greatest])?;
    for state in [VcpuState::Dacr, VcpuState::SpsrFiq, VcpuState::Fpexc] {
        write_state(vcpu, state, state as u64)?;
        same(read_state(vcpu, state)?, state as u64)?;
    }
    let unknown = vcpu.invoke_raw(lazaret_abi::VCPU_STATE_READ, &[8], &[]);
    refused_with(unknown, Error::InvalidArgument, &[0])
}

/// What `EXCHANGE` reads and writes, in the order of r0 to r6.
const STATES: [VcpuState; 7] = [
    VcpuState::Dacr,
    VcpuState::Ifsr,
    VcpuState::SpsrAbt,
    VcpuState::SpsrUnd,
    VcpuState::SpsrIrq,
    VcpuState::SpsrFiq,
    VcpuState::Fpexc,
];

/// Reads r0 to r6 from DACR, IFSR, the four SPSRs and FPEXC; a hypercall; writes them; a hypercall; over again.
#[rustfmt::skip]
const EXCHANGE: [u32; 27] = [
    0xee13_0f10, 0xee15_1f30,                       // mrc p15, 0, r0, c3, c0, 0; mrc p15, 0, r1, c5, c0, 1
    0xf102_0017, 0xe14f_2000,                       // cps #0x17; mrs r2, spsr
    0xf102_001b, 0xe14f_3000,
    0xf102_0012, 0xe14f_4000,
    0xf102_0011, 0xe14f_5000,
    0xf102_0013, 0xeef8_6a10,                       // cps #0x13; vmrs r6, fpexc
    A32_HVC_66,
    0xee03_0f10, 0xee05_1f30,                       // mcr ...
    0xf102_0017, 0xe16f_f002,                       // cps #0x17; msr spsr_fsxc, r2
    0xf102_001b, 0xe16f_f003,
    0xf102_0012, 0xe16f_f004,
    0xf102_0011, 0xe16f_f005,
    0xf102_0013, 0xeee8_6a10,                       // cps #0x13; vmsr fpexc, r6
    A32_HVC_66,
    0xeaff_ffe4,                                    // b over again
];

/// Values of one guest in one round: legal SPSRs, IFSR's fault status, FPEXC.EN.
fn values(guest: u64, round: u64) -> [u64; 7] {
    let flags = (guest << 2 | round & 3) << 28;
    [0x5555_0000 | guest << 8 | round, guest + 1, flags | 0x10, flags | 0x11, flags | 0x12, flags | 0x13, guest << 30]
}

/// Puts values into r0 to r6, past the hypercall; the guest goes on.
fn answer(guest: &Guest, values: [u64; 7]) -> sel4::Result<()> {
    let mut registers = guest.tcb.tcb_read_all_registers(false)?;
    *registers.pc_mut() += 4;
    (0..).zip(values).for_each(|(n, value)| *registers.gpr_mut(n) = value);
    guest.tcb.tcb_write_all_registers(false, &registers)?;
    guest.reply.send(sel4::MessageInfoBuilder::default().build());
    Ok(())
}

/// What the VMM leaves after a round: every other time something else than the guest wrote.
fn last(guest: u64, round: u64) -> [u64; 7] {
    values(guest, if round.is_multiple_of(2) { round } else { round + 0x80 })
}

/// Two 32-bit guests and a 64-bit one take turns on the core. Each 32-bit one finds what it wrote, or the VMM for it,
/// and never the other's.
pub fn three_guests_of_both_widths(env: &mut Env) -> Outcome {
    const ROUNDS: u64 = 20;
    needs_aarch32(env)?;
    let narrow = [prepare(env, &EXCHANGE, SCRATCH)?, prepare(env, &EXCHANGE, SCRATCH + 0x1000)?];
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let wide = Guest::prepare(env, &[HVC_66], context, SCRATCH + 0x2000)?;
    for guest in &narrow {
        // Coprocessors 10 and 11: floating point.
        guest.vcpu.vcpu_write_regs(VCpuReg::CPACR, 0xf << 20)?;
        guest.run(CODE as u64, SVC)?;
    }
    wide.run(CODE as u64, EL1H)?;
    for round in 0..ROUNDS {
        same(wide.hsr(), EC_HVC64 << 26 | 1 << 25 | 66)?;
        for (number, guest) in (0..).zip(&narrow) {
            same(guest.hsr() >> 26, EC_HVC32)?;
            if round > 0 {
                let found = guest.tcb.tcb_read_all_registers(false)?;
                (0..).zip(last(number, round - 1)).try_for_each(|(n, value)| same(*found.gpr(n), value))?;
            }
            answer(guest, values(number, round))?;
        }
        for (number, guest) in (0..).zip(&narrow) {
            same(guest.hsr() >> 26, EC_HVC32)?;
            let both = STATES.into_iter().zip(values(number, round));
            both.into_iter().try_for_each(|(state, value)| same(read_state(guest.vcpu, state)?, value))?;
            let both = STATES.into_iter().zip(last(number, round));
            both.into_iter().try_for_each(|(state, value)| write_state(guest.vcpu, state, value))?;
            answer(guest, [0; 7])?;
        }
        wide.tcb.tcb_suspend()?;
        wide.run(CODE as u64, EL1H)?;
    }
    Ok(())
}

/// Another width is another machine.
pub fn width_resets_the_debug_registers(env: &mut Env) -> Outcome {
    needs_aarch32(env)?;
    let vcpu: cap::VCpu = env.object();
    let registers = [DebugRegister::Wvr(1), DebugRegister::Vcr32, DebugRegister::Mdscr, DebugRegister::Claim];
    for register in registers {
        sel4_vcpu_debug::write(vcpu, register, 0x8000, true)?;
    }
    write_state(vcpu, VcpuState::Width, AARCH32)?;
    registers.into_iter().try_for_each(|register| same(sel4_vcpu_debug::read(vcpu, register)?, 0))?;
    check(sel4_vcpu_debug::status(vcpu)?.state() == Some(sel4_vcpu_debug::State::Clean), "nothing to load")
}

/// EL0 in AArch32 below a 64-bit EL1: it traps as such, and what it traps with says so.
pub fn program_of_32_bits_in_a_64_bit_guest(env: &mut Env) -> Outcome {
    needs_aarch32(env)?;
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    // DBGDIDR may be read at EL0: mrc p14, 0, r1, c0, c0, 0.
    let guest = Guest::prepare(env, &[0xee10_1e10], context, SCRATCH)?;
    guest.run(CODE as u64, USER)?;
    let hsr = guest.hsr();
    same(hsr >> 26, EC_CP14)?;
    same(hsr >> 5 & 31, 1)?;
    same(*guest.tcb.tcb_read_registers(false, 3)?.spsr() & 0x1f, USER & 0x1f)
}
