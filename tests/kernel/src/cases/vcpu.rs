// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual CPUs, with guests of a few instructions.

use lazaret_abi::fault_context;
use sel4::{
    CNodeCapData, CapRights, Error, Fault, MessageInfoBuilder, ObjectBlueprint, UserContext, VCpuReg, VmAttributes,
    cap, cap_type, init_thread::slot::TCB, with_ipc_buffer,
};
use sel4_vcpu_debug::DebugRegister;

use crate::{
    case::{Outcome, check, needs_extension, refused, refused_with, same},
    env::{Env, SCRATCH, slot_of},
    memory::{poke, ticks, ticks_per_second},
};

/// Where the guest's page is.
pub const CODE: usize = 0x4000_0000;
/// EL1h, all masked.
pub const EL1H: u64 = 0x3c5;
pub const HVC_66: u32 = 0xd400_0842;
pub const WFI: u32 = 0xd503_207f;
const STR_X1_X2: u32 = 0xf900_0041;
const LOOP: u32 = 0x1400_0000;

pub struct Guest {
    pub tcb: cap::Tcb,
    pub vcpu: cap::VCpu,
    pub faults: cap::Endpoint,
    pub reply: cap::Reply,
    pub vspace: cap::VSpace,
}

pub fn map(env: &mut Env, vspace: cap::VSpace, page: cap::Granule, vaddr: usize) -> sel4::Result<()> {
    loop {
        match page.frame_map(vspace, vaddr, CapRights::read_write(), VmAttributes::DEFAULT) {
            Err(Error::FailedLookup) => {
                env.object::<cap_type::PT>().pt_map(vspace, vaddr, VmAttributes::DEFAULT)?;
            }
            other => return other,
        }
    }
}

impl Guest {
    /// With a second of budget.
    pub fn start(env: &mut Env, code: &[u32]) -> sel4::Result<Self> {
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        Self::start_with(env, code, context)
    }

    pub fn start_with(env: &mut Env, code: &[u32], context: cap::SchedContext) -> sel4::Result<Self> {
        let guest = Self::prepare(env, code, context, SCRATCH)?;
        guest.run(CODE as u64, EL1H)?;
        Ok(guest)
    }

    /// With its code in place, not started; its page is also here.
    pub fn prepare(env: &mut Env, code: &[u32], context: cap::SchedContext, here: usize) -> sel4::Result<Self> {
        Self::prepare_in(env, code, context, here).map(|(guest, _)| guest)
    }

    /// The same, and the VSpace that it is in.
    pub fn prepare_in(
        env: &mut Env,
        code: &[u32],
        context: cap::SchedContext,
        here: usize,
    ) -> sel4::Result<(Self, cap::VSpace)> {
        let page = env.map(here);
        for (index, pair) in code.chunks(2).enumerate() {
            let word = u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(LOOP)) << 32;
            poke(here + 8 * index, word);
        }
        page.frame_clean_data(0, 0x1000)?;
        let vspace = env.vspace()?;
        let copy = env.mint(page, CapRights::all(), 0);
        map(env, vspace, copy, CODE)?;
        let cnode: cap::CNode = env.make(ObjectBlueprint::CNode { size_bits: 1 })?;
        let guest = Self { tcb: env.object(), vcpu: env.object(), faults: env.object(), reply: env.object(), vspace };
        guest.tcb.tcb_configure(cnode, CNodeCapData::skip_high_bits(1), vspace, 0, crate::thread::null())?;
        guest.vcpu.vcpu_set_tcb(guest.tcb)?;
        guest.tcb.tcb_set_sched_params(TCB.cap(), 100, 100, context, guest.faults)?;
        Ok((guest, vspace))
    }

    pub fn run(&self, pc: u64, spsr: u64) -> sel4::Result<()> {
        let mut registers = UserContext::default();
        *registers.pc_mut() = pc;
        *registers.spsr_mut() = spsr;
        *registers.gpr_mut(1) = 0x1111;
        *registers.gpr_mut(2) = 0x0a00_0000;
        self.tcb.tcb_write_all_registers(true, &registers)
    }

    pub fn fault(&self) -> Option<Fault> {
        let (info, _) = self.faults.recv(self.reply);
        with_ipc_buffer(|buffer| Fault::try_new(buffer, &info))
    }

    /// Where the next stage-2 abort is, its address and its syndrome; zeros for anything else.
    pub fn abort(&self) -> (u64, u64, u64) {
        let (info, _) = self.faults.recv(self.reply);
        let word = |index: usize| with_ipc_buffer(|buffer| buffer.msg_regs()[index]);
        match with_ipc_buffer(|buffer| Fault::try_new(buffer, &info)) {
            Some(Fault::VmFault(fault)) => (fault.ip(), fault.addr(), fault.fsr()),
            None if fault_context::is_abort(info.label()) => (
                word(fault_context::ABORT_IP),
                word(fault_context::ABORT_ADDR),
                word(fault_context::ABORT_STATUS) & 0xffff_ffff,
            ),
            _ => (0, 0, 0),
        }
    }

    /// The next VCPU fault's syndrome.
    pub fn hsr(&self) -> u64 {
        match self.fault() {
            Some(Fault::VCpuFault(fault)) => fault.hsr(),
            _ => 0,
        }
    }

    /// From its beginning to its first hypercall, and stopped there: its registers are on the hardware.
    pub fn run_to_its_hypercall(&self) -> sel4::Result<()> {
        self.run(CODE as u64, EL1H)?;
        self.fault();
        self.tcb.tcb_suspend()
    }

    /// Stops behind the instruction that it waits at.
    pub fn skip_stopped(&self) -> sel4::Result<()> {
        let mut registers = self.tcb.tcb_read_registers(true, 1)?;
        *registers.pc_mut() += 4;
        self.tcb.tcb_write_registers(false, 1, &registers)
    }

    pub fn skip(&self) -> sel4::Result<()> {
        let mut registers = self.tcb.tcb_read_registers(false, 1)?;
        *registers.pc_mut() += 4;
        self.tcb.tcb_write_registers(false, 1, &registers)?;
        self.reply.send(MessageInfoBuilder::default().build());
        Ok(())
    }
}

pub fn registers(env: &mut Env) -> Outcome {
    let vcpu: cap::VCpu = env.object();
    same(vcpu.vcpu_read_regs(VCpuReg::SCTLR)?, 0x34d5_8820)?;
    let plain = [VCpuReg::TTBR0, VCpuReg::VBAR, VCpuReg::TPIDR_EL1, VCpuReg::SP_EL1, VCpuReg::ELR_EL1];
    for (index, register) in plain.into_iter().enumerate() {
        vcpu.vcpu_write_regs(register, 0x1000 * (index as u64 + 1))?;
    }
    for (index, register) in plain.into_iter().enumerate() {
        same(vcpu.vcpu_read_regs(register)?, 0x1000 * (index as u64 + 1))?;
    }
    Ok(())
}

pub fn unknown_register(env: &mut Env) -> Outcome {
    let vcpu: cap::VCpu = env.object();
    refused_with(vcpu.invoke_raw(57, &[24], &[]), Error::InvalidArgument, &[1])?;
    refused(vcpu.invoke_raw(58, &[24, 0], &[]), Error::InvalidArgument)
}

pub fn list_registers(env: &mut Env) -> Outcome {
    let vcpu: cap::VCpu = env.object();
    vcpu.vcpu_inject_irq(40, 0, 1, 0)?;
    vcpu.vcpu_inject_irq(40, 0, 1, 0)?;
    refused_with(vcpu.vcpu_inject_irq(40, 32, 1, 0), Error::RangeError, &[0, 31])?;
    refused_with(vcpu.vcpu_inject_irq(40, 0, 2, 0), Error::RangeError, &[0, 1])?;
    refused_with(vcpu.vcpu_inject_irq(40, 0, 1, 4), Error::RangeError, &[0, 3])
}

pub fn one_thread_each(env: &mut Env) -> Outcome {
    let vcpu: cap::VCpu = env.object();
    let (a, b): (cap::Tcb, cap::Tcb) = (env.object(), env.object());
    vcpu.vcpu_set_tcb(a)?;
    vcpu.vcpu_set_tcb(b)?;
    check(vcpu.vcpu_set_tcb(env.object::<cap_type::Endpoint>().cast()).is_err(), "an endpoint is no thread")?;
    slot_of(b).delete()?;
    vcpu.vcpu_set_tcb(a)?;
    Ok(())
}

pub fn hypercall_is_a_fault(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[HVC_66, HVC_66, LOOP])?;
    same(guest.hsr(), 0x5a00_0042)?;
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    // Our kernel puts the PC at the instruction, as with any other trap: it starts again if nobody answers.
    same(*registers.pc(), CODE as u64)?;
    same(*registers.gpr(1), 0x1111)
}

pub fn wait_for_interrupt(env: &mut Env) -> Outcome {
    let guest = Guest::start(env, &[WFI, WFI, LOOP])?;
    same(guest.hsr() & 0xfc00_0003, 1 << 26)?;
    same(*guest.tcb.tcb_read_registers(false, 1)?.pc(), CODE as u64)?;
    guest.skip()?;
    same(guest.hsr() & 0xfc00_0003, 1 << 26)?;
    same(*guest.tcb.tcb_read_registers(false, 1)?.pc(), CODE as u64 + 4)
}

pub fn guest_memory(env: &mut Env) -> Outcome {
    let guest = Guest::start(env, &[STR_X1_X2, WFI, LOOP])?;
    let (ip, addr, esr) = guest.abort();
    same(ip, CODE as u64)?;
    same(addr, 0x0a00_0000)?;
    same(esr >> 26, 0x24)?;
    check(esr & (1 << 24) != 0, "the syndrome says which register")?;
    same((esr >> 16) & 31, 1)?;
    guest.skip()?;
    same(guest.hsr() >> 26, 1)
}

pub fn debug_extension(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let vcpu: cap::VCpu = env.object();
    let status = sel4_vcpu_debug::status(vcpu)?;
    check(status.state() == Some(sel4_vcpu_debug::State::Clean), "clean")?;
    check((2..=16).contains(&status.breakpoints()) && (2..=16).contains(&status.watchpoints()), "real counts")?;
    sel4_vcpu_debug::write(vcpu, DebugRegister::Bvr(0), 0x1000, false)?;
    same(sel4_vcpu_debug::read(vcpu, DebugRegister::Bvr(0))?, 0x1000)?;
    check(sel4_vcpu_debug::read(vcpu, DebugRegister::Bvr(status.breakpoints())).is_err(), "one too many")?;
    check(vcpu.invoke_raw(lazaret_abi::VCPU_DEBUG_READ, &[u64::MAX], &[]).is_err(), "no such register")?;
    sel4_vcpu_debug::flag_dirty(vcpu)?;
    let state = sel4_vcpu_debug::status(vcpu)?.state();
    check(state == Some(sel4_vcpu_debug::State::Pending), "to be loaded")?;
    let other: cap::VCpu = env.object();
    same(sel4_vcpu_debug::read(other, DebugRegister::Bvr(0))?, 0)
}

pub fn core_features(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let vcpu: cap::VCpu = env.object();
    let status = sel4_vcpu_debug::status(vcpu)?;
    let debug = sel4_vcpu_debug::read_features(vcpu, 5, 0)?;
    same((debug >> 12 & 0xf) + 1, status.breakpoints().into())?;
    same((debug >> 20 & 0xf) + 1, status.watchpoints().into())?;
    check(sel4_vcpu_debug::read_features(vcpu, 4, 0)? & 0xf != 0, "there is EL0")?;
    for (crm, op2) in (1..8).flat_map(|crm| (0..8).map(move |op2| (crm, op2))) {
        sel4_vcpu_debug::read_features(vcpu, crm, op2)?;
    }
    let label = lazaret_abi::VCPU_READ_FEATURES;
    for word in [0, 7, 64, 0x100, u64::MAX] {
        refused_with(vcpu.invoke_raw(label, &[word], &[]), Error::RangeError, &[8, 63])?;
    }
    refused(vcpu.invoke_raw(label, &[], &[]), Error::TruncatedMessage)
}

/// A guest's read of an ID register is its VMM's to answer.
pub fn id_registers_trap(env: &mut Env) -> Outcome {
    const MRS_X1_ID_AA64PFR0: u32 = 0xd538_0401;
    needs_extension(env)?;
    let guest = Guest::start(env, &[MRS_X1_ID_AA64PFR0, WFI, LOOP])?;
    // EC 0x18: op0 3, op2 0, op1 0, CRn 0, Rt 1, CRm 4, a read.
    same(guest.hsr(), 0x6230_0029)
}

/// The kernel resumes a guest when its timer is due, not before.
pub fn wait_for_timer(env: &mut Env) -> Outcome {
    needs_extension(env)?;
    let guest = Guest::start(env, &[WFI, WFI, LOOP])?;
    same(guest.hsr() >> 26, 1)?;
    let mut registers = guest.tcb.tcb_read_registers(false, 1)?;
    *registers.pc_mut() += 4;
    guest.tcb.tcb_write_registers(false, 1, &registers)?;
    let due = ticks() + ticks_per_second() / 500;
    guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CVAL, due)?;
    guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CTL, 1)?;
    sel4_vcpu_debug::wait(guest.vcpu)?;
    let Some(Fault::VPpiEvent(event)) = guest.fault() else {
        return check(false, "the timer's event");
    };
    same(event.irq(), 27)?;
    check(ticks() >= due, "not before its time")?;
    // An emulator on a loaded machine stands still for longer than a tick.
    check(ticks() < due + ticks_per_second(), "nor long after")?;
    refused(sel4_vcpu_debug::wait(env.object()), Error::IllegalOperation)
}

pub fn deleted_vcpu(env: &mut Env) -> Outcome {
    let guest = Guest::start(env, &[WFI, WFI, LOOP])?;
    same(guest.hsr() >> 26, 1)?;
    slot_of(guest.vcpu).delete()?;
    // What runs now is an ordinary thread in the guest's address space.
    same(*guest.tcb.tcb_read_registers(false, 3)?.spsr() & 0xf, 0)
}

pub fn guest_mode_is_clamped(env: &mut Env) -> Outcome {
    let guest = Guest::start(env, &[WFI, LOOP])?;
    same(guest.hsr() >> 26, 1)?;
    let mut registers = guest.tcb.tcb_read_registers(false, 3)?;
    for mode in [0x3c9, 0x3cd, 0x3c8] {
        *registers.spsr_mut() = mode;
        guest.tcb.tcb_write_registers(false, 3, &registers)?;
        let mode = *guest.tcb.tcb_read_registers(false, 3)?.spsr() & 0xf;
        check(mode < 8, "not above EL1")?;
    }
    Ok(())
}
