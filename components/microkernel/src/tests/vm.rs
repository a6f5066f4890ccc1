// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest whose faults the root thread handles.

use super::world::*;
use crate::arch::VirtualGic;
use crate::arch::ticks_from_us;
use crate::cap::Cap;
use crate::fault::Fault;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use crate::object::vcpu::Vcpu;
use lazaret_abi::fault_context::{NO_REGISTER, REPLY_LABEL, REPLY_LENGTH};
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::{Recv, ReplyRecv};
use sel4_abi::vcpu_reg::VcpuReg;

/// EL1h, all masked.
pub const EL1H: u64 = 0x3c5;
/// `hvc #0`
pub const HVC: Fault = Fault::VcpuFault { hsr: 0x5a00_0000 };
pub const INVALID_ARGUMENT: u64 = 1;
pub const INVALID_CAPABILITY: u64 = 2;
pub const ILLEGAL_OPERATION: u64 = 3;
pub const RANGE_ERROR: u64 = 4;
pub const ALIGNMENT_ERROR: u64 = 5;
pub const TRUNCATED_MESSAGE: u64 = 7;
pub const DELETE_FIRST: u64 = 8;
/// In a list register.
pub const PENDING: u32 = 1 << 28;
pub const ACTIVE: u32 = 1 << 29;
pub const MAINTENANCE: u32 = 1 << 19;

/// World, guest, and what its handler needs.
pub struct Vm {
    pub w: World,
    pub endpoint: u64,
    pub reply: u64,
    pub guest: u64,
    pub vcpu: u64,
}

impl Vm {
    /// The guest has not started.
    pub fn new() -> Self {
        let w = World::new();
        let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let guest = w.thread(100, w.sched_context(5000, 5000), endpoint);
        let vcpu = w.make(ObjectType::Vcpu, 0);
        w.expect(vcpu, VcpuSetTcb, &[], &[guest]);
        w.thread_of(guest).context.spsr.set(EL1H);
        Self { w, endpoint, reply, guest, vcpu }
    }

    /// It runs, and the root thread waits for it.
    pub fn running() -> Self {
        let vm = Self::new();
        vm.run();
        vm
    }

    /// It has trapped, and the root thread has the fault.
    pub fn trapped() -> Self {
        let vm = Self::running();
        vm.trap(HVC);
        vm
    }

    pub fn tcb(&self) -> Ref<Tcb> {
        self.w.thread_of(self.guest)
    }

    pub fn object(&self) -> Ref<Vcpu> {
        match self.w.slot(self.vcpu).cap() {
            Cap::Vcpu(vcpu) => vcpu,
            other => panic!("{other:?}"),
        }
    }

    pub fn run(&self) {
        self.w.resume(self.guest);
        self.w.receive(Recv, self.endpoint, self.reply);
        assert_eq!(self.w.current(), self.tcb());
    }

    /// The guest, which runs, faults.
    pub fn trap(&self, fault: Fault) {
        assert_eq!(self.w.current(), self.tcb());
        self.w.fault(fault);
        assert_eq!((self.w.current(), self.tcb().state.get()), (self.w.root, ThreadState::BlockedOnReply));
    }

    /// The fault that the root thread has received.
    pub fn message(&self) -> Answer {
        self.w.message(self.w.root).1
    }

    /// ReplyRecv.
    pub fn reply(&self, label: u64, words: &[u64]) {
        let info = MessageInfo::new(label, 0, 0, words.len() as u64);
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], info, words, &[]);
    }

    /// The guest goes on there, without a register.
    pub fn go_on(&self, ip: u64) {
        self.reply(REPLY_LABEL, &goes_on(ip));
        assert_eq!(self.w.current(), self.tcb());
    }

    pub fn call(&self, label: u64, words: &[u64], caps: &[u64]) -> Answer {
        self.w.call_label(self.vcpu, label, words, caps)
    }

    pub fn list_register(&self, index: u8) -> u32 {
        self.w.kernel.cpu.arch.list_register(self.object(), index)
    }

    pub fn set_list_register(&self, index: u8, value: u32) {
        self.w.kernel.cpu.arch.set_list_register(self.object(), index, value);
    }

    /// The guest's timer is due so far from now; control is CNTV_CTL_EL0.
    pub fn set_timer(&self, control: u64, us: u64) {
        let due = self.w.kernel.cpu.arch.time.get() + ticks_from_us(&self.w.kernel.cpu.arch, us);
        self.object().regs[VcpuReg::CntvCtl as usize].set(control);
        self.object().regs[VcpuReg::CntvCval as usize].set(due);
    }
}

/// The words of a reply that names no register.
pub fn goes_on(ip: u64) -> [u64; REPLY_LENGTH] {
    [ip, EL1H, NO_REGISTER, 0]
}
