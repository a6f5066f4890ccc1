// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_Wait`: a guest sleeps until its timer is due.

use super::invariants::check;
use super::world::*;
use crate::arch::Clock;
use crate::arch::ticks_from_us;
use crate::fault::Fault;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::tcb::ThreadState::*;
use lazaret_abi::{VCPU_UNANSWERED_FAULT, VCPU_WAIT, VCPU_WAKE, VcpuWait};
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::Recv;
use sel4_abi::vcpu_reg::VcpuReg;

const WFI: u64 = 0x07e0_0000;
const ILLEGAL_OPERATION: u64 = 3;

/// The root thread handles the faults of two guests.
struct Vms {
    w: World,
    endpoint: u64,
    reply: u64,
    guests: [(u64, u64); 2],
}

impl Vms {
    fn new() -> Self {
        let w = World::new();
        let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let guests = [0, 1].map(|badge| {
            let faults = w.mint(endpoint, 9, badge);
            let guest = w.thread(100, w.sched_context(5000, 5000), faults);
            let vcpu = w.make(ObjectType::Vcpu, 0);
            w.expect(vcpu, VcpuSetTcb, &[], &[guest]);
            (guest, vcpu)
        });
        Self { w, endpoint, reply, guests }
    }

    fn tcb(&self, n: usize) -> Ref<Tcb> {
        self.w.thread_of(self.guests[n].0)
    }

    /// The guest runs into a WFI, and the root thread has the fault.
    fn stop(&self, n: usize) {
        self.w.resume(self.guests[n].0);
        self.w.receive(Recv, self.endpoint, self.reply);
        assert_eq!(self.w.current(), self.tcb(n));
        self.w.fault(Fault::VcpuFault { hsr: WFI });
        assert_eq!((self.w.current(), self.tcb(n).state.get()), (self.w.root, BlockedOnReply));
    }

    fn set_timer(&self, n: usize, control: u64, us: u64) {
        let due = self.w.kernel.cpu.arch.now() + ticks_from_us(&self.w.kernel.cpu.arch, us);
        self.w.expect(self.guests[n].1, VcpuWriteReg, &[VcpuReg::CntvCtl as u64, control], &[]);
        self.w.expect(self.guests[n].1, VcpuWriteReg, &[VcpuReg::CntvCval as u64, due], &[]);
    }

    fn wait(&self, n: usize) -> u64 {
        let answer = self.w.call_label(self.guests[n].1, VCPU_WAIT, &[], &[]).label;
        check(&self.w);
        answer
    }

    /// What VCPU_UnansweredFault says: the state, and the label of the fault if there is one.
    fn unanswered(&self, n: usize) -> (Option<VcpuWait>, Option<u64>) {
        let words = self.w.call_label(self.guests[n].1, VCPU_UNANSWERED_FAULT, &[], &[]).words;
        (VcpuWait::from_word(words[0]), words.get(1).copied())
    }

    fn states(&self) -> [crate::object::tcb::ThreadState; 2] {
        [0, 1].map(|n| self.tcb(n).state.get())
    }
}

#[test]
fn guests_wake_when_their_timers_are_due_in_that_order() {
    let vms = Vms::new();
    for (n, us) in [(0, 3000), (1, 2000)] {
        vms.stop(n);
        vms.set_timer(n, 1, us);
        assert_eq!(vms.wait(n), 0);
    }
    assert_eq!(vms.states(), [Inactive, Inactive]);
    vms.w.root_waits();
    assert_eq!(vms.w.kernel.current(), None);
    vms.w.run_us(1900);
    assert_eq!(vms.states(), [Inactive, Inactive]);
    vms.w.run_us(200);
    assert_eq!((vms.states(), vms.w.current()), ([Inactive, Running], vms.tcb(1)));
    check(&vms.w);
    vms.w.run_us(1000);
    assert_eq!(vms.states(), [Restart, Running]);
    check(&vms.w);
}

#[test]
fn a_timer_that_cannot_interrupt_wakes_nobody() {
    for control in [0, 2, 3] {
        let vms = Vms::new();
        vms.stop(0);
        vms.set_timer(0, control, 100);
        assert_eq!(vms.wait(0), 0);
        assert_eq!(vms.w.kernel.next_timer(), u64::MAX);
        vms.w.resume(vms.guests[0].0);
        vms.w.root_waits();
        assert_eq!(vms.w.current(), vms.tcb(0));
    }
}

#[test]
fn whatever_else_happens_to_a_guest_ends_its_wait() {
    type Deed = fn(&Vms);
    let deeds: [Deed; 5] = [
        |vms| vms.w.resume(vms.guests[0].0),
        |vms| vms.w.expect(vms.guests[0].0, TcbSuspend, &[], &[]),
        |vms| vms.w.delete(vms.guests[0].0),
        |vms| vms.w.delete(vms.guests[0].1),
        |vms| vms.w.expect(vms.guests[0].1, VcpuSetTcb, &[], &[vms.guests[1].0]),
    ];
    for deed in deeds {
        let vms = Vms::new();
        vms.stop(0);
        vms.set_timer(0, 1, 1000);
        assert_eq!(vms.wait(0), 0);
        assert_ne!(vms.w.kernel.next_timer(), u64::MAX);
        deed(&vms);
        assert_eq!(vms.w.kernel.next_timer(), u64::MAX);
        check(&vms.w);
        vms.w.run_us(2000);
        check(&vms.w);
    }
}

#[test]
fn only_a_stopped_guest_with_time_of_its_own_can_wait() {
    let vms = Vms::new();
    vms.w.resume(vms.guests[0].0);
    assert_eq!(vms.wait(0), ILLEGAL_OPERATION);
    let unbound = vms.w.make(ObjectType::Vcpu, 0);
    assert_eq!(vms.w.call_label(unbound, VCPU_WAIT, &[], &[]).label, ILLEGAL_OPERATION);
    vms.stop(0);
    vms.tcb(0).sched_context.get().inspect(|sc| vms.w.kernel.unbind_thread(*sc));
    assert_eq!(vms.wait(0), ILLEGAL_OPERATION);
}

#[test]
fn a_timer_that_is_due_already_wakes_at_once() {
    let vms = Vms::new();
    vms.stop(0);
    vms.set_timer(0, 1, 0);
    vms.w.pass_us(10);
    assert_eq!(vms.wait(0), 0);
    assert!(matches!(vms.states()[0], Restart | Running));
}

#[test]
fn waking_concerns_the_stopped_only() {
    let vms = Vms::new();
    let wake = |n: usize| assert_eq!(vms.w.call_label(vms.guests[n].1, VCPU_WAKE, &[], &[]).label, 0);
    vms.stop(0);
    vms.set_timer(0, 1, 1000);
    assert_eq!(vms.wait(0), 0);
    wake(0);
    assert_eq!((vms.states()[0], vms.w.kernel.next_timer()), (Restart, u64::MAX));
    // Its next fault finds nobody who receives: it is still to be told.
    let notification = vms.w.root_waits();
    vms.w.fault(Fault::VcpuFault { hsr: WFI });
    assert_eq!(vms.states()[0], BlockedOnSend);
    vms.w.root_returns();
    wake(0);
    assert_eq!(vms.states()[0], BlockedOnSend);
    vms.w.receive(Recv, vms.endpoint, vms.reply);
    assert_eq!(vms.states()[0], BlockedOnReply);
    wake(0);
    assert_eq!(vms.states()[0], BlockedOnReply);
    vms.w.delete(notification);
    check(&vms.w);
}

#[test]
fn a_fault_that_nobody_can_answer_any_more_is_lost() {
    const LABEL: Option<u64> = Some(FaultLabel::VcpuFault as u64);
    type Deed = fn(&Vms);
    let deeds: [(Deed, VcpuWait, Option<u64>); 6] = [
        (|_| (), VcpuWait::Answer, LABEL),
        // The reply object takes another caller: the guest that was stopped first is forgotten.
        (|vms| vms.stop(1), VcpuWait::Lost, LABEL),
        (|vms| vms.w.delete(vms.reply), VcpuWait::Lost, LABEL),
        (|vms| vms.w.expect(vms.guests[0].0, TcbSuspend, &[], &[]), VcpuWait::Stopped, None),
        (|vms| assert_eq!(vms.wait(0), 0), VcpuWait::Stopped, None),
        (|vms| vms.w.resume(vms.guests[0].0), VcpuWait::Runs, None),
    ];
    for (deed, wait, label) in deeds {
        let vms = Vms::new();
        vms.stop(0);
        deed(&vms);
        assert_eq!(vms.unanswered(0), (Some(wait), label));
        check(&vms.w);
    }
}
