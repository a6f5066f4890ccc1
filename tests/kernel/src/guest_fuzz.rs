// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guests of random instructions: whatever they do at EL1, each exit must reach the VMM as one of the known faults,
//! and a vCPU made afterwards must be as fresh as ever.

use lazaret_abi::Switch;
use lazaret_abi::fault_context::{self, ReplyKind};
use sel4::{
    CNodeCapData, CapRights, Error, MessageInfo, MessageInfoBuilder, ObjectBlueprint, UserContext, VmAttributes, cap,
    cap_type, debug_println, init_thread::slot::TCB, sys::fault::FaultLabel,
};

use sel4_vcpu_debug::DebugRegister;

use crate::{
    cases,
    env::{Env, SCRATCH},
    memory::poke,
    random::Random,
};

/// Where the guest's page is.
const CODE: usize = 0x4000_0000;
const PROGRAMS_A_ROUND: u64 = 50;
const EXITS_A_PROGRAM: usize = 24;
/// Masked EL1h, EL1t and EL0t.
const MODES: [u64; 3] = [0x3c5, 0x3c4, 0x3c0];
const VIRTUAL_TIMER: u64 = 27;

/// Exits by label; the last one counts those that have none.
type Counts = [u64; 11];

struct Guest {
    tcb: cap::Tcb,
    vcpu: cap::VCpu,
    faults: cap::Endpoint,
    reply: cap::Reply,
    /// The kernel has answers that stop it.
    stops: bool,
}

/// Runs so many programs. Says `TEST-SUITE PASS` if ordinary cases pass all along.
pub fn run(env: &mut Env, programs: u64) {
    let mut random = Random::new(2014);
    let mut counts = Counts::default();
    let rounds = programs.div_ceil(PROGRAMS_A_ROUND);
    for round in 0..rounds {
        if let Err(error) = run_round(env, &mut random, &mut counts) {
            return debug_println!("TEST-SUITE FAIL: round {round}: {error:?}");
        }
        env.clean_up();
        if !as_fresh_as_ever(env) {
            return debug_println!("TEST-SUITE FAIL: after round {round}");
        }
    }
    debug_println!("FUZZ exits by label: {counts:?}");
    match counts[counts.len() - 1] {
        0 => debug_println!("TEST-SUITE PASS: {} programs", rounds * PROGRAMS_A_ROUND),
        strange => debug_println!("TEST-SUITE FAIL: {strange} exits without a fault's label"),
    }
}

fn as_fresh_as_ever(env: &mut Env) -> bool {
    let vcpu = cases::ALL.iter().filter(|(name, _)| name.starts_with("vcpu::"));
    vcpu.fold(true, |sound, (name, case)| {
        let result = case(env);
        if let Err(failure) = &result {
            debug_println!("CASE {name} FAIL: {failure}");
        }
        env.clean_up();
        sound && result.is_ok()
    })
}

fn run_round(env: &mut Env, random: &mut Random, counts: &mut Counts) -> sel4::Result<()> {
    let page = env.map(SCRATCH);
    let guest = make(env, page)?;
    for _ in 0..PROGRAMS_A_ROUND {
        (0..0x1000)
            .step_by(8)
            .for_each(|offset| poke(SCRATCH + offset, instruction(random) | instruction(random) << 32));
        page.frame_clean_data(0, 0x1000)?;
        guest.run(random, counts)?;
    }
    Ok(())
}

fn make(env: &mut Env, page: cap::Granule) -> sel4::Result<Guest> {
    let vspace = env.vspace()?;
    let copy = env.mint(page, CapRights::all(), 0);
    while let Err(Error::FailedLookup) = copy.frame_map(vspace, CODE, CapRights::read_write(), VmAttributes::DEFAULT) {
        env.object::<cap_type::PT>().pt_map(vspace, CODE, VmAttributes::DEFAULT)?;
    }
    let cnode: cap::CNode = env.make(ObjectBlueprint::CNode { size_bits: 1 })?;
    let stops = env.parts().has(Switch::Stop);
    let guest = Guest { tcb: env.object(), vcpu: env.object(), faults: env.object(), reply: env.object(), stops };
    guest.tcb.tcb_configure(cnode, CNodeCapData::skip_high_bits(1), vspace, 0, crate::thread::null())?;
    guest.vcpu.vcpu_set_tcb(guest.tcb)?;
    // So little that a guest which loops is soon back.
    let context = env.sched_context(300, 2_000, 0);
    guest.tcb.tcb_set_sched_params(TCB.cap(), 100, 100, context, guest.faults)?;
    guest.tcb.tcb_set_timeout_endpoint(guest.faults)?;
    Ok(guest)
}

impl Guest {
    fn run(&self, random: &mut Random, counts: &mut Counts) -> sel4::Result<()> {
        let mut registers = UserContext::default();
        registers.inner_mut().iter_mut().for_each(|word| *word = register(random));
        *registers.pc_mut() = CODE as u64;
        *registers.spsr_mut() = MODES[random.below(3) as usize];
        self.tcb.tcb_suspend()?;
        if random.below(2) == 0 {
            self.set_debug_registers(random);
        }
        self.tcb.tcb_write_all_registers(true, &registers)?;
        let (mut info, _) = self.faults.recv(self.reply);
        for _ in 0..EXITS_A_PROGRAM {
            let aborted = fault_context::is_abort(info.label());
            let label = if aborted { FaultLabel::VmFault as u64 } else { info.label() };
            counts[(label as usize).min(counts.len() - 1)] += 1;
            if label == FaultLabel::Timeout as u64 {
                break;
            }
            if label == FaultLabel::VppiEvent as u64 {
                self.vcpu.vcpu_ack_vppi(VIRTUAL_TIMER)?;
            }
            info = self.step_over(random)?;
        }
        self.tcb.tcb_suspend()
    }

    /// As a VMM whose guest asked for anything at all, breakpoints on the root task's own code included.
    fn set_debug_registers(&self, random: &mut Random) {
        for _ in 0..4 {
            let index = random.below(6) as u8;
            let own_code = run as fn(&mut Env, u64) as usize as u64;
            let (register, value) = match random.below(5) {
                0 => (DebugRegister::Bvr(index), own_code + 4 * random.below(64)),
                1 => (DebugRegister::Bcr(index), random.next() | 1),
                2 => (DebugRegister::Wvr(index), register(random)),
                3 => (DebugRegister::Wcr(index), random.next() | 1),
                _ => (DebugRegister::Mdscr, random.next()),
            };
            // Some don't exist.
            let _ = sel4_vcpu_debug::write(self.vcpu, register, value, true);
        }
    }

    /// On to the next instruction, or back into the page; in one of the ways that a VMM has. The next exit.
    fn step_over(&self, random: &mut Random) -> sel4::Result<MessageInfo> {
        let mut registers = self.tcb.tcb_read_registers(false, 3)?;
        let next = registers.pc().wrapping_add(4);
        let inside = (CODE as u64..CODE as u64 + 0x1000).contains(&next) && next.is_multiple_of(4);
        *registers.pc_mut() = if inside { next } else { CODE as u64 + 4 * random.below(1024) };
        *registers.spsr_mut() = MODES[random.below(3) as usize];
        let mut answer = MessageInfoBuilder::default();
        if random.below(2) == 0 {
            // The kernel's extension: any words must do.
            let spsr = if random.below(4) == 0 { random.next() } else { *registers.spsr() };
            let words = [*registers.pc(), spsr, random.below(34), random.next()];
            sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..4].copy_from_slice(&words));
            answer = answer.label(1).length(4);
        } else {
            self.tcb.tcb_write_registers(false, 3, &registers)?;
        }
        if self.stops && random.below(4) == 0 {
            return self.stop_and_start(random, answer);
        }
        if random.below(2) == 0 {
            return Ok(self.faults.reply_recv(answer.build(), self.reply).0);
        }
        self.reply.send(answer.build());
        Ok(self.faults.recv(self.reply).0)
    }

    /// By an answer that leaves it stopped, and from there on again. Its timer may be due meanwhile.
    fn stop_and_start(&self, random: &mut Random, answer: MessageInfoBuilder) -> sel4::Result<MessageInfo> {
        let kind = if random.below(2) == 0 { ReplyKind::Stop } else { ReplyKind::Wait };
        self.reply.send(answer.label(kind.label()).build());
        if random.below(2) == 0 {
            sel4_vcpu_debug::wake(self.vcpu)?;
        } else {
            sel4_vcpu_debug::recall(self.vcpu)?;
            let registers = self.tcb.tcb_read_registers(false, 3)?;
            sel4_vcpu_debug::start(self.vcpu, [*registers.pc(), random.next(), random.below(32), random.next()])?;
        }
        Ok(self.faults.recv(self.reply).0)
    }
}

/// Often an address in the page.
fn register(random: &mut Random) -> u64 {
    match random.below(4) {
        0 => random.next(),
        1 => random.below(256),
        _ => CODE as u64 + 8 * random.below(512),
    }
}

/// An instruction, often one that a hypervisor has to do with.
fn instruction(random: &mut Random) -> u64 {
    let word = random.next();
    match random.below(10) {
        // System registers, system instructions, barriers and hints.
        0..=3 => 0xd500_0000 | word & 0x3f_ffff,
        // Debug registers: op0 = 2, op1 = 0, CRn 0 or 1; op2 says which kind.
        4 => 0xd510_0000 | word & 0x20_1fff | word & 0xe0,
        // SVC, HVC, SMC, BRK.
        5 => [0xd400_0001, 0xd400_0002, 0xd400_0003, 0xd420_0000][random.below(4) as usize] | (word & 0xffff) << 5,
        // Loads and stores.
        6..=7 => 0x3900_0000 | word & 0xc0ff_ffff,
        // WFI, WFE.
        8 if word & 7 == 0 => 0xd503_205f + 0x20 * (word >> 3 & 1),
        _ => word & 0xffff_ffff,
    }
}
