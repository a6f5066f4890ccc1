// SPDX-License-Identifier: MIT OR Apache-2.0
//! What calls cost, in ticks of a counter that runs at the speed of instructions, and how that grows.
//!
//! | line | says |
//! |---|---|
//! | `COUNTER frequency=N batch=N` | ticks a second, and for a hundred rounds of an empty loop |
//! | `BENCH op=NAME net=N min=N max=N` | median, least and most of one operation, less the empty loop |
//! | `GROWTH curve=NAME x=N net=N` | one point of a curve |

use core::hint::black_box;

use lazaret_abi::Switch;
use sel4::{CapRights, MessageInfoBuilder, VCpuReg, cap, cap_type, with_ipc_buffer_mut};

use crate::case::{message_register, needs};
use crate::cases::{Guest, HVC_66, go_on, passive_thread};
use crate::env::{Env, slot_of};
use crate::memory::{ticks, ticks_per_second};
use crate::outlet::{begin, end, tell, tell_and_wait};
use crate::thread::{clear_notes, spawn};

const BATCHES: usize = 41;
const OPERATIONS: u64 = 100;

/// All of it.
pub fn run(env: &mut Env) {
    let empty = median(|| batch(|| _ = black_box(0)));
    tell(format_args!("COUNTER frequency={} batch={empty}\n", ticks_per_second()));
    let bench = Bench { empty };
    bench.ipc(env);
    env.clean_up();
    bench.notifications(env);
    env.clean_up();
    bench.exits(env);
    env.clean_up();
    capabilities(env);
    machines(env);
    tell(format_args!("GUEST native: 1 passed, 0 failed\n"));
}

/// A few of them between marks; see `tools/lazaret bench --profile`.
pub fn trace(env: &mut Env) {
    const COUNT: u64 = 4;
    let marks = [begin as extern "C" fn() as usize, end as extern "C" fn() as usize];
    let traced = |name: &str, operation: &dyn Fn()| {
        operation();
        let [begin_at, end_at] = marks;
        tell_and_wait(format_args!("TRACE op={name} count={COUNT} begin={begin_at:#x} end={end_at:#x} level=0\n"));
        begin();
        (0..black_box(COUNT)).for_each(|_| operation());
        end();
        tell_and_wait(format_args!("TRACED\n"));
    };
    for (name, words) in [("ipc_call_reply", 0), ("ipc_call_reply_16_words", 16)] {
        if let Ok((endpoint, ..)) = passive_thread(env) {
            traced(name, &|| _ = endpoint.call(MessageInfoBuilder::default().length(words).build()));
        }
    }
    tell_and_wait(format_args!("DONE\n"));
}

struct Bench {
    empty: u64,
}

impl Bench {
    fn report(&self, name: &str, operation: impl Fn()) {
        let mut batches = [0; BATCHES];
        batches.iter_mut().for_each(|place| *place = batch(&operation));
        batches.sort_unstable();
        let net = |ticks: u64| (ticks.saturating_sub(self.empty) + OPERATIONS / 2) / OPERATIONS;
        let (middle, least, most) = (net(batches[BATCHES / 2]), net(batches[0]), net(batches[BATCHES - 1]));
        tell(format_args!("BENCH op={name} net={middle} min={least} max={most}\n"));
    }

    fn ipc(&self, env: &mut Env) {
        let message = || MessageInfoBuilder::default().length(0).build();
        if let Ok((endpoint, ..)) = passive_thread(env) {
            self.report("ipc_call_reply", || _ = endpoint.call(message()));
        }
        let long = || MessageInfoBuilder::default().length(16).build();
        if let Ok((endpoint, ..)) = passive_thread(env) {
            self.report("ipc_call_reply_16_words", || _ = endpoint.call(long()));
        }
        let nobody: cap::Endpoint = env.object();
        self.report("ipc_nb_send_nobody", || nobody.nb_send(message()));
    }

    fn notifications(&self, env: &mut Env) {
        clear_notes();
        let (ping, pong): (cap::Notification, cap::Notification) = (env.object(), env.object());
        self.report("signal_nobody", || ping.signal());
        self.report("signal_and_poll", || {
            ping.signal();
            ping.poll();
        });
        ping.poll();
        if spawn(env, 0, answer, [ping.bits(), pong.bits(), 0]).is_ok() {
            self.report("signal_round_trip", || {
                ping.signal();
                pong.wait();
            });
        }
    }
}

impl Bench {
    /// Of a guest whose virtual time is the core's, and of one whose armed timer would be due if it were. A kernel that
    /// tells no context has another message for a hypercall, with an answer of its own.
    fn exits(&self, env: &mut Env) {
        if needs(env, Switch::FaultContext).is_err() {
            return;
        }
        /// One instruction back.
        const BACK: u32 = 0x17ff_ffff;
        for (name, has_offset) in [("vcpu_exit", false), ("vcpu_exit_with_offset", true)] {
            let Ok(guest) = Guest::start(env, &[HVC_66, BACK]) else { return };
            guest.faults.recv(guest.reply);
            let now = ticks();
            if has_offset {
                let fields = [(VCpuReg::CNTVOFF, now), (VCpuReg::CNTV_CVAL, now), (VCpuReg::CNTV_CTL, 1)];
                let words = [0, 1, 2].map(message_register);
                fields.into_iter().for_each(|(field, value)| _ = guest.vcpu.vcpu_write_regs(field, value));
                with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..words.len()].copy_from_slice(&words));
            }
            self.report(name, || _ = go_on(&guest));
            env.clean_up();
        }
    }
}

extern "C" fn answer(ping: u64, pong: u64, _: u64) -> ! {
    let (ping, pong) = (cap::Notification::from_bits(ping), cap::Notification::from_bits(pong));
    loop {
        ping.wait();
        pong.signal();
    }
}

fn batch(operation: impl Fn()) -> u64 {
    let operations = black_box(OPERATIONS);
    let start = ticks();
    (0..operations).for_each(|_| operation());
    ticks() - start
}

fn median(sample: impl Fn() -> u64) -> u64 {
    let mut samples = [0; BATCHES];
    samples.iter_mut().for_each(|place| *place = sample());
    samples.sort_unstable();
    samples[BATCHES / 2]
}

fn time(operation: impl FnOnce()) -> u64 {
    let start = ticks();
    operation();
    ticks() - start
}

fn point(curve: &str, x: u64, net: u64) {
    tell(format_args!("GROWTH curve={curve} x={x} net={net}\n"));
}

/// More and more capabilities in the CNode: a call through one of them, one more, and the end of all.
fn capabilities(env: &mut Env) {
    const MOST: u64 = 512;
    let mut wanted = 1;
    while wanted <= MOST {
        let original: cap::Notification = env.object();
        (1..wanted).for_each(|badge| _ = env.mint(original, CapRights::all(), badge));
        let last = env.mint(original, CapRights::all(), wanted);
        point("call_through_one_of_n_capabilities", wanted, time(|| last.signal()));
        let to = slot_of(env.empty::<cap_type::Notification>());
        let from = slot_of(original);
        point("copy_beside_n_capabilities", wanted, time(|| _ = to.copy(&from, CapRights::all())));
        point("revoke_n_capabilities", wanted, time(|| _ = from.revoke()));
        env.clean_up();
        wanted *= 2;
    }
}

/// VMs made and destroyed: the thousandth costs what the first did, and there is memory for it.
fn machines(env: &mut Env) {
    const MOST: u64 = 1000;
    for round in 1..=MOST {
        let made = time(|| make(env));
        let destroyed = time(|| env.clean_up());
        if [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].contains(&round) {
            point("make_vm_number_n", round, made);
            point("destroy_vm_number_n", round, destroyed);
        }
    }
}

/// What the kernel keeps of a VM: VSpace, vCPU, its thread and scheduling context, endpoint, reply, a page.
fn make(env: &mut Env) {
    let vspace = env.vspace().expect("memory is there each time");
    let tcb: cap::Tcb = env.object();
    let vcpu: cap::VCpu = env.object();
    vcpu.vcpu_set_tcb(tcb).expect("a fresh thread");
    let (_, _): (cap::Endpoint, cap::Reply) = (env.object(), env.object());
    let _ = env.sched_context(5000, 5000, 0);
    let page: cap::Granule = env.object();
    let table: [cap::PT; 2] = [env.object(), env.object()];
    for level in table {
        _ = level.pt_map(vspace, 0x4000_0000, sel4::VmAttributes::DEFAULT);
    }
    _ = page.frame_map(vspace, 0x4000_0000, CapRights::read_write(), sel4::VmAttributes::DEFAULT);
}
