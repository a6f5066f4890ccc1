// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fast paths do what the slow path does.

use super::invariants::check;
use super::scheduling::passive_server;
use super::world::*;
use crate::entry::slow_path::{handle_fault, handle_interrupt};
use crate::fault::Fault;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::tcb::ThreadState::{BlockedOnReceive, BlockedOnReply, Inactive, Running};
use lazaret_abi::DebugRegister;
use lazaret_abi::VCPU_START;
use lazaret_abi::fault_context::{self, NO_REGISTER, REPLY_LABEL, STOP_LABEL, WAIT_LABEL};
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::*;

pub const HVC: u64 = 0x5a00_0000;
/// `mrs x9, oslsr_el1`.
pub const READ_X9: u64 = 0x6228_0523;
/// `ldr w9, [..]` where nothing is mapped.
pub const LOAD_X9: u64 = 0x9389_0007;

/// A handler in Recv, with a scheduling context of its own or passive, and a guest that runs.
pub struct Vm {
    pub w: World,
    pub guest: Ref<Tcb>,
    pub handler: Ref<Tcb>,
    pub vcpu: u64,
    endpoint: u64,
    reply: u64,
}

impl Vm {
    pub fn new(fast_paths: bool) -> Self {
        Self::with(fast_paths, |w, _, _| {
            let handler = w.thread(254, w.sched_context(900, 1000), 0);
            w.resume(handler);
            w.thread_of(handler)
        })
    }

    /// The handler runs on the guest's time only.
    pub fn passive(fast_paths: bool) -> Self {
        Self::with(fast_paths, |w, endpoint, reply| passive_server(w, 254, endpoint, reply))
    }

    fn with(fast_paths: bool, handler: impl FnOnce(&World, u64, u64) -> Ref<Tcb>) -> Self {
        let w = World::new();
        w.fast_paths.set(fast_paths);
        let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let faults = w.mint(endpoint, 9, 0xfa);
        let handler = handler(&w, endpoint, reply);
        let guest = w.thread(100, w.sched_context(5000, 5000), faults);
        let vcpu = w.make(ObjectType::Vcpu, 0);
        w.expect(vcpu, VcpuSetTcb, &[], &[guest]);
        w.resume(guest);
        w.root_waits();
        if w.current() == handler {
            w.receive(Recv, endpoint, reply);
        }
        let guest = w.thread_of(guest);
        assert_eq!(w.current(), guest);
        Self { w, guest, handler, vcpu, endpoint, reply }
    }

    fn trap(&self, esr: u64) {
        self.fault(Fault::VcpuFault { hsr: esr });
        check(&self.w);
        assert_eq!(self.guest.state.get(), BlockedOnReply);
    }

    fn reply(&self, label: u64, words: &[u64]) {
        self.answer(label, words);
        check(&self.w);
        assert_eq!(self.handler.state.get(), BlockedOnReceive);
    }

    /// As [`Self::trap`], without a look that would settle the pair.
    fn fault(&self, fault: Fault) {
        self.w.pass_us(3);
        self.guest.context.elr.set(0x8000);
        self.w.fault(fault);
        assert_eq!(self.w.current(), self.handler);
    }

    /// As [`Self::reply`], without a look.
    pub fn answer(&self, label: u64, words: &[u64]) {
        self.w.pass_us(2);
        let info = MessageInfo::new(label, 0, 0, words.len() as u64);
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], info, words, &[]);
        assert_eq!(self.w.current(), self.guest);
    }

    /// As [`Self::answer`], after which this thread runs.
    pub fn answer_to(&self, next: Ref<Tcb>, label: u64, words: &[u64]) {
        let info = MessageInfo::new(label, 0, 0, words.len() as u64);
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], info, words, &[]);
        assert_eq!(self.w.current(), next);
    }

    /// The handler waits for a fault.
    pub fn wait(&self) {
        self.w.receive(Recv, self.endpoint, self.reply);
    }

    /// A reply after which the guest does not run.
    fn stop(&self, label: u64, words: &[u64]) {
        self.w.pass_us(2);
        let info = MessageInfo::new(label, 0, 0, words.len() as u64);
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], info, words, &[]);
        assert_eq!(self.w.kernel.current(), None);
    }

    /// The two are resident: what comes next is passed on.
    pub fn pass(&self) {
        (0..2).for_each(|_| {
            self.fault(Fault::VcpuFault { hsr: HVC });
            self.answer(REPLY_LABEL, &[0x8004, 0x3c5, NO_REGISTER, 0]);
        });
    }

    fn registers(&self) -> Vec<u64> {
        let of = |thread: Ref<Tcb>| {
            let context = &thread.context;
            context.x.iter().map(|x| x.get()).chain([context.elr.get(), context.spsr.get()]).collect::<Vec<_>>()
        };
        [of(self.guest), of(self.handler)].concat()
    }

    /// What user level can see, and how the threads are blocked. Where a running thread would start over is nothing
    /// yet: it is written when it enters the kernel.
    fn digest(&self) -> Vec<u64> {
        self.w.kernel.settle_resident();
        let mut words = self.registers();
        for thread in [self.guest, self.handler] {
            words.push(if thread.state.get() == Running { 0 } else { thread.fault_ip.get() });
            words.extend([thread.state.get() as u64, thread.queued.get() as u64, thread.fault.get().label()]);
            words.extend([thread.reply.get().is_some() as u64, thread.fault_number.get().into()]);
            words.push(thread.sched_context.get().is_some().into());
        }
        words
    }
}

/// The same story by the fast paths and by the slow one, with a handler of either kind.
fn both(story: impl Fn(&Vm) -> Vec<Vec<u64>>) {
    for make in [Vm::new, Vm::passive] {
        let (fast, slow) = (story(&make(true)), story(&make(false)));
        assert_eq!(fast, slow);
    }
}

#[test]
fn traps_and_replies_are_the_same_on_both_paths() {
    both(|vm| {
        let mut seen = Vec::new();
        for (esr, label, reply) in [
            (HVC, 0, &[][..]),
            (HVC, REPLY_LABEL, &[0x8004, 0x3c5, 0, 0x1_0001]),
            (READ_X9, REPLY_LABEL, &[0x8004, 0x3c5, 9, 7]),
            (READ_X9, REPLY_LABEL, &[0x8004, 0x3c5, NO_REGISTER, 7]),
            (READ_X9, REPLY_LABEL, &[0x8004, 0x3c9, u64::MAX, 7]),
            (READ_X9, REPLY_LABEL, &[0x8004]),
            (READ_X9, 7, &[1, 2, 3, 4]),
            (READ_X9, 0, &[1, 2, 3, 4, 5, 6]),
        ] {
            vm.guest.context.x[9].set(0x99);
            vm.trap(esr);
            seen.push(vm.digest());
            vm.reply(label, reply);
            seen.push(vm.digest());
        }
        seen
    });
}

#[test]
fn a_trap_brings_the_context_and_the_reply_sets_it() {
    let vm = Vm::new(true);
    vm.guest.context.spsr.set(0x6000_03c5);
    vm.guest.context.x[9].set(0x99);
    vm.trap(READ_X9);
    assert_eq!(vm.w.message(vm.handler), (0xfa, error(8, &[READ_X9, 0x8000, 1 << 32 | 0x6000_03c5, 0x99])));
    vm.reply(REPLY_LABEL, &[0x8004, 0x3c5, 9, 7]);
    let context = &vm.guest.context;
    assert_eq!((context.elr.get(), context.spsr.get(), context.x[9].get()), (0x8004, 0x3c5, 7));
    // EL2 is no state for a guest.
    vm.trap(READ_X9);
    vm.reply(REPLY_LABEL, &[0x8004, 0x3c9, NO_REGISTER, 0]);
    assert_eq!(context.spsr.get() & 0x1f, 0);
}

#[test]
fn somebody_always_pays() {
    for fast_paths in [true, false] {
        let vm = Vm::new(fast_paths);
        let sc = vm.guest.sched_context.get().unwrap();
        let handler_sc = vm.handler.sched_context.get().unwrap();
        (0..10).for_each(|_| {
            vm.trap(HVC);
            vm.reply(0, &[]);
        });
        // Anything but a reply settles: the guest's 33 us; the handler's 20 are the guest's too on the fast path.
        vm.trap(HVC);
        vm.w.send(NBSend, 0, 0, &[]);
        let (guest, handler) = (sc.consumed.get(), handler_sc.consumed.get());
        let us = |us| crate::arch::ticks_from_us(&vm.w.kernel.cpu.arch, us);
        let (traps, replies) = (11 * us(3), 10 * us(2));
        let expected = if fast_paths { (traps + replies, 0) } else { (traps, replies) };
        assert_eq!((guest, handler), expected);
        assert_eq!(vm.w.kernel.cpu.current_sc.get(), Some(handler_sc));
        check(&vm.w);
    }
}

#[test]
fn the_guest_s_budget_ends_while_its_handler_runs() {
    let vm = Vm::new(true);
    vm.trap(HVC);
    vm.w.run_us(6000);
    assert_eq!((vm.w.current(), vm.handler.state.get()), (vm.handler, Running));
    assert_eq!(vm.w.kernel.cpu.current_sc.get(), vm.handler.sched_context.get());
    check(&vm.w);
    vm.reply(0, &[]);
    assert_eq!(vm.w.kernel.cpu.current_sc.get(), vm.guest.sched_context.get());
}

#[test]
fn passes_are_the_same_as_the_slow_path() {
    let lock = fault_context::debug_write(DebugRegister::OsLock, false);
    let dirty = fault_context::debug_write(DebugRegister::Bvr(3), true);
    both(|vm| {
        vm.pass();
        let mut seen = Vec::new();
        for (fault, reply) in [
            (Fault::VcpuFault { hsr: HVC }, [0x8004, 0x3c5, 0, 0x1_0001]),
            (Fault::VcpuFault { hsr: READ_X9 }, [0x8004, 0x6000_03c5, 9, 7]),
            (Fault::VmFault { addr: 0x900_0018, prefetch: false, esr: LOAD_X9 }, [0x8004, 0x3c9, 9, 8]),
            (Fault::VcpuFault { hsr: READ_X9 }, [0x8004, 0x3c5, lock, 1]),
            (Fault::VcpuFault { hsr: READ_X9 }, [0x8004, 0x3c5, dirty, 0x1234]),
            (Fault::VcpuFault { hsr: READ_X9 }, [0x8004, 0x3c5, dirty | 1 << 40, 0x99]),
            (Fault::VcpuFault { hsr: READ_X9 }, [0x8004, 0x3c5, u64::MAX, 0x99]),
        ] {
            vm.guest.context.x[9].set(0x99);
            vm.fault(fault);
            seen.push(vm.registers());
            vm.answer(REPLY_LABEL, &reply);
            seen.push(vm.registers());
            let written = vm.w.kernel.cpu.arch.debug_written.take();
            seen.push(written.map_or(vec![], |(register, value, dirty)| vec![register.to_word(), value, dirty.into()]));
        }
        if vm.w.fast_paths.get() {
            assert_eq!(vm.w.kernel.cpu.arch.passes.get(), 2 + 2 * 7, "passed on");
        }
        seen.push(vm.digest());
        seen
    });
}

/// Whatever else happens, in either turn, finds the objects as the slow path leaves them.
#[test]
fn whatever_settles_a_resident_pair_finds_everything_in_its_place() {
    type End = fn(&Vm);
    let ends: [End; 7] = [
        |vm| handle_interrupt(&vm.w.kernel, 90),
        |vm| vm.w.run_us(10_000),
        |vm| vm.w.send(NBSend, 0, 0, &[]),
        |vm| vm.w.send(Yield, 0, 0, &[]),
        |vm| handle_fault(&vm.w.kernel, Fault::VmFault { addr: 0x1234, prefetch: false, esr: LOAD_X9 }),
        |vm| handle_fault(&vm.w.kernel, Fault::VppiEvent(27)),
        |vm| {
            vm.w.kernel.settle_resident();
            [vm.guest, vm.handler].into_iter().for_each(|thread| vm.w.kernel.suspend(thread));
            vm.w.kernel.leave();
        },
    ];
    for end in ends {
        both(|vm| {
            vm.pass();
            end(vm);
            check(&vm.w);
            vec![vm.digest()]
        });
        both(|vm| {
            vm.pass();
            vm.fault(Fault::VmFault { addr: 0x900_0018, prefetch: false, esr: LOAD_X9 });
            end(vm);
            check(&vm.w);
            let waits = format!("{:?}", vm.guest.fault.get()).bytes().map(u64::from).collect();
            vec![vm.digest(), waits]
        });
    }
}

/// A write that leaves the bank to be loaded makes no second write of it, and is a pass as any other.
#[test]
fn a_first_touch_is_written_once_and_passed_on() {
    let dirty = fault_context::debug_write(DebugRegister::Bvr(3), true);
    for fast_paths in [true, false] {
        let vm = Vm::new(fast_paths);
        vm.pass();
        let arch = &vm.w.kernel.cpu.arch;
        let passes = arch.passes.get();
        vm.fault(Fault::VcpuFault { hsr: READ_X9 });
        vm.answer(REPLY_LABEL, &[0x8004, 0x3c5, dirty, 0x1234]);
        assert_eq!(arch.debug_writes.get(), 1);
        assert_eq!(arch.debug_written.get(), Some((DebugRegister::Bvr(3), 0x1234, true)));
        assert!(!arch.bank_pending.get(), "the guest runs without its bank");
        assert_eq!(arch.passes.get() - passes, if fast_paths { 2 } else { 0 });
        check(&vm.w);
    }
}

/// The handler names a register that the core has not: its guest has one write less, and goes on.
#[test]
fn a_refused_write_is_tried_once_and_the_guest_goes_on() {
    let write = fault_context::debug_write(DebugRegister::Bvr(15), true);
    both(|vm| {
        vm.pass();
        vm.w.kernel.cpu.arch.refuses_debug_writes.set(true);
        vm.fault(Fault::VcpuFault { hsr: READ_X9 });
        vm.answer(REPLY_LABEL, &[0x8004, 0x3c5, write, 0x1234]);
        check(&vm.w);
        vec![vm.digest(), vec![vm.w.kernel.cpu.arch.debug_writes.get()]]
    });
}

/// Somebody else made the bank pending: a reply without a write is no pass then, and loads it by the other paths.
#[test]
fn a_reply_to_a_guest_that_is_not_ready_is_no_pass() {
    both(|vm| {
        vm.pass();
        vm.fault(Fault::VcpuFault { hsr: HVC });
        vm.w.kernel.cpu.arch.bank_pending.set(true);
        let passes = vm.w.kernel.cpu.arch.passes.get();
        vm.answer(REPLY_LABEL, &[0x8004, 0x3c5, NO_REGISTER, 0]);
        assert_eq!(vm.w.kernel.cpu.arch.passes.get(), passes);
        assert!(!vm.w.kernel.cpu.arch.bank_pending.get());
        check(&vm.w);
        vec![vm.digest()]
    });
}

#[test]
fn another_call_of_the_handler_is_no_pass() {
    for (x0, x6, words) in [(0, 1, 4), (1, 0, 4), (1, 1, 3)] {
        both(|vm| {
            vm.pass();
            vm.fault(Fault::VcpuFault { hsr: HVC });
            let pointers = [vm.endpoint * x0, vm.reply * x6, 0];
            let info = MessageInfo::new(REPLY_LABEL, 0, 0, words);
            vm.w.syscall(ReplyRecv, pointers, info, &[0x8004, 0x3c5, 0, 7], &[]);
            check(&vm.w);
            vec![vm.digest()]
        });
    }
}

#[test]
fn somebody_more_important_settles_the_pair() {
    both(|vm| {
        vm.pass();
        vm.fault(Fault::VcpuFault { hsr: HVC });
        vm.w.root_returns();
        check(&vm.w);
        vec![vm.digest()]
    });
}

/// A reply that stops the guest, after an exit that was passed on or was not, and what goes on from there.
#[test]
fn replies_that_stop_are_the_same_on_both_paths() {
    let dirty = fault_context::debug_write(DebugRegister::Bvr(3), true);
    let replies: [(u64, &[u64]); 8] = [
        (STOP_LABEL, &[0x8004, 0x3c5, NO_REGISTER, 0]),
        (STOP_LABEL, &[0x8004, 0x6000_03c5, 9, 7]),
        (STOP_LABEL, &[0x8004, 0x3c9, dirty, 0x1234]),
        (STOP_LABEL, &[]),
        (STOP_LABEL, &[0x8004]),
        (WAIT_LABEL, &[0x8004, 0x3c5, 0, 5]),
        (WAIT_LABEL, &[0x8004, 0x3c5, dirty, 0x1234]),
        (WAIT_LABEL, &[]),
    ];
    for (label, words) in replies {
        for passes in [false, true] {
            both(|vm| {
                if passes {
                    vm.pass();
                }
                vm.fault(Fault::VcpuFault { hsr: READ_X9 });
                vm.stop(label, words);
                check(&vm.w);
                assert_eq!((vm.guest.state.get(), vm.handler.state.get()), (Inactive, BlockedOnReceive));
                let written = vm.w.kernel.cpu.arch.debug_written.take();
                let mut seen = vec![vm.digest()];
                seen.push(
                    written.map_or(vec![], |(register, value, dirty)| vec![register.to_word(), value, dirty.into()]),
                );
                let notification = vm.w.root_returns_to_wait(|w| {
                    let start = w.call_label(vm.vcpu, VCPU_START, &[0x9000, 0x3c5, 1, 11], &[]);
                    assert_eq!(start, ok());
                });
                assert_eq!((vm.w.current(), vm.guest.context.x[1].get()), (vm.guest, 11));
                seen.push(vm.digest());
                vm.trap(HVC);
                vm.reply(REPLY_LABEL, &[0x8004, 0x3c5, NO_REGISTER, 0]);
                seen.push(vm.digest());
                seen.push(vec![notification]);
                seen
            });
        }
    }
}
