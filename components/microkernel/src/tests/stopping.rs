// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replies that leave a vCPU stopped.

use super::invariants::check;
use super::world::*;
use crate::arch::{Clock, ticks_from_us};
use crate::fault::Fault;
use crate::invariants::left_open;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;
use crate::object::tcb::ThreadState::*;
use lazaret_abi::fault_context::{self, NO_REGISTER, REPLY_LABEL, STOP_LABEL, WAIT_LABEL};
use lazaret_abi::{DebugRegister, VCPU_RECALL, VCPU_START, VCPU_UNANSWERED_FAULT, VCPU_WAKE, VcpuWait};
use sel4_abi::error::Error;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::*;
use sel4_abi::vcpu_reg::VcpuReg;

pub const WFI: Fault = Fault::VcpuFault { hsr: 0x07e0_0000 };
pub const HERE: u64 = 0x8000;
pub const ON: [u64; 4] = [HERE + 4, 0x3c5, NO_REGISTER, 0];

/// A guest, and a VMM with a scheduling context of its own or without one. The root thread looks on.
pub struct Vm {
    pub w: World,
    pub guest: Ref<Tcb>,
    pub vmm: Ref<Tcb>,
    pub guest_number: u64,
    pub vcpu: u64,
    endpoint: u64,
    pub reply: u64,
    time: Ref<SchedContext>,
}

impl Vm {
    pub fn new(is_passive: bool) -> Self {
        let w = World::new();
        let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let vmm = if is_passive {
            super::scheduling::passive_server(&w, 200, endpoint, reply)
        } else {
            let vmm = w.thread(200, w.sched_context(900, 1000), 0);
            w.resume(vmm);
            let notification = w.root_waits();
            w.receive(Recv, endpoint, reply);
            w.root_returns();
            w.delete(notification);
            w.thread_of(vmm)
        };
        let sc = w.sched_context(5000, 10_000);
        let guest_number = w.thread(100, sc, w.mint(endpoint, 9, 3));
        let vcpu = w.make(ObjectType::Vcpu, 0);
        w.expect(vcpu, VcpuSetTcb, &[], &[guest_number]);
        let (guest, time) = (w.thread_of(guest_number), w.sc_of(sc));
        Self { w, guest, vmm, guest_number, vcpu, endpoint, reply, time }
    }

    /// Root resumes the guest, which traps.
    pub fn trapped(is_passive: bool, fault: Fault) -> Self {
        let vm = Self::new(is_passive);
        vm.w.resume(vm.guest_number);
        vm.w.root_waits();
        vm.trap(fault);
        vm
    }

    pub fn trap(&self, fault: Fault) {
        assert_eq!(self.w.current(), self.guest);
        self.w.pass_us(3);
        self.guest.context.elr.set(HERE);
        self.w.fault(fault);
        assert_eq!((self.w.current(), self.guest.state.get()), (self.vmm, BlockedOnReply));
    }

    pub fn answer(&self, label: u64, words: &[u64]) {
        assert_eq!(self.w.current(), self.vmm);
        let info = MessageInfo::new(label, 0, 0, words.len() as u64);
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], info, words, &[]);
        check(&self.w);
    }

    /// As the root thread, which is the current one.
    pub fn recall(&self) -> Option<VcpuWait> {
        let answer = self.w.call_label(self.vcpu, VCPU_RECALL, &[], &[]);
        check(&self.w);
        assert_eq!((answer.label, answer.words.len()), (0, 1));
        VcpuWait::from_word(answer.words[0])
    }

    pub fn start(&self, words: &[u64]) -> Answer {
        let answer = self.w.call_label(self.vcpu, VCPU_START, words, &[]);
        check(&self.w);
        answer
    }

    pub fn state(&self) -> Option<VcpuWait> {
        VcpuWait::from_word(self.w.call_label(self.vcpu, VCPU_UNANSWERED_FAULT, &[], &[]).words[0])
    }

    pub fn set_timer(&self, control: u64, us: u64) {
        let due = self.w.kernel.cpu.arch.now() + ticks_from_us(&self.w.kernel.cpu.arch, us);
        self.w.expect(self.vcpu, VcpuWriteReg, &[VcpuReg::CntvCtl as u64, control], &[]);
        self.w.expect(self.vcpu, VcpuWriteReg, &[VcpuReg::CntvCval as u64, due], &[]);
    }

    /// Where the guest goes on, in which state, and x9.
    pub fn place(&self) -> [u64; 3] {
        let context = &self.guest.context;
        [self.guest.fault_ip.get(), context.spsr.get(), context.x[9].get()]
    }
}

pub fn refused(error: Error, words: &[u64]) -> Answer {
    super::world::error(error as u64, words)
}

#[test]
fn a_reply_that_stops_gives_everything_back() {
    for is_passive in [false, true] {
        for label in [STOP_LABEL, WAIT_LABEL] {
            let vm = Vm::trapped(is_passive, WFI);
            assert_eq!(vm.vmm.sched_context.get() == Some(vm.time), is_passive);
            vm.answer(label, &ON);
            assert_eq!((vm.guest.state.get(), vm.guest.fault.get()), (Inactive, Fault::None));
            assert_eq!((vm.guest.sched_context.get(), vm.guest.reply.get()), (Some(vm.time), None));
            assert_eq!((vm.time.tcb.get(), vm.time.reply.get()), (Some(vm.guest), None));
            assert_eq!(vm.vmm.state.get(), BlockedOnReceive);
            assert_eq!(vm.vmm.sched_context.get().is_none(), is_passive);
            assert_eq!(vm.place()[0], HERE + 4);
            // Nobody but the root thread runs from here on, however long it takes.
            assert_eq!(vm.w.kernel.current(), None);
            vm.w.run_us(50_000);
            assert_eq!(vm.w.kernel.current(), None);
            vm.w.root_returns();
            assert_eq!(vm.state(), Some(VcpuWait::Stopped));
            // It is the vCPU's own time on which it goes on.
            assert_eq!(vm.start(&ON), ok());
            vm.w.root_waits();
            assert_eq!((vm.w.current(), vm.w.kernel.cpu.current_sc.get()), (vm.guest, Some(vm.time)));
            vm.trap(WFI);
            check(&vm.w);
        }
    }
}

/// The reply object is free at once: a second reply of the same VMM reaches nobody.
#[test]
fn a_vcpu_is_stopped_once() {
    for is_passive in [false, true] {
        let vm = Vm::trapped(is_passive, WFI);
        vm.answer(STOP_LABEL, &ON);
        vm.w.root_returns();
        for label in [0, REPLY_LABEL, STOP_LABEL, WAIT_LABEL] {
            vm.w.send(NBSend, vm.reply, label, &[0x1234, 0x3c5, 9, 9]);
            check(&vm.w);
            assert_eq!((vm.guest.state.get(), vm.place()[0]), (Inactive, HERE + 4));
        }
        assert_eq!(vm.vmm.state.get(), BlockedOnReceive);
    }
}

#[test]
fn a_reply_that_stops_says_where() {
    let debug = fault_context::debug_write(DebugRegister::Bvr(3), true);
    let abort = Fault::VmFault { addr: 0x900_0000, prefetch: false, esr: 0x9389_0007 };
    for label in [STOP_LABEL, WAIT_LABEL] {
        for fault in [WFI, abort] {
            let place = |words: &[u64]| {
                let vm = Vm::new(false);
                vm.guest.context.x[9].set(99);
                vm.guest.context.spsr.set(0x3c5);
                vm.w.resume(vm.guest_number);
                vm.w.root_waits();
                vm.trap(fault);
                vm.answer(label, words);
                assert_eq!(vm.guest.state.get(), Inactive);
                (vm.place(), vm.w.kernel.cpu.arch.debug_written.get())
            };
            assert_eq!(place(&[0x9000, 0x6000_03c5, 9, 7]), ([0x9000, 0x6000_03c5, 7], None));
            assert_eq!(place(&ON), ([HERE + 4, 0x3c5, 99], None));
            // Not above EL1, and nothing of a register that is none.
            assert_eq!(place(&[0x9000, 0x3c9, 40, 7]).0[1] & 0x1f, 0);
            let written = Some((DebugRegister::Bvr(3), 0x1234, true));
            assert_eq!(place(&[0x9000, 0x3c5, debug, 0x1234]), ([0x9000, 0x3c5, 99], written));
            for words in [&[][..], &[0x9000], &[0x9000, 0, 9, 7, 8]] {
                assert_eq!(place(words), ([HERE, 0x3c5, 99], None), "{words:x?}");
            }
        }
        for event in [Fault::VgicMaintenance(1), Fault::VppiEvent(27)] {
            let vm = Vm::trapped(true, event);
            vm.answer(label, &[0x9000, 0x3c5, 9, 7]);
            assert_eq!((vm.guest.state.get(), vm.place()[0], vm.place()[2]), (Inactive, HERE, 0));
        }
    }
}

#[test]
fn only_a_reply_that_waits_ends_with_the_timer() {
    for (label, control, wakes) in [
        (WAIT_LABEL, 1, true),
        (WAIT_LABEL, 0, false),
        (WAIT_LABEL, 2, false),
        (WAIT_LABEL, 3, false),
        (STOP_LABEL, 1, false),
    ] {
        for is_passive in [false, true] {
            let vm = Vm::new(is_passive);
            vm.set_timer(control, 2000);
            vm.w.resume(vm.guest_number);
            vm.w.root_waits();
            vm.trap(WFI);
            vm.answer(label, &ON);
            vm.w.run_us(1900);
            assert_eq!(vm.w.kernel.current(), None);
            vm.w.run_us(200);
            check(&vm.w);
            assert_eq!(vm.w.kernel.current(), wakes.then_some(vm.guest), "{label} {control}");
            assert!(!wakes || vm.guest.context.elr.get() == HERE + 4);
        }
    }
}

/// It is due before the reply: the guest goes on at once, as if it had been told to.
#[test]
fn a_wait_for_a_timer_that_is_due_ends_at_once() {
    let vm = Vm::new(true);
    vm.set_timer(1, 0);
    vm.w.resume(vm.guest_number);
    vm.w.root_waits();
    vm.trap(WFI);
    vm.answer(WAIT_LABEL, &ON);
    assert_eq!((vm.w.current(), vm.guest.state.get()), (vm.guest, Running));
}

#[test]
fn whatever_starts_a_waiting_vcpu_ends_its_wait() {
    type Deed = fn(&Vm);
    let deeds: [(Deed, bool); 6] = [
        (|vm| assert_eq!(vm.start(&ON), ok()), true),
        (|vm| assert_eq!(vm.w.call_label(vm.vcpu, VCPU_WAKE, &[], &[]), ok()), true),
        (|vm| vm.w.resume(vm.guest_number), true),
        (|vm| assert_eq!(vm.recall(), Some(VcpuWait::Stopped)), false),
        (|vm| vm.w.expect(vm.guest_number, TcbSuspend, &[], &[]), false),
        (|vm| vm.w.delete(vm.vcpu), false),
    ];
    for (deed, runs) in deeds {
        let vm = Vm::new(true);
        vm.set_timer(1, 3000);
        vm.w.resume(vm.guest_number);
        vm.w.root_waits();
        vm.trap(WFI);
        vm.answer(WAIT_LABEL, &ON);
        vm.w.root_returns();
        assert_ne!(vm.w.kernel.next_timer(), u64::MAX);
        deed(&vm);
        assert_eq!((vm.w.kernel.next_timer(), vm.guest.is_runnable()), (u64::MAX, runs));
        check(&vm.w);
    }
}

/// T7: what configuration `checked` asserts before each receive.
#[test]
fn a_monitor_that_waits_on_its_guest_s_time_is_seen() {
    let is_seen = |vm: &Vm, reply: u64, blocking: bool| {
        let reply = vm.w.slot(reply).reply().map(|(object, _)| object);
        left_open(vm.vmm, reply, blocking)
    };
    let vm = Vm::trapped(true, WFI);
    let other = vm.w.fresh();
    assert_eq!(is_seen(&vm, vm.reply, true), Some(vm.guest));
    assert_eq!(is_seen(&vm, vm.reply, false), Some(vm.guest), "its answer is lost");
    assert_eq!(is_seen(&vm, other, true), Some(vm.guest));
    assert_eq!(is_seen(&vm, other, false), None, "to look is no wait");
    vm.answer(STOP_LABEL, &ON);
    assert_eq!(is_seen(&vm, vm.reply, true), None);
    // A VMM with time of its own waits on that.
    let vm = Vm::trapped(false, WFI);
    assert_eq!(is_seen(&vm, vm.reply, true), None);
}
