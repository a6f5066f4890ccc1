// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel with a root task, and hands to make its threads do system calls.

use crate::arch::arm::abort;
use crate::arch::fake::arena::Arena;
use crate::arch::ticks_from_us;
use crate::cap::{CNodeCap, Cap, FrameCap, FrameRights, FrameSize, Slot, UntypedCap, derivation};
use crate::entry::Trap;
use crate::entry::dispatch::{carries_write, fast_syscall, fast_trap, is_reply_recv};
use crate::entry::slow_path::{handle_fault, handle_interrupt, handle_syscall};
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::asid::AsidPool;
use crate::object::notification::Notification;
use crate::object::page_table::PageTable;
use crate::object::reference::{KernelObject, Ref};
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Context, Tcb, ThreadState};
use crate::shared::Shared;
use core::cell::Cell;
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall;

/// Slots of the root CNode as a power of two. Each look at the invariants goes through all of them, which takes Miri long.
pub const RADIX: u8 = if cfg!(miri) { 10 } else { 12 };
/// Bits of an address that the guard of the root CNode takes.
pub const GUARD_BITS: u8 = 64 - RADIX;
/// RAM to retype.
pub const UNTYPED: u64 = 16;
/// Device memory to retype.
pub const DEVICE: u64 = 17;
/// SchedControl.
pub const SCHED_CONTROL: u64 = 18;
/// First slot that tests use.
pub const FREE: u64 = 32;
/// RAM to retype as a power of two.
pub const UNTYPED_BITS: u32 = 22;
/// Where the root thread's program counter is.
pub const ENTRY: u64 = 0x40_0000;

/// Kernel, memory and root thread.
pub struct World {
    pub kernel: Box<Kernel>,
    pub root: Ref<Tcb>,
    pub base: u64,
    /// Entries take a fast path if they have one, as on the machine.
    pub fast_paths: Cell<bool>,
    _arena: Arena,
    next: Cell<u64>,
}

/// What came back from a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub label: u64,
    pub words: Vec<u64>,
}

/// A success without words.
pub fn ok() -> Answer {
    Answer { label: 0, words: vec![] }
}

/// An error with its words.
pub fn error(label: u64, words: &[u64]) -> Answer {
    Answer { label, words: words.to_vec() }
}

impl World {
    pub fn new() -> Self {
        let arena = Arena::new(UNTYPED_BITS + 1);
        let base = arena.base();
        let kernel = Box::new(Kernel::new(Box::leak(Box::new(Shared::new()))));
        let object = |offset: u64| base + offset;
        let slots: Ref<Slot> = at(object(0));
        let root: Ref<Tcb> = at(object(0x4_0000));
        let sc: Ref<SchedContext> = at(object(0x4_1000));
        let vspace: Ref<PageTable> = at(object(0x4_2000));
        let pool: Ref<AsidPool> = at(object(0x4_3000));
        let buffer = object(0x4_4000);
        kernel.shared.asid_pools[0].set(Some(pool));
        pool.set(1, vspace);
        let put = |number: u64, cap| derivation::insert_root(cap, slots.offset(number as usize));
        put(slot::TCB, Cap::Thread(root));
        let cnode = CNodeCap { slots, radix: RADIX, guard_bits: GUARD_BITS, guard: 0 };
        kernel.shared.root_cnode.set(Some(cnode));
        put(slot::CNODE, Cap::CNode(cnode));
        put(slot::VSPACE, Cap::VSpace { object: vspace, asid: 1 });
        put(slot::IRQ_CONTROL, Cap::IrqControl);
        put(slot::ASID_CONTROL, Cap::AsidControl);
        put(slot::ASID_POOL, Cap::AsidPool { object: pool, base: 0 });
        put(slot::IPC_BUFFER, Cap::Frame(frame(buffer)));
        put(slot::DOMAIN, Cap::Domain);
        put(slot::SCHED_CONTEXT, Cap::SchedContext { object: sc, bits: 7 });
        let ram = base + (1 << UNTYPED_BITS);
        put(UNTYPED, Cap::Untyped(UntypedCap { paddr: ram, bits: UNTYPED_BITS as u8, device: false, free: 0 }));
        put(DEVICE, Cap::Untyped(UntypedCap { paddr: 0x900_0000, bits: 16, device: true, free: 0 }));
        put(SCHED_CONTROL, Cap::SchedControl);
        root.priority.set(255);
        root.mcp.set(255);
        root.ipc_buffer.set(0x50_0000);
        root.context.spsr.set(crate::arch::USER_SPSR);
        for (number, own) in
            [(slot::CNODE, &root.cspace), (slot::VSPACE, &root.vspace), (slot::IPC_BUFFER, &root.buffer_frame)]
        {
            let source = slots.offset(number as usize);
            derivation::insert(source.cap().derive(source).unwrap(), source, Ref::to_part(own));
        }
        for irq in 25..28 {
            kernel.shared.reserve_irq(irq);
        }
        kernel.init_time();
        kernel.configure_round_robin(sc, ticks_from_us(&kernel.cpu.arch, 5000));
        root.context.elr.set(ENTRY);
        kernel.bind_thread(sc, root);
        kernel.start(root);
        Self { kernel, root, base, fast_paths: Cell::new(true), _arena: arena, next: Cell::new(FREE) }
    }

    /// A slot that no test used.
    pub fn fresh(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    pub fn slot(&self, number: u64) -> Ref<Slot> {
        at::<Slot>(self.base).offset(number as usize)
    }

    pub fn current(&self) -> Ref<Tcb> {
        self.kernel.current().expect("nobody runs")
    }

    /// Time passes.
    pub fn pass_us(&self, us: u64) {
        self.kernel.cpu.arch.time.set(self.kernel.cpu.arch.time.get() + ticks_from_us(&self.kernel.cpu.arch, us));
    }

    /// Time passes; the deadline interrupts if it is due.
    pub fn run_us(&self, us: u64) {
        self.pass_us(us);
        if self.kernel.cpu.arch.deadline.get() <= self.kernel.cpu.arch.time.get() {
            handle_interrupt(&self.kernel, 26);
        }
    }

    /// A system call of the current thread with registers x0, x6, x8 and a message.
    pub fn syscall(&self, call: Syscall, x: [u64; 3], info: MessageInfo, words: &[u64], caps: &[u64]) {
        let thread = self.current();
        let context = &thread.context;
        context.elr.set(context.elr.get() + 4);
        for (register, value) in [(0, x[0]), (6, x[1]), (8, x[2]), (1, info.0), (7, call.number() as u64)] {
            context.x[register].set(value);
        }
        let buffer = thread.buffer(true);
        for (index, word) in words.iter().enumerate() {
            crate::invocation::args::set_message_register(thread, buffer, index, *word);
        }
        if let Some(buffer) = buffer {
            for (place, cap) in buffer.caps_or_badges.iter().zip(caps) {
                place.set(*cap);
            }
        }
        if !self.fast_paths.get() || fast_syscall_paths(&self.kernel, context).is_none() {
            handle_syscall(&self.kernel);
        }
    }

    /// The message that a thread has.
    pub fn message(&self, thread: Ref<Tcb>) -> (u64, Answer) {
        let info = MessageInfo(thread.context.x[1].get());
        let buffer = thread.buffer(false);
        let word = |index: usize| match buffer {
            Some(buffer) if index >= 4 => buffer.msg[index].get(),
            _ => thread.context.x[2 + index].get(),
        };
        let words = (0..info.length()).map(word).collect();
        (thread.context.x[0].get(), Answer { label: info.label(), words })
    }

    /// Calls an object of the kernel as the current thread.
    pub fn call(&self, cptr: u64, invocation: Invocation, words: &[u64], caps: &[u64]) -> Answer {
        self.call_label(cptr, invocation.label(), words, caps)
    }

    pub fn call_label(&self, cptr: u64, label: u64, words: &[u64], caps: &[u64]) -> Answer {
        let caller = self.current();
        let info = MessageInfo::new(label, 0, caps.len() as u64, words.len() as u64);
        self.syscall(Syscall::Call, [cptr, 0, 0], info, words, caps);
        self.message(caller).1
    }

    pub fn expect(&self, cptr: u64, invocation: Invocation, words: &[u64], caps: &[u64]) {
        assert_eq!(self.call(cptr, invocation, words, caps).label, 0, "{invocation:?} {words:x?} {caps:x?}");
    }

    /// Plain send, call or receive with up to four words.
    pub fn send(&self, call: Syscall, cptr: u64, label: u64, words: &[u64]) {
        self.syscall(call, [cptr, 0, 0], MessageInfo::new(label, 0, 0, words.len() as u64), words, &[]);
    }

    pub fn receive(&self, call: Syscall, cptr: u64, reply: u64) {
        self.syscall(call, [cptr, reply, 0], MessageInfo(0), &[], &[]);
    }

    pub fn retype_at(&self, untyped: u64, kind: ObjectType, bits: u64, slot: u64, count: u64) -> Answer {
        self.call(untyped, Invocation::UntypedRetype, &[kind as u64, bits, 0, 0, slot, count], &[slot::CNODE])
    }

    /// A new object in a fresh slot.
    pub fn make(&self, kind: ObjectType, bits: u64) -> u64 {
        let number = self.fresh();
        assert_eq!(self.retype_at(UNTYPED, kind, bits, number, 1), ok());
        number
    }

    pub fn endpoint(&self) -> u64 {
        self.make(ObjectType::Endpoint, 0)
    }

    pub fn copy(&self, destination: u64, source: u64, rights: u64) -> Answer {
        self.call(slot::CNODE, Invocation::CNodeCopy, &[destination, 64, source, 64, rights], &[slot::CNODE])
    }

    pub fn mint(&self, source: u64, rights: u64, badge: u64) -> u64 {
        let number = self.fresh();
        self.expect(slot::CNODE, Invocation::CNodeMint, &[number, 64, source, 64, rights, badge], &[slot::CNODE]);
        number
    }

    pub fn delete(&self, slot: u64) {
        self.expect(slot::CNODE, Invocation::CNodeDelete, &[slot, 64], &[]);
    }

    pub fn revoke(&self, slot: u64) {
        self.expect(slot::CNODE, Invocation::CNodeRevoke, &[slot, 64], &[]);
    }

    pub fn thread_of(&self, number: u64) -> Ref<Tcb> {
        match self.slot(number).cap() {
            Cap::Thread(thread) => thread,
            other => panic!("{other:?}"),
        }
    }

    pub fn sc_of(&self, number: u64) -> Ref<SchedContext> {
        match self.slot(number).cap() {
            Cap::SchedContext { object, .. } => object,
            other => panic!("{other:?}"),
        }
    }

    pub fn notification_of(&self, number: u64) -> Ref<Notification> {
        match self.slot(number).cap() {
            Cap::Notification { object, .. } => object,
            other => panic!("{other:?}"),
        }
    }

    /// A scheduling context with budget and period.
    pub fn sched_context(&self, budget: u64, period: u64) -> u64 {
        let sc = self.make(ObjectType::SchedContext, 8);
        self.expect(SCHED_CONTROL, Invocation::SchedControlConfigureFlags, &[budget, period, 0, 0x5c5c, 0], &[sc]);
        sc
    }

    /// A thread in the root's spaces with an IPC buffer; it has a scheduling context unless `sc` is 0.
    pub fn thread(&self, priority: u64, sc: u64, fault_endpoint: u64) -> u64 {
        let thread = self.make(ObjectType::Tcb, 0);
        let buffer = self.make(ObjectType::SmallPage, 0);
        self.expect(thread, Invocation::TcbConfigure, &[0, 0, 0x60_0000], &[slot::CNODE, slot::VSPACE, buffer]);
        self.expect(thread, Invocation::TcbSetSchedParams, &[255, priority], &[slot::TCB, sc, fault_endpoint]);
        self.thread_of(thread).fault_ip.set(0x1000 * thread);
        thread
    }

    pub fn resume(&self, thread: u64) {
        self.expect(thread, Invocation::TcbResume, &[], &[]);
    }

    /// A thread on a round-robin slice of its own, runnable.
    pub fn running(&self, priority: u64) -> (u64, Ref<Tcb>) {
        let number = self.thread(priority, self.sched_context(10_000, 10_000), 0);
        self.resume(number);
        (number, self.thread_of(number))
    }

    pub fn fault(&self, fault: Fault) {
        if self.fast_paths.get() && self.fast_fault_paths(fault).is_some() {
            return;
        }
        self.kernel.settle_resident();
        if !self.kernel.logs_write(fault) {
            handle_fault(&self.kernel, fault);
        }
    }

    fn fast_fault_paths(&self, fault: Fault) -> Option<Ref<Tcb>> {
        let current = self.current();
        let trapped = |esr| Trap { context: &current.context, esr, elr: current.context.elr.get() };
        match fault {
            Fault::VcpuFault { hsr } => self.kernel.pass_trap(&trapped(hsr)).or_else(|| fast_trap(&self.kernel, hsr)),
            Fault::VmFault { addr, prefetch: false, esr } if abort::is_about_no_right(esr) => {
                self.kernel.pass_abort(&trapped(esr), addr)
            }
            _ => None,
        }
    }

    /// The root thread steps back: it waits on a notification, of which the slot is returned.
    pub fn root_waits(&self) -> u64 {
        assert_eq!(self.current(), self.root);
        let notification = self.make(ObjectType::Notification, 0);
        self.receive(Syscall::Wait, notification, 0);
        assert_eq!(self.root.state.get(), ThreadState::BlockedOnNotification);
        notification
    }

    /// The root thread is back, does something, and waits again.
    pub fn root_returns_to_wait(&self, work: impl FnOnce(&Self)) -> u64 {
        self.root_returns();
        work(self);
        self.root_waits()
    }

    /// The same with what it makes.
    pub fn root_returns_to_do<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        self.root_returns();
        let made = work(self);
        self.root_waits();
        made
    }

    /// The root thread is back.
    pub fn root_returns(&self) {
        self.kernel.settle_resident();
        self.kernel.update_time();
        self.kernel.commit_time();
        self.kernel.restart(self.root);
        self.kernel.leave();
        assert_eq!(self.current(), self.root);
    }
}

/// The fast paths of a system call, in the order of `entry::dispatch`.
pub fn fast_syscall_paths(kernel: &Kernel, thread: &Context) -> Option<Ref<Tcb>> {
    let resident = if is_reply_recv(thread) { kernel.pass_reply(thread) } else { None };
    resident
        .or_else(|| if carries_write(thread) { kernel.pass_reply_with_write(thread) } else { None })
        .or_else(|| fast_syscall(kernel, thread))
}

fn frame(paddr: u64) -> FrameCap {
    FrameCap { paddr, size: FrameSize::Small, rights: FrameRights::ReadWrite, device: false, mapping: None }
}

pub fn at<T: KernelObject>(addr: u64) -> Ref<T> {
    Ref::from_addr(addr).unwrap()
}
