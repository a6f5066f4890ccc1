// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU's state by groups, of guests that have run: what is saved is all that there was.

use lazaret_abi::group::EL1;
use lazaret_abi::{Group, Switch, VCPU_READ_GROUP, VCPU_WRITE_GROUP};
use sel4::{Error, VCpuReg, cap, with_ipc_buffer};

use crate::{
    case::{Outcome, check, refused, refused_with, same, skip},
    env::{Env, SCRATCH},
};

use super::exit::HSR_HVC;
use super::vcpu::{CODE, EL1H, Guest, HVC_66};

/// `msr tpidr_el1, x1`, `msr cpacr_el1, x3` (FPEN), `isb`, `fmov d7, x1`, `msr mair_el1, x1`, `msr csselr_el1, x4`.
const SET: [u32; 6] = [0xd518_d081, 0xd518_1043, 0xd503_3fdf, 0x9e67_0027, 0xd518_a201, 0xd51a_0004];
/// `mrs x5, tpidr_el1`, `fmov x6, d7`, `mrs x7, mair_el1`, `mrs x8, csselr_el1`.
const TELL: [u32; 4] = [0xd538_d085, 0x9e66_00e6, 0xd538_a207, 0xd53a_0008];
const FPEN: u64 = 3 << 20;
const MOST: usize = 120;

fn needs_groups(env: &mut Env) -> Outcome {
    if !env.parts().has(Switch::State) { skip("this kernel has no groups") } else { Ok(()) }
}

/// The words of a group; their number is in the message's length.
fn read(vcpu: cap::VCpu, group: Group) -> sel4::Result<[u64; MOST]> {
    vcpu.invoke_raw(VCPU_READ_GROUP, &[group as u64], &[])?;
    Ok(with_ipc_buffer(|buffer| core::array::from_fn(|n| buffer.msg_regs()[n])))
}

fn write(vcpu: cap::VCpu, group: Group, words: &[u64]) -> sel4::Result<u64> {
    let mut message = [0; MOST];
    message[0] = group as u64;
    message[1..=words.len()].copy_from_slice(words);
    vcpu.invoke_raw(VCPU_WRITE_GROUP, &message[..=words.len()], &[])
}

/// List registers: what is left of the group behind its first words.
fn length(group: Group) -> usize {
    group.length(4)
}

fn guest(env: &mut Env, here: usize) -> sel4::Result<Guest> {
    let mut code = [0; 12];
    code[..6].copy_from_slice(&SET);
    code[6] = HVC_66;
    code[7..11].copy_from_slice(&TELL);
    code[11] = HVC_66;
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    Guest::prepare(env, &code, context, here)
}

fn begin(guest: &Guest, value: u64) -> Outcome {
    let mut registers = sel4::UserContext::default();
    *registers.pc_mut() = CODE as u64;
    *registers.spsr_mut() = EL1H;
    *registers.gpr_mut(1) = value;
    *registers.gpr_mut(3) = FPEN;
    *registers.gpr_mut(4) = 2;
    guest.tcb.tcb_write_all_registers(true, &registers)?;
    same(guest.hsr(), HSR_HVC)
}

/// On from the first hypercall; what the guest then found.
fn told(guest: &Guest, value: u64) -> Outcome {
    same(guest.hsr(), HSR_HVC)?;
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    for (n, expected) in [(5, value), (6, value), (7, value), (8, 2)] {
        same(*registers.gpr(n), expected)?;
    }
    Ok(())
}

/// Saved, and its vCPU gone: the guest goes on with another vCPU and finds no difference.
pub fn another_vcpu_goes_on(env: &mut Env) -> Outcome {
    const VALUE: u64 = 0x0123_4567_89ab_cdef;
    needs_groups(env)?;
    let mut guest = guest(env, SCRATCH)?;
    begin(&guest, VALUE)?;
    guest.skip_stopped()?;
    let mut saved = [[0; MOST]; 8];
    for &group in Group::ALL {
        saved[group as usize] = read(guest.vcpu, group)?;
    }
    env.delete(guest.vcpu.bits());
    guest.vcpu = env.object();
    guest.vcpu.vcpu_set_tcb(guest.tcb)?;
    for &group in Group::ALL {
        write(guest.vcpu, group, &saved[group as usize][..length(group)])?;
        let (again, saved) = (read(guest.vcpu, group)?, saved[group as usize]);
        (0..length(group)).try_for_each(|n| same(again[n], saved[n]))?;
    }
    guest.tcb.tcb_resume()?;
    told(&guest, VALUE)
}

/// Two guests that alternate: neither finds anything of the other's, and their groups stay what they were.
pub fn two_vcpus_share_nothing(env: &mut Env) -> Outcome {
    const PATTERNS: [u64; 2] = [0x5555_aaaa_3333_cccc, 0xaaaa_5555_cccc_3333];
    needs_groups(env)?;
    let guests = [guest(env, SCRATCH)?, guest(env, SCRATCH + 0x1000)?];
    for (guest, pattern) in guests.iter().zip(PATTERNS) {
        begin(guest, pattern)?;
        guest.skip_stopped()?;
        scribble(guest.vcpu, pattern)?;
    }
    let mut before = [[[0; MOST]; 4]; 2];
    for (guest, before) in guests.iter().zip(&mut before) {
        for (to, group) in before.iter_mut().zip(QUIET) {
            *to = read(guest.vcpu, group)?;
        }
    }
    for (guest, pattern) in guests.iter().zip(PATTERNS) {
        guest.tcb.tcb_resume()?;
        told(guest, pattern)?;
    }
    for (guest, before) in guests.iter().zip(&before) {
        for (should, group) in before.iter().zip(QUIET) {
            let after = read(guest.vcpu, group)?;
            (0..length(group)).try_for_each(|n| same(after[n], should[n]))?;
        }
    }
    check(before[0] != before[1], "they have different state")
}

/// Groups that the guests' second half does not change.
const QUIET: [Group; 4] = [Group::El1, Group::Fp, Group::Timer, Group::Gic];

/// Registers that a guest with its MMU off does not feel, and that every core keeps.
fn scribble(vcpu: cap::VCpu, pattern: u64) -> Outcome {
    use sel4::sys::vcpu_reg::VcpuReg;
    let mut words = read(vcpu, Group::El1)?;
    let quiet =
        [VcpuReg::Ttbr0, VcpuReg::Ttbr1, VcpuReg::Esr, VcpuReg::Far, VcpuReg::Cidr, VcpuReg::SpEl1, VcpuReg::ElrEl1];
    for (word, _) in words.iter_mut().zip(EL1).filter(|(_, field)| quiet.contains(field)) {
        // 32 bits: some of these have no more.
        *word = pattern & 0xffff_fff0;
    }
    write(vcpu, Group::El1, &words[..length(Group::El1)])?;
    let mut words = read(vcpu, Group::Fp)?;
    words.iter_mut().take(64).enumerate().filter(|(n, _)| n / 2 != 7).for_each(|(n, word)| *word = pattern + n as u64);
    write(vcpu, Group::Fp, &words[..length(Group::Fp)])?;
    write(vcpu, Group::Timer, &[0, pattern, 0])?;
    let mut words = read(vcpu, Group::Gic)?;
    words[3] = 1 << 28 | 0x20 | (pattern & 3);
    write(vcpu, Group::Gic, &words[..length(Group::Gic)])?;
    Ok(())
}

/// Nothing of a group is written that has a wrong word.
pub fn all_of_a_group_or_nothing(env: &mut Env) -> Outcome {
    needs_groups(env)?;
    let vcpu: cap::VCpu = env.object();
    let before = read(vcpu, Group::Gic)?;
    let mut words = before;
    words[1] = 0x55;
    for wrong in [1 << 31 | 27, 1 << 28 | 1020, 1 << 32] {
        words[length(Group::Gic) - 1] = wrong;
        let result = write(vcpu, Group::Gic, &words[..length(Group::Gic)]);
        refused_with(result, Error::InvalidArgument, &[length(Group::Gic) as u64])?;
    }
    refused(write(vcpu, Group::Gic, &words[..length(Group::Gic) - 1]), Error::TruncatedMessage)?;
    let after = read(vcpu, Group::Gic)?;
    (0..length(Group::Gic)).try_for_each(|n| same(after[n], before[n]))?;
    same(vcpu.vcpu_read_regs(VCpuReg::TPIDR_EL1)?, 0)
}
