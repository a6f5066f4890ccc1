// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts that reach a guest without an exit: in the reply, from the prepared timer, from a bound notification. The
//! guest has the real virtual CPU interface.

use lazaret_abi::fault_context::{NO_REGISTER, REPLY_LABEL, refused_injection, with_injection};
use lazaret_abi::{
    NO_INJECTION, Switch, TimerInterrupt, VCPU_BIND_NOTIFICATION, VCPU_PREPARE_VPPI, VCPU_UNBIND_NOTIFICATION,
    injection_word,
};
use sel4::{
    CapRights, Error, Fault, MessageInfoBuilder, UserContext, VCpuReg, cap, init_thread::slot::TCB,
    sys::fault::FaultLabel, with_ipc_buffer_mut,
};
use sel4_vcpu_debug::{bind_notification, prepare_timer, unbind_notification};

use crate::{
    case::{Failure, Outcome, check, message_register, needs, refused, refused_with, same, skip},
    env::{Env, SCRATCH},
    memory::ticks_per_second,
};

use super::ipc::settle;
use super::vcpu::{CODE, EL1H, Guest, HVC_66, WFI, map};

/// Where the guest has the two pages of the interface.
const GICV: usize = CODE + 0x8000;
/// GICV_CTLR: group 0 on; and EOImode 1, where GICV_DIR ends.
const GROUP_0: u64 = 1;
const SPLIT: u64 = 1 << 9;
/// Hypercalls of the program and of its interrupt handler.
const PROGRAM: u64 = 0x5a00_0042;
const HANDLER: u64 = 0x5a00_0043;
const TIMER: u64 = injection_word(27, 5, 0, 0);
const OTHER: u64 = injection_word(40, 5, 0, 1);

/// Switches its interface on (x10: GICV, x4: GICV_CTLR), then has its timer interrupt three times, each time x9 ticks from
/// now, and says so; and again.
const CODE_WORDS: [u32; 19] = [
    0xd518_c00c, // msr vbar_el1, x12
    0x5280_1e00, // mov w0, #0xf0
    0xb900_0540, // str w0, [x10, #4]
    0xb900_0144, // str w4, [x10]
    0xd503_42ff, // msr daifclr, #2
    0xd280_0006, // mov x6, #0
    0xd53b_e040, // again: mrs x0, cntvct_el0
    0x8b09_0000, // add x0, x0, x9
    0xd51b_e340, // msr cntv_cval_el0, x0
    0xd280_0020, // mov x0, #1
    0xaa06_03e8, // mov x8, x6
    0xd51b_e320, // msr cntv_ctl_el0, x0
    0xeb06_011f, // wait: cmp x8, x6
    0x54ff_ffe0, // b.eq wait
    0xf100_0cdf, // cmp x6, #3
    0x54ff_fee1, // b.ne again
    0xd400_0842, // hvc #66
    0xd280_0006, // mov x6, #0
    0x17ff_fff4, // b again
];
/// Counts in x6 what it takes, the last one in x5; with x7 it says so before it ends it.
const VECTOR_WORDS: [u32; 9] = [
    0xb940_0d45, // ldr w5, [x10, #0xc]
    0x9100_04c6, // add x6, x6, #1
    0xd51b_e33f, // msr cntv_ctl_el0, xzr
    0xb400_0047, // cbz x7, end
    0xd400_0862, // hvc #67
    0xb900_1145, // end: str w5, [x10, #0x10]
    0x3648_0044, // tbz x4, #9, done
    0xb900_0165, // str w5, [x11]
    0xd69f_03e0, // done: eret
];
/// From the page's start to the IRQ vector of EL1h, whose table is in its upper half.
const VECTOR: usize = 0xa80 / 4;
/// `b .`
const LOOP: u32 = 0x1400_0000;
/// The program with its three timer interrupts.
const TIMER_PROGRAM: &[u32] = CODE_WORDS.split_at(5).1;

/// How the guest's registers start.
struct Start {
    control: u64,
    /// The handler makes an exit.
    tells: bool,
}

const PLAIN: Start = Start { control: GROUP_0, tells: false };
const TELLING: Start = Start { control: GROUP_0, tells: true };

/// The two pages of the interface, which the board has once.
type Interface = [cap::Granule; 2];

fn interface(env: &mut Env) -> Result<Interface, Failure> {
    let pages = env.virtual_cpu_interface;
    if pages.is_none() {
        skip("nobody knows where this board has it")?;
    }
    Ok(pages.unwrap_or([cap::Granule::from_bits(0); 2]))
}

/// With the interface in its memory and this program after its first five instructions; not started.
fn prepare(env: &mut Env, interface: Interface, here: usize, program: &[u32]) -> sel4::Result<Guest> {
    let mut code = [LOOP; VECTOR + VECTOR_WORDS.len()];
    code[..5].copy_from_slice(&CODE_WORDS[..5]);
    code[5..5 + program.len()].copy_from_slice(program);
    code[VECTOR..].copy_from_slice(&VECTOR_WORDS);
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let guest = Guest::prepare(env, &code, context, here)?;
    for (number, page) in interface.into_iter().enumerate() {
        let copy = env.mint(page, CapRights::all(), 0);
        map(env, guest.vspace, copy, GICV + 0x1000 * number)?;
    }
    Ok(guest)
}

fn run(guest: &Guest, start: &Start) -> sel4::Result<()> {
    let mut registers = UserContext::default();
    (*registers.pc_mut(), *registers.spsr_mut()) = (CODE as u64, EL1H);
    let values = [(4, start.control), (7, start.tells.into()), (9, ticks_per_second() / 10_000)];
    let addresses = [(10, GICV as u64), (11, GICV as u64 + 0x1000), (12, CODE as u64 + 0x800)];
    values.into_iter().chain(addresses).for_each(|(n, value)| *registers.gpr_mut(n) = value);
    guest.tcb.tcb_write_all_registers(true, &registers)
}

/// One guest with the timer prepared, not started.
fn prepared(env: &mut Env, program: &[u32]) -> Result<Guest, Failure> {
    let interface = interface(env)?;
    let guest = prepare(env, interface, SCRATCH, program)?;
    check(prepare_timer(guest.vcpu, Some(TIMER))? == TimerInterrupt::None, "it had none")?;
    Ok(guest)
}

/// One guest that has begun.
fn started(env: &mut Env, program: &[u32], start: &Start) -> Result<Guest, Failure> {
    let interface = interface(env)?;
    let guest = prepare(env, interface, SCRATCH, program)?;
    run(&guest, start)?;
    Ok(guest)
}

/// The interrupts that the guest took since it last began, and the last one.
fn taken(guest: &Guest) -> sel4::Result<(u64, u64)> {
    let registers = guest.tcb.tcb_read_all_registers(false)?;
    Ok((*registers.gpr(6), *registers.gpr(5)))
}

/// Answers the trap that was received last: on behind it, with an injection or without.
fn go_on(guest: &Guest, injection: Option<u64>) -> sel4::Result<()> {
    let registers = guest.tcb.tcb_read_registers(false, 3)?;
    let words = [*registers.pc() + 4, *registers.spsr(), NO_REGISTER, 0];
    with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..4].copy_from_slice(&words));
    let label = injection.map_or(REPLY_LABEL, |word| with_injection(REPLY_LABEL, word));
    guest.reply.send(MessageInfoBuilder::default().label(label).length(4).build());
    Ok(())
}

/// The word of the VGICMaintenance that comes next, which is answered.
fn maintenance(guest: &Guest) -> Result<u64, Failure> {
    let (info, _) = guest.faults.recv(guest.reply);
    same(info.label(), FaultLabel::VgicMaintenance as u64)?;
    let word = message_register(0);
    guest.reply.send(MessageInfoBuilder::default().build());
    Ok(word)
}

/// None of the interrupts is an exit, and each is ended, or the next one would not come.
fn timer_interrupts(env: &mut Env, control: u64) -> Outcome {
    needs(env, Switch::PreparedTimer)?;
    let guest = prepared(env, TIMER_PROGRAM)?;
    run(&guest, &Start { control, tells: false })?;
    for _ in 0..3 {
        same(guest.hsr(), PROGRAM)?;
        check(taken(&guest)? == (3, 27), "three interrupts of the timer")?;
        go_on(&guest, None)?;
    }
    Ok(())
}

pub fn prepared_timer_interrupts(env: &mut Env) -> Outcome {
    timer_interrupts(env, GROUP_0)
}

/// A guest that ends an interrupt in two steps.
pub fn prepared_timer_with_eoi_mode_1(env: &mut Env) -> Outcome {
    timer_interrupts(env, GROUP_0 | SPLIT)
}

/// After the end of the preparation the timer is the VMM's, and what the guest had of it is gone.
pub fn a_preparation_ends(env: &mut Env) -> Outcome {
    needs(env, Switch::PreparedTimer)?;
    let guest = prepared(env, TIMER_PROGRAM)?;
    run(&guest, &TELLING)?;
    same(guest.hsr(), HANDLER)?;
    check(prepare_timer(guest.vcpu, None)? == TimerInterrupt::Active, "taken and not ended")?;
    go_on(&guest, None)?;
    check(matches!(guest.fault(), Some(Fault::VPpiEvent(event)) if event.irq() == 27), "the timer's event")?;
    check(taken(&guest)? == (1, 27), "and no more interrupts")?;
    check(prepare_timer(guest.vcpu, Some(TIMER))? == TimerInterrupt::None, "nothing was left")
}

/// Two guests take turns while each handles an interrupt of its own timer, which is one interrupt to the board.
pub fn two_guests_have_a_prepared_timer_each(env: &mut Env) -> Outcome {
    needs(env, Switch::PreparedTimer)?;
    let interface = interface(env)?;
    let one = prepare(env, interface, SCRATCH, TIMER_PROGRAM)?;
    let two = prepare(env, interface, SCRATCH + 0x1000, TIMER_PROGRAM)?;
    for guest in [&one, &two] {
        prepare_timer(guest.vcpu, Some(TIMER))?;
        run(guest, &TELLING)?;
        same(guest.hsr(), HANDLER)?;
    }
    for round in 0..7 {
        for guest in [&one, &two] {
            check(taken(guest)?.1 == 27, "the timer's")?;
            go_on(guest, None)?;
            same(guest.hsr(), if round % 4 == 2 { PROGRAM } else { HANDLER })?;
        }
    }
    Ok(())
}

/// Masks interrupts, has its timer fire, and unmasks them after its VMM has had a look.
const MASKED_PROGRAM: [u32; 10] = [
    0xd503_42df, // msr daifset, #2
    0xd53b_e040, // mrs x0, cntvct_el0
    0xd51b_e340, // msr cntv_cval_el0, x0
    0xd280_0020, // mov x0, #1
    0xd51b_e320, // msr cntv_ctl_el0, x0
    0xd53b_e320, // wait: mrs x0, cntv_ctl_el0
    0x3617_ffe0, // tbz x0, #2, wait
    HVC_66,
    0xd503_42ff, // msr daifclr, #2
    HVC_66,
];

/// What the guest has not taken yet goes when its timer is set anew, and comes again when it fires again.
pub fn a_timer_set_anew_has_not_fired(env: &mut Env) -> Outcome {
    needs(env, Switch::PreparedTimer)?;
    for (control, interrupts) in [(0, 0), (1, 1)] {
        let guest = prepared(env, &MASKED_PROGRAM)?;
        run(&guest, &PLAIN)?;
        same(guest.hsr(), PROGRAM)?;
        guest.vcpu.vcpu_write_regs(VCpuReg::CNTV_CTL, control)?;
        let had = prepare_timer(guest.vcpu, Some(TIMER))?;
        let pending = if control == 1 { TimerInterrupt::Pending } else { TimerInterrupt::None };
        check(had == pending, "as far as its timer fires")?;
        go_on(&guest, None)?;
        same(guest.hsr(), PROGRAM)?;
        same(taken(&guest)?.0, interrupts)?;
        env.clean_up();
    }
    Ok(())
}

pub fn a_reply_injects(env: &mut Env) -> Outcome {
    needs(env, Switch::ReplyInjection)?;
    let guest = started(env, &[HVC_66, HVC_66], &TELLING)?;
    same(guest.hsr(), PROGRAM)?;
    go_on(&guest, Some(OTHER))?;
    same(guest.hsr(), HANDLER)?;
    check(taken(&guest)? == (1, 40), "the interrupt")?;
    // Once more while it handles it: both ends are told as one.
    go_on(&guest, Some(OTHER))?;
    same(guest.hsr(), HANDLER)?;
    check(taken(&guest)? == (2, 40), "once more")?;
    go_on(&guest, None)?;
    same(maintenance(&guest)?, 1)?;
    same(guest.hsr(), PROGRAM)
}

/// What cannot be injected is told at once; the reply is taken all the same.
pub fn a_refused_injection_is_told(env: &mut Env) -> Outcome {
    needs(env, Switch::ReplyInjection)?;
    let guest = started(env, &[HVC_66, HVC_66], &TELLING)?;
    same(guest.hsr(), PROGRAM)?;
    let beyond = injection_word(40, 0, 0, 63);
    go_on(&guest, Some(beyond))?;
    same(maintenance(&guest)?, refused_injection(beyond))?;
    same(guest.hsr(), PROGRAM)?;
    go_on(&guest, Some(OTHER))?;
    same(guest.hsr(), HANDLER)?;
    let other = injection_word(41, 5, 0, 1);
    go_on(&guest, Some(other))?;
    same(maintenance(&guest)?, refused_injection(other))?;
    same(maintenance(&guest)?, 1)?;
    check(taken(&guest)? == (1, 40), "not the other one")
}

pub fn a_signal_interrupts(env: &mut Env) -> Outcome {
    needs(env, Switch::BoundNotification)?;
    let guest = started(env, &[HVC_66], &TELLING)?;
    let notification: cap::Notification = env.object();
    let badged = env.mint(notification, CapRights::all(), 6);
    same(guest.hsr(), PROGRAM)?;
    bind_notification(guest.vcpu, OTHER, notification)?;
    go_on(&guest, None)?;
    for count in 1..4 {
        badged.signal();
        // They merge.
        badged.signal();
        same(guest.hsr(), HANDLER)?;
        check(taken(&guest)? == (count, 40), "one interrupt")?;
        if count == 1 {
            // While it handles it.
            badged.signal();
        }
        go_on(&guest, None)?;
    }
    unbind_notification(guest.vcpu)?;
    badged.signal();
    same(notification.poll().1, 6)
}

/// A signal ends a wait for an interrupt, and is not lost by one that begins.
pub fn a_signal_ends_a_wait(env: &mut Env) -> Outcome {
    needs(env, Switch::BoundNotification)?;
    for before in [false, true] {
        let guest = started(env, &[WFI], &TELLING)?;
        let notification: cap::Notification = env.object();
        same(guest.hsr() >> 26, 1)?;
        bind_notification(guest.vcpu, OTHER, notification)?;
        if before {
            notification.signal();
        }
        let mut registers = guest.tcb.tcb_read_registers(false, 1)?;
        *registers.pc_mut() += 4;
        guest.tcb.tcb_write_registers(false, 1, &registers)?;
        sel4_vcpu_debug::wait(guest.vcpu)?;
        if !before {
            settle(env)?;
            notification.signal();
        }
        same(guest.hsr(), HANDLER)?;
        check(taken(&guest)? == (1, 40), "the interrupt")?;
        env.clean_up();
    }
    Ok(())
}

pub fn bad_preparations_are_refused(env: &mut Env) -> Outcome {
    needs(env, Switch::PreparedTimer)?;
    let vcpu: cap::VCpu = env.object();
    let prepare = |words: &[u64]| vcpu.invoke_raw(VCPU_PREPARE_VPPI, words, &[]);
    refused(prepare(&[]), Error::TruncatedMessage)?;
    refused_with(prepare(&[injection_word(27, 32, 0, 0)]), Error::RangeError, &[0, 31])?;
    refused_with(prepare(&[injection_word(27, 0, 2, 0)]), Error::RangeError, &[0, 1])?;
    refused_with(prepare(&[injection_word(27, 0, 0, 1)]), Error::RangeError, &[0, 0])?;
    refused_with(prepare(&[injection_word(15, 0, 0, 0)]), Error::RangeError, &[16, 1019])?;
    refused_with(prepare(&[injection_word(1020, 0, 0, 0)]), Error::RangeError, &[0, 1019])?;
    vcpu.vcpu_inject_irq(40, 0, 0, 0)?;
    refused(prepare(&[TIMER]), Error::DeleteFirst)?;
    let vcpu: cap::VCpu = env.object();
    prepare_timer(vcpu, Some(TIMER))?;
    refused(vcpu.vcpu_inject_irq(40, 0, 0, 0), Error::DeleteFirst)?;
    vcpu.vcpu_inject_irq(40, 0, 0, 1)?;
    same(prepare_timer(vcpu, None)? as u64, 0)?;
    vcpu.vcpu_inject_irq(40, 0, 0, 0)?;
    let guest = Guest::start(env, &[LOOP])?;
    refused(guest.vcpu.invoke_raw(VCPU_PREPARE_VPPI, &[NO_INJECTION], &[]), Error::IllegalOperation)
}

pub fn bad_bindings_are_refused(env: &mut Env) -> Outcome {
    needs(env, Switch::BoundNotification)?;
    let (vcpu, notification): (cap::VCpu, cap::Notification) = (env.object(), env.object());
    let bind = |word: u64, cap: u64| vcpu.invoke_raw(VCPU_BIND_NOTIFICATION, &[word], &[cap]);
    refused(vcpu.invoke_raw(VCPU_BIND_NOTIFICATION, &[OTHER], &[]), Error::TruncatedMessage)?;
    refused_with(bind(injection_word(40, 0, 0, 63), notification.bits()), Error::RangeError, &[0, 3])?;
    refused_with(bind(OTHER, vcpu.bits()), Error::InvalidCapability, &[1])?;
    let weak = env.mint(notification, CapRights::write_only(), 0);
    refused_with(bind(OTHER, weak.bits()), Error::InvalidCapability, &[1])?;
    refused(vcpu.invoke_raw(VCPU_UNBIND_NOTIFICATION, &[], &[]), Error::IllegalOperation)?;
    TCB.cap().tcb_bind_notification(notification)?;
    refused(bind(OTHER, notification.bits()), Error::IllegalOperation)?;
    TCB.cap().tcb_unbind_notification()?;
    bind(OTHER, notification.bits())?;
    refused(bind(OTHER, notification.bits()), Error::IllegalOperation)?;
    refused(TCB.cap().tcb_bind_notification(notification), Error::IllegalOperation)?;
    refused(vcpu.vcpu_inject_irq(40, 0, 0, 1), Error::DeleteFirst)?;
    unbind_notification(vcpu)?;
    prepare_timer(vcpu, Some(TIMER))?;
    refused(bind(TIMER, notification.bits()), Error::DeleteFirst)?;
    let guest = Guest::start(env, &[LOOP])?;
    refused(bind_notification(guest.vcpu, OTHER, notification), Error::IllegalOperation)
}
