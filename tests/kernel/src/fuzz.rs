// SPDX-License-Identifier: MIT OR Apache-2.0
//! A thread that makes random system calls on random capabilities of its own.
//!
//! Nothing that it has reaches the root task: its CSpace holds objects made for it. It shares the root task's address
//! space for its code, without a capability to it. Whatever it does to itself (blocks, faults, suspends, loses its
//! CSpace, becomes a vCPU), a keeper of lowest priority, which runs when it doesn't, sets it up again. Each round has
//! fresh objects; all are revoked after it, and the kernel must still answer.

mod calls;

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use sel4::{
    CNodeCapData, CapRights, ObjectBlueprint, ObjectBlueprintAArch64, ObjectBlueprintArm, cap, debug_println,
    init_thread::slot::{ASID_CONTROL, ASID_POOL, DOMAIN_SET, IRQ_CONTROL, TCB, VSPACE},
};

use crate::{
    cases,
    env::{Env, slot_at, slot_of},
    random::Random,
    thread::{Start, done, null, registers, start},
};

const CNODE_BITS: usize = 6;
const CALLS_A_ROUND: u64 = 2_000;
const REPORT_ROUNDS: u64 = 50;
/// An interrupt that no device of the machine raises.
const IRQ: u64 = 60;

static LEFT: AtomicU64 = AtomicU64::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);

/// Runs so many calls. Says `TEST-SUITE PASS` if the kernel still answers then.
pub fn run(env: &mut Env, calls: u64) {
    let mut restarts = 0;
    let rounds = calls.div_ceil(CALLS_A_ROUND);
    for round in 0..rounds {
        match run_round(env, round) {
            Ok(count) => restarts += count,
            Err(error) => return debug_println!("TEST-SUITE FAIL: round {round}: {error:?}"),
        }
        env.clean_up();
        if round % REPORT_ROUNDS == REPORT_ROUNDS - 1 || round == rounds - 1 {
            debug_println!("FUZZ {} calls, {restarts} restarts", (round + 1) * CALLS_A_ROUND);
            if !answers(env) {
                return debug_println!("TEST-SUITE FAIL: the kernel does not answer as it did");
            }
        }
    }
    debug_println!("TEST-SUITE PASS: {} calls", rounds * CALLS_A_ROUND);
}

/// Whether ordinary cases still pass.
fn answers(env: &mut Env) -> bool {
    let sound = cases::ALL.iter().filter(|(name, _)| name.starts_with("ipc::") || name.starts_with("sched::passive"));
    sound.fold(true, |sound, (name, case)| {
        let result = case(env);
        if let Err(failure) = &result {
            debug_println!("CASE {name} FAIL: {failure}");
        }
        env.clean_up();
        sound && result.is_ok()
    })
}

/// The keeper's arguments.
struct Keeper {
    /// The thread to keep, and a thread that never runs.
    tcb: cap::Tcb,
    spare: cap::Tcb,
    cnode: cap::CNode,
    context: cap::SchedContext,
    vcpu: cap::VCpu,
    control: cap::SchedControl,
    buffer: (cap::Granule, usize),
    registers: sel4::UserContext,
    /// Faults wait here for nobody: without a handler the kernel would print each.
    faults: cap::Endpoint,
    finished: cap::Notification,
}

extern "C" fn keep(keeper: u64, restarts: u64, _: u64) -> ! {
    crate::memory::with_argument(keeper, |keeper: &Keeper| {
        while LEFT.load(SeqCst) > 0 {
            crate::memory::with_argument(restarts, |count: &AtomicU64| count.fetch_add(1, SeqCst));
            keeper.restart();
        }
        keeper.finished.signal();
    });
    done()
}

impl Keeper {
    /// Errors don't matter: what fails now is tried again soon.
    fn restart(&self) {
        let _ = self.tcb.tcb_suspend();
        // Whichever vCPU the thread took for itself: it gets this one instead, and then none.
        let _ = self.vcpu.vcpu_set_tcb(self.tcb);
        let _ = self.vcpu.vcpu_set_tcb(self.spare);
        let _ = self.context.unbind();
        let _ = self.control.sched_control_configure_flags(self.context, 1_000_000, 1_000_000, 0, 0, 0);
        let data = CNodeCapData::skip_high_bits(CNODE_BITS);
        let _ = self.tcb.tcb_configure(self.cnode, data, VSPACE.cap(), self.buffer.1 as u64, self.buffer.0);
        let _ = self.tcb.tcb_unbind_notification();
        let _ = self.tcb.tcb_set_sched_params(TCB.cap(), 100, 100, null(), self.faults);
        let _ = self.context.bind(self.tcb);
        let _ = self.tcb.tcb_write_all_registers(true, &self.registers);
    }
}

/// One round; how often the keeper had to act.
fn run_round(env: &mut Env, round: u64) -> sel4::Result<u64> {
    SEED.store(round + 1, SeqCst);
    LEFT.store(CALLS_A_ROUND, SeqCst);
    let cnode: cap::CNode = env.make(ObjectBlueprint::CNode { size_bits: CNODE_BITS })?;
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let finished: cap::Notification = env.object();
    let fuzzer = Start {
        number: 0,
        priority: 100,
        context,
        faults: null(),
        body: fuzz,
        arguments: [env.buffer(0).1 as u64, 0, 0],
    };
    let keeper = Keeper {
        tcb: env.object(),
        spare: env.object(),
        cnode,
        context,
        vcpu: env.object(),
        control: env.control,
        buffer: env.buffer(0),
        registers: registers(env, fuzzer),
        faults: env.object(),
        finished,
    };
    endow(env, &keeper)?;
    keeper.restart();
    let restarts = AtomicU64::new(0);
    let arguments = [&raw const keeper as u64, &raw const restarts as u64, 0];
    let own = env.sched_context(1_000_000, 1_000_000, 0);
    start(env, Start { number: 1, priority: 1, context: own, faults: null(), body: keep, arguments })?;
    finished.wait();
    Ok(restarts.load(SeqCst))
}

/// Fills the CSpace: one of each kind of object, some badged, some without rights; the rest stays empty.
fn endow(env: &mut Env, keeper: &Keeper) -> sel4::Result<()> {
    let blueprints = [
        ObjectBlueprint::Untyped { size_bits: 16 },
        ObjectBlueprint::Untyped { size_bits: 12 },
        ObjectBlueprint::Endpoint,
        ObjectBlueprint::Notification,
        ObjectBlueprint::CNode { size_bits: 3 },
        ObjectBlueprint::CNode { size_bits: 5 },
        ObjectBlueprint::Tcb,
        ObjectBlueprint::Tcb,
        ObjectBlueprint::SchedContext { size_bits: 8 },
        ObjectBlueprint::SchedContext { size_bits: 7 },
        ObjectBlueprint::Reply,
        ObjectBlueprint::Reply,
        ObjectBlueprintArm::SmallPage.into(),
        ObjectBlueprintArm::SmallPage.into(),
        ObjectBlueprintArm::LargePage.into(),
        ObjectBlueprintArm::PT.into(),
        ObjectBlueprintArm::PT.into(),
        ObjectBlueprintArm::PT.into(),
        ObjectBlueprintArm::VCpu.into(),
        ObjectBlueprintAArch64::VSpace.into(),
        ObjectBlueprintAArch64::VSpace.into(),
    ];
    let root = keeper.cnode.absolute_cptr_for_self();
    let inside = |index: usize| keeper.cnode.absolute_cptr_from_bits_with_depth(index as u64, CNODE_BITS);
    let mut next = 1;
    for blueprint in blueprints {
        env.untyped.untyped_retype(&blueprint, &root, next, 1)?;
        next += 1;
    }
    // The last VSpace can be mapped in.
    let vspace = env.vspace()?;
    let handler = env.slot();
    IRQ_CONTROL.cap().irq_control_get(IRQ, &handler)?;
    let endpoint: cap::Endpoint = env.object();
    let badged = env.mint(endpoint, CapRights::all(), 0x55);
    let all = CapRights::all();
    let copies = [
        (slot_of(vspace), all),
        (handler, all),
        (slot_of(endpoint), all),
        (slot_of(badged), all),
        (slot_of(endpoint), CapRights::read_only()),
        (slot_of(endpoint), CapRights::write_only()),
        (slot_of(keeper.tcb), all),
        (slot_of(keeper.spare), all),
        (slot_of(keeper.vcpu), all),
        (slot_of(keeper.context), all),
        (slot_of(keeper.cnode), all),
        (slot_of(keeper.control), all),
        (slot_at(ASID_POOL.index()), all),
        (slot_at(ASID_CONTROL.index()), all),
        (slot_at(DOMAIN_SET.index()), all),
    ];
    for (from, rights) in copies {
        // Some refuse to be copied.
        let _ = inside(next).copy(&from, rights);
        next += 1;
    }
    Ok(())
}

/// The body: calls until none are left.
extern "C" fn fuzz(buffer: u64, _: u64, _: u64) -> ! {
    let mut random = Random::new(SEED.load(SeqCst) << 32 | LEFT.load(SeqCst));
    while LEFT.load(SeqCst) > 0 {
        LEFT.fetch_sub(1, SeqCst);
        calls::call(buffer, &mut random);
    }
    done()
}
