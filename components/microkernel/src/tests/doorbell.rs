// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_SetDoorbell`: a guest's store that signals.

use super::invariants::check;
use super::vm::*;
use super::world::*;
use crate::cap::Cap;
use crate::fault::Fault;
use crate::object::notification::NotificationState;
use crate::object::tcb::ThreadState;
use lazaret_abi::{AARCH32, DOORBELL_ANY_VALUE, DOORBELLS, VCPU_SET_DOORBELL, VCPU_STATE_WRITE, VcpuState};
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::{NBWait, Wait};

const ADDRESS: u64 = 0x0a00_0050;
const BADGE: u64 = 0x60;
/// A data abort of a translation fault at level 3, ISV, SRT 3, IL.
const LOAD: u64 = 0x24 << 26 | 1 << 25 | 1 << 24 | 3 << 16 | 0x07;
/// The same of a store of a word.
const STORE: u64 = LOAD | 2 << 22 | 1 << 6;
const SS: u64 = 1 << 21;

fn abort(esr: u64) -> Fault {
    Fault::VmFault { addr: ADDRESS, prefetch: false, esr }
}

struct Bell {
    vm: Vm,
    notification: u64,
    badged: u64,
}

impl Bell {
    /// Doorbell 0 is for a word at ADDRESS, of this value or any; the guest runs.
    fn new(value: Option<u64>) -> Self {
        let vm = Vm::new();
        let notification = vm.w.make(ObjectType::Notification, 0);
        let badged = vm.w.mint(notification, 15, BADGE);
        let bell = Self { vm, notification, badged };
        assert_eq!(bell.set(0, ADDRESS, 4, value), ok());
        bell.vm.run();
        bell
    }

    fn set(&self, index: u64, address: u64, width: u64, value: Option<u64>) -> Answer {
        let flags = if value.is_some() { 0 } else { DOORBELL_ANY_VALUE };
        self.ask(&[index, address, width, value.unwrap_or(0), flags], self.badged)
    }

    fn ask(&self, words: &[u64], cap: u64) -> Answer {
        let answer = self.vm.call(VCPU_SET_DOORBELL, words, &[cap]);
        check(&self.vm.w);
        answer
    }

    /// The signals so far, while the guest runs: nobody takes them.
    fn rung(&self) -> u64 {
        match self.vm.w.slot(self.notification).cap() {
            Cap::Notification { object, .. } if object.state.get() == NotificationState::Active => object.badge.get(),
            _ => 0,
        }
    }

    /// Whether the guest's fault is a store that rings, and not its handler's.
    fn rings(&self, fault: Fault) -> bool {
        let guest = self.vm.tcb();
        let before = guest.context.elr.get();
        self.vm.w.fault(fault);
        let rung = self.vm.w.current() == guest;
        assert_eq!(guest.context.elr.get(), if rung { before + 4 } else { before });
        assert_eq!(self.rung(), if rung { BADGE } else { 0 });
        check(&self.vm.w);
        rung
    }
}

#[test]
fn the_store_signals_and_the_guest_goes_on_behind_it() {
    for fast_paths in [false, true] {
        let bell = Bell::new(None);
        let guest = bell.vm.tcb();
        bell.vm.w.fast_paths.set(fast_paths);
        guest.context.spsr.set(EL1H | SS);
        assert!(bell.rings(abort(STORE)));
        assert_eq!(guest.context.spsr.get(), EL1H, "its step is done");
        assert_eq!((guest.state.get(), guest.fault.get()), (ThreadState::Running, Fault::None));
        assert_eq!(guest.fault_number.get(), 0);
        // Other exits are as they were, resident or not.
        for round in 1..5 {
            bell.vm.trap(HVC);
            bell.vm.go_on(0x1000 * round);
            assert!(bell.rings(abort(STORE)));
            bell.vm.trap(abort(LOAD));
            bell.vm.go_on(0x1000 * round + 4);
        }
    }
}

#[test]
fn only_the_store_that_was_named_rings() {
    let word = 0x1234_5678;
    let cases: &[(u64, bool)] = &[
        (STORE, true),
        // By a permission fault.
        (STORE & !0x3f | 0x0f, true),
        // STLR.
        (STORE | 1 << 14, true),
        (LOAD | 2 << 22, false),
        (STORE & !(1 << 24), false),
        // Of a byte, of eight.
        (STORE & !(3 << 22), false),
        (STORE | 3 << 22, false),
        // Of another register, of XZR.
        (STORE ^ 1 << 16, false),
        (STORE | 31 << 16, false),
        // Cache maintenance, a table walk, an external abort, an alignment fault.
        (STORE | 1 << 8, false),
        (STORE | 1 << 7, false),
        (STORE & !0x3f | 0x10, false),
        (STORE & !0x3f | 0x21, false),
        // An instruction abort, a data abort of the same level.
        (STORE ^ 0x04 << 26, false),
        (STORE | 0x01 << 26, false),
    ];
    for &(esr, rings) in cases {
        let bell = Bell::new(Some(word));
        // What is above a word does not count.
        bell.vm.tcb().context.x[3].set(word | 0xffff << 32);
        assert_eq!(bell.rings(abort(esr)), rings, "{esr:x}");
    }
    let bell = Bell::new(Some(word));
    bell.vm.tcb().context.x[3].set(word);
    assert!(!bell.rings(Fault::VmFault { addr: ADDRESS + 4, prefetch: false, esr: STORE }));
    let bell = Bell::new(Some(word));
    bell.vm.tcb().context.x[3].set(word);
    assert!(!bell.rings(Fault::VmFault { addr: ADDRESS, prefetch: true, esr: STORE }));
}

#[test]
fn an_instruction_of_t32_is_as_long_as_it_is() {
    /// User mode, T32; ITTT EQ with two instructions left: ITSTATE 0b0000_1100 in bits 15:10 and 26:25.
    const T32: u64 = 0x30 | 0b000011 << 10;
    for (esr, bytes) in [(STORE, 4), (STORE & !(1 << 25), 2)] {
        let bell = Bell::new(None);
        bell.vm.trap(HVC);
        assert_eq!(bell.vm.call(VCPU_STATE_WRITE, &[VcpuState::Width as u64, AARCH32], &[]), ok());
        bell.vm.reply(0, &[]);
        let guest = bell.vm.tcb();
        guest.context.spsr.set(T32 | SS);
        guest.context.elr.set(0x8000);
        bell.vm.w.fault(abort(esr));
        assert_eq!((bell.rung(), guest.context.elr.get()), (BADGE, 0x8000 + bytes));
        assert_eq!(guest.context.spsr.get(), 0x30 | 0b000110 << 10, "ITSTATE has advanced");
    }
}

#[test]
fn a_receiver_above_the_guest_runs_at_once() {
    let bell = Bell::new(None);
    let w = &bell.vm.w;
    bell.vm.trap(HVC);
    w.receive(Wait, bell.notification, 0);
    // The fault was not answered: the root thread's wait leaves nobody to run.
    assert_eq!(w.kernel.current(), None);
    w.root_returns();
    let receiver = w.thread(200, w.sched_context(1000, 1000), 0);
    w.resume(receiver);
    bell.vm.reply(0, &[]);
    assert_eq!(w.current(), w.thread_of(receiver));
    w.receive(Wait, bell.notification, 0);
    assert_eq!(w.current(), bell.vm.tcb());
    w.fault(abort(STORE));
    assert_eq!((w.current(), w.message(w.current()).0), (w.thread_of(receiver), BADGE));
    assert_eq!(bell.vm.tcb().fault_ip.get(), bell.vm.tcb().context.elr.get());
    check(w);
}

#[test]
fn with_its_capability_the_doorbell_goes() {
    type Deed = fn(&Bell);
    let deeds: [Deed; 4] = [
        |bell| bell.vm.w.revoke(bell.notification),
        |bell| bell.vm.w.revoke(bell.badged),
        |bell| assert_eq!(bell.ask(&[0, 0, 0, 0, 0], bell.badged), ok()),
        // Whatever the other words are, by any notification.
        |bell| assert_eq!(bell.ask(&[0, 7, 0, 7, 1], bell.vm.w.mint(bell.notification, 2, 9)), ok()),
    ];
    for deed in deeds {
        let bell = Bell::new(None);
        bell.vm.trap(HVC);
        deed(&bell);
        check(&bell.vm.w);
        bell.vm.go_on(0x2000);
        assert!(!bell.rings(abort(STORE)));
        bell.vm.go_on(0x2004);
    }
}

#[test]
fn the_doorbell_has_a_capability_of_its_own() {
    let bell = Bell::new(None);
    bell.vm.trap(HVC);
    bell.vm.w.delete(bell.badged);
    bell.vm.go_on(0x2000);
    assert!(bell.rings(abort(STORE)));
}

#[test]
fn with_the_vcpu_all_go_and_a_notification_whose_last_they_were() {
    let bell = Bell::new(None);
    let w = &bell.vm.w;
    bell.vm.trap(HVC);
    for index in 1..DOORBELLS as u64 {
        assert_eq!(bell.set(index, ADDRESS + 8 * index, 8, Some(index)), ok());
    }
    w.delete(bell.badged);
    w.delete(bell.notification);
    check(w);
    let vcpu = bell.vm.object();
    w.delete(bell.vm.vcpu);
    assert!(vcpu.doorbells.slots().all(|slot| slot.is_empty()));
    check(w);
    let bell = Bell::new(None);
    let w = &bell.vm.w;
    bell.vm.trap(HVC);
    w.revoke(UNTYPED);
    check(w);
}

#[test]
fn one_that_is_set_anew_is_another() {
    let bell = Bell::new(None);
    bell.vm.trap(HVC);
    assert_eq!(bell.set(0, ADDRESS + 8, 4, None), ok());
    bell.vm.go_on(0x2000);
    assert!(!bell.rings(abort(STORE)));
    bell.vm.go_on(0x2004);
    assert!(bell.rings(Fault::VmFault { addr: ADDRESS + 8, prefetch: false, esr: STORE }));
}

#[test]
fn a_store_that_the_budget_does_not_cover_is_done_later_and_once() {
    let bell = Bell::new(None);
    let guest = bell.vm.tcb();
    let ip = guest.context.elr.get();
    bell.vm.w.pass_us(6000);
    bell.vm.w.fault(abort(STORE));
    assert_eq!((bell.rung(), bell.vm.w.current(), guest.context.elr.get()), (0, guest, ip));
    assert!(bell.rings(abort(STORE)));
}

#[test]
fn bad_doorbells_are_refused_and_nothing_is_done() {
    let bell = Bell::new(None);
    bell.vm.trap(HVC);
    let (w, good) = (&bell.vm.w, bell.badged);
    let argument = |n| error(INVALID_ARGUMENT, &[n]);
    assert_eq!(bell.vm.call(VCPU_SET_DOORBELL, &[1, 0x1000, 4, 0], &[good]), error(TRUNCATED_MESSAGE, &[]));
    assert_eq!(bell.vm.call(VCPU_SET_DOORBELL, &[1, 0x1000, 4, 0, 0], &[]), error(TRUNCATED_MESSAGE, &[]));
    assert_eq!(bell.ask(&[8, 0x1000, 4, 0, 0], good), error(RANGE_ERROR, &[0, 7]));
    assert_eq!(bell.ask(&[u64::MAX, 0x1000, 0, 0, 0], good), error(RANGE_ERROR, &[0, 7]));
    for width in [3, 16, u64::MAX] {
        assert_eq!(bell.ask(&[1, 0x1000, width, 0, 0], good), argument(2));
    }
    let top = sel4_abi::USER_TOP;
    for address in [top, u64::MAX - 7] {
        assert_eq!(bell.ask(&[1, address, 8, 0, 0], good), error(RANGE_ERROR, &[0, top - 1]));
    }
    for (address, width) in [(0x1001, 2), (0x1002, 4), (0x1004, 8)] {
        assert_eq!(bell.ask(&[1, address, width, 0, 0], good), error(ALIGNMENT_ERROR, &[]));
    }
    for (width, value) in [(1, 0x100), (2, 0x1_0000), (4, 1 << 32), (4, u64::MAX)] {
        assert_eq!(bell.ask(&[1, 0x1000, width, value, 0], good), argument(3));
    }
    assert_eq!(bell.ask(&[1, 0x1000, 4, 0, 2], good), argument(4));
    let weak = w.mint(bell.notification, 14, 5);
    for cap in [bell.vm.guest, bell.vm.endpoint, weak, w.fresh()] {
        assert_eq!(bell.ask(&[1, 0x1000, 4, 0, 0], cap), error(INVALID_CAPABILITY, &[1]));
    }
    for value in [Some(0), Some(7), None] {
        assert_eq!(bell.set(1, ADDRESS, 4, value), error(DELETE_FIRST, &[]));
    }
    assert!(bell.vm.object().doorbells.slots().skip(1).all(|slot| slot.is_empty()));
    w.resume(bell.vm.guest);
    assert_eq!(bell.set(1, 0x1000, 4, None), error(ILLEGAL_OPERATION, &[]), "it runs");
    assert_eq!(bell.ask(&[0, 0, 0, 0, 0], good), error(ILLEGAL_OPERATION, &[]), "it runs");
}

#[test]
fn two_values_at_one_address_are_two_doorbells() {
    let bell = Bell::new(Some(1));
    bell.vm.trap(HVC);
    assert_eq!(bell.set(1, ADDRESS, 4, Some(1)), error(DELETE_FIRST, &[]));
    assert_eq!(bell.set(1, ADDRESS, 4, None), error(DELETE_FIRST, &[]));
    assert_eq!(bell.set(1, ADDRESS, 4, Some(2)), ok());
    assert_eq!(bell.set(2, ADDRESS, 8, None), ok());
    bell.vm.go_on(0x2000);
    bell.vm.tcb().context.x[3].set(3);
    assert!(!bell.rings(abort(STORE)));
    bell.vm.go_on(0x2000);
    bell.vm.tcb().context.x[3].set(2);
    assert!(bell.rings(abort(STORE)));
    bell.vm.trap(HVC);
    bell.vm.w.receive(NBWait, bell.notification, 0);
    assert_eq!(bell.vm.w.root.context.x[0].get(), BADGE);
}
