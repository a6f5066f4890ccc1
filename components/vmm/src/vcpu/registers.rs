// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's general registers during one exit: read from the kernel as far as needed, written back as far as
//! changed. The context's order puts PC, SPSR and the low registers first, so most exits move a few words.

use super::{KernelVcpu, VcpuReg};
use crate::exit::ReplyContext;
use lazaret_abi::fault_context;
use sel4_abi::user_context::{ContextRegister, NUM_REGISTERS, ORDER};
use zerocopy::{FromBytes, KnownLayout};

/// Where PC is in the user context.
pub(crate) const PC: usize = position_of(ContextRegister::Pc);
/// Where SPSR is.
pub(crate) const SPSR: usize = position_of(ContextRegister::Spsr);
/// Where the stack pointer of EL0 is.
const SP: usize = position_of(ContextRegister::Sp);
/// The position of the stack pointer of EL1, which is no word of the user context but a register of the VCPU object.
const SP_EL1: usize = NUM_REGISTERS;
/// Where x0 to x30 are.
pub(crate) const X: [u8; 31] = {
    let mut positions = [0; 31];
    let mut n = 0;
    while n < positions.len() {
        positions[n] = position_of(ContextRegister::X(n as u8)) as u8;
        n += 1;
    }
    positions
};
/// The positions that a reply can write, besides PC and SPSR.
const GENERAL: u64 = {
    let (mut bits, mut n) = (0, 0);
    while n < X.len() {
        bits |= bit(X[n] as usize);
        n += 1;
    }
    bits
};
/// PC, SP and SPSR come in message registers, without the IPC buffer.
const LEAST: usize = 3;

/// Searches the ABI's order, so that no position is written down a second time.
const fn position_of(register: ContextRegister) -> usize {
    use ContextRegister::{Pc, Sp, Spsr, TpidrEl0, TpidrroEl0, X};
    let mut position = 0;
    while position < NUM_REGISTERS {
        match (ORDER[position], register) {
            (Pc, Pc) | (Sp, Sp) | (Spsr, Spsr) | (TpidrEl0, TpidrEl0) | (TpidrroEl0, TpidrroEl0) => return position,
            (X(n), X(m)) if n == m => return position,
            _ => position += 1,
        }
    }
    panic!("the context has every register")
}

/// What a kernel with `LAZARET_VCPU_FAULT_CONTEXT` tells with an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultContext {
    /// The trapped instruction.
    pub pc: u64,
    /// The saved program status.
    pub spsr: u64,
    /// The register that the syndrome names: 31 is none.
    pub register: u8,
    /// Its value.
    pub value: u64,
}

/// The registers that are at hand: a copy for one exit, of which each word is known or not. It lies in the state region,
/// for a VMM that is started again before its reply reached the kernel has to give the same reply.
#[derive(Debug, FromBytes, KnownLayout)]
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub struct GuestRegisters {
    words: [u64; NUM_REGISTERS],
    sp_el1: u64,
    /// Bit n: word n is the register's value.
    known: u64,
    /// Bit n: word n must be written back.
    changed: u64,
    /// 1: the kernel takes a [`ReplyContext`].
    takes_context: u64,
}

const fn bit(position: usize) -> u64 {
    1 << position
}

/// Bits below a position.
const fn below(position: usize) -> u64 {
    bit(position) - 1
}

impl GuestRegisters {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { words: [0; NUM_REGISTERS], sp_el1: 0, known: 0, changed: 0, takes_context: 0 }
    }

    /// Forget everything: a new exit.
    pub fn open(&mut self, context: Option<FaultContext>) {
        (self.known, self.changed, self.takes_context) = (0, 0, context.is_some().into());
        if let Some(context) = context {
            self.words[PC] = context.pc;
            self.words[SPSR] = context.spsr;
            self.known = bit(PC) | bit(SPSR);
            if let Some(&position) = X.get(usize::from(context.register)) {
                self.words[usize::from(position)] = context.value;
                self.known |= bit(usize::from(position));
            }
        }
    }

    /// Whether [`Self::close`] writes registers: that changes what the kernel would tell again of this exit.
    #[inline]
    pub fn writes_back(&self, replies: bool) -> bool {
        let changed = self.changed_registers();
        self.changed != 0
            && (self.takes_context == 0 || !replies || changed.count_ones() > 1 || changed & !GENERAL != 0)
    }

    /// Hand over what changed: in the reply if the exit ends with one that can carry it, otherwise by writing it back. It
    /// can be done again.
    #[inline]
    pub fn close(&mut self, replies: bool, kernel: &mut impl KernelVcpu) -> Option<ReplyContext> {
        if self.writes_back(replies) {
            self.write_back(kernel);
            return None;
        }
        (self.changed != 0).then(|| self.reply_context(self.changed_registers()))
    }

    /// No reply will reach the kernel: [`Self::close`] writes registers.
    pub fn expect_no_reply(&mut self) {
        self.takes_context = 0;
    }

    /// What changed besides PC and SPSR.
    fn changed_registers(&self) -> u64 {
        self.changed & !(bit(PC) | bit(SPSR))
    }

    fn reply_context(&self, registers: u64) -> ReplyContext {
        let position = registers.trailing_zeros() as usize;
        let (register, value) = match ORDER.get(position) {
            Some(&ContextRegister::X(n)) => (u64::from(n), self.words[position]),
            _ => (fault_context::NO_REGISTER, 0),
        };
        [self.words[PC], self.words[SPSR], register, value]
    }

    #[inline(never)]
    fn write_back(&mut self, kernel: &mut impl KernelVcpu) {
        if self.changed & bit(SP_EL1) != 0 {
            kernel.write_system_register(VcpuReg::SpEl1, self.sp_el1);
        }
        let Some(last) = (self.changed & below(NUM_REGISTERS)).checked_ilog2() else { return };
        let last = last as usize;
        if self.known & below(last) != below(last) {
            self.read(last, kernel);
        }
        kernel.write_registers(&self.words[..=last]);
    }

    /// The program counter: the instruction that trapped.
    pub fn pc(&mut self, kernel: &mut impl KernelVcpu) -> u64 {
        self.load(PC, kernel)
    }

    /// Continue elsewhere.
    pub fn set_pc(&mut self, pc: u64) {
        self.store(PC, pc);
    }

    /// The saved program status.
    pub fn spsr(&mut self, kernel: &mut impl KernelVcpu) -> u64 {
        self.load(SPSR, kernel)
    }

    /// Continue in another state.
    pub fn set_spsr(&mut self, spsr: u64) {
        self.store(SPSR, spsr);
    }

    /// x0..x30; register 31 is the zero register.
    pub fn x(&mut self, register: u8, kernel: &mut impl KernelVcpu) -> u64 {
        X.get(usize::from(register)).map_or(0, |&position| self.load(usize::from(position), kernel))
    }

    /// Write x0..x30; a write of the zero register is none.
    pub fn set_x(&mut self, register: u8, value: u64) {
        if let Some(&position) = X.get(usize::from(register)) {
            self.store(usize::from(position), value);
        }
    }

    /// The stack pointer of EL1, or else that of EL0.
    pub fn sp(&mut self, of_el1: bool, kernel: &mut impl KernelVcpu) -> u64 {
        if !of_el1 {
            return self.load(SP, kernel);
        }
        if self.known & bit(SP_EL1) == 0 {
            self.sp_el1 = kernel.read_system_register(VcpuReg::SpEl1);
            self.known |= bit(SP_EL1);
        }
        self.sp_el1
    }

    /// Write a stack pointer.
    pub fn set_sp(&mut self, of_el1: bool, value: u64) {
        if of_el1 {
            self.sp_el1 = value;
            self.known |= bit(SP_EL1);
            self.changed |= bit(SP_EL1);
        } else {
            self.store(SP, value);
        }
    }

    fn load(&mut self, position: usize, kernel: &mut impl KernelVcpu) -> u64 {
        if self.known & bit(position) == 0 {
            self.read(position, kernel);
        }
        self.words[position]
    }

    /// Read everything up to a position that is not known.
    #[inline(never)]
    fn read(&mut self, position: usize, kernel: &mut impl KernelVcpu) {
        let count = (position + 1).max(LEAST);
        let mut words = [0; NUM_REGISTERS];
        kernel.read_registers(&mut words[..count]);
        for (index, word) in words[..count].iter().enumerate() {
            if self.known & bit(index) == 0 {
                self.words[index] = *word;
            }
        }
        self.known |= below(count);
    }

    fn store(&mut self, position: usize, value: u64) {
        if self.known & bit(position) == 0 || self.words[position] != value {
            self.words[position] = value;
            self.known |= bit(position);
            self.changed |= bit(position);
        }
    }
}

impl Default for GuestRegisters {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeVcpu;

    const CONTEXT: FaultContext = FaultContext { pc: 0x1000, spsr: 0x3c5, register: 9, value: 99 };

    /// As seL4's `seL4_UserContext` has them.
    #[test]
    fn positions_are_those_of_sel4() {
        assert_eq!((PC, SPSR), (0, 2));
        assert_eq!([0, 8, 9, 15, 16, 18, 19, 28, 29, 30].map(|n| X[n]), [3, 11, 17, 23, 12, 14, 24, 33, 15, 16]);
    }

    #[test]
    fn reads_and_writes_no_more_than_needed() {
        let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
        registers.open(None);
        vcpu.set_x(3, 33);
        registers.set_pc(4);
        assert_eq!(registers.x(3, &mut vcpu), 33);
        assert_eq!(vcpu.words_read, 7);
        assert_eq!(registers.close(true, &mut vcpu), None);
        assert_eq!((vcpu.pc(), vcpu.words_written), (4, 1));
    }

    #[test]
    fn a_later_read_keeps_earlier_changes() {
        let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
        registers.set_x(0, 7);
        registers.x(30, &mut vcpu);
        registers.set_x(28, 9);
        registers.close(true, &mut vcpu);
        assert_eq!((vcpu.x(0), vcpu.x(28)), (7, 9));
    }

    #[test]
    fn a_write_behind_unknown_registers_keeps_them() {
        let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
        (0..31).for_each(|n| vcpu.set_x(n, 100 + u64::from(n)));
        registers.open(None);
        registers.set_x(20, 1);
        registers.close(true, &mut vcpu);
        assert_eq!((vcpu.x(0), vcpu.x(19), vcpu.x(20), vcpu.x(21)), (100, 119, 1, 121));
    }

    #[test]
    fn register_31_is_zero() {
        let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
        registers.set_x(31, 7);
        assert_eq!(registers.x(31, &mut vcpu), 0);
        registers.close(true, &mut vcpu);
        assert_eq!(vcpu.words_written, 0);
    }

    #[test]
    fn what_the_message_has_costs_no_call() {
        let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
        registers.open(Some(CONTEXT));
        assert_eq!(
            (registers.pc(&mut vcpu), registers.spsr(&mut vcpu), registers.x(9, &mut vcpu)),
            (0x1000, 0x3c5, 99)
        );
        registers.set_pc(0x1004);
        assert_eq!(registers.close(true, &mut vcpu), Some([0x1004, 0x3c5, 31, 0]));
        registers.open(Some(CONTEXT));
        registers.set_pc(0x1004);
        registers.set_x(30, 5);
        assert_eq!(registers.close(true, &mut vcpu), Some([0x1004, 0x3c5, 30, 5]));
        assert_eq!((vcpu.words_read, vcpu.words_written), (0, 0));
    }

    /// A reply has no room for a stack pointer, not even for one alone.
    #[test]
    fn a_stack_pointer_is_written_back() {
        for of_el1 in [false, true] {
            let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
            vcpu.set_x(9, 99);
            registers.open(Some(CONTEXT));
            registers.set_sp(of_el1, 0x7000);
            assert!(registers.writes_back(true));
            assert_eq!(registers.close(true, &mut vcpu), None);
            let sp_el1 = vcpu.system.get(&(VcpuReg::SpEl1 as u64)).copied();
            assert_eq!((vcpu.sp(), sp_el1), if of_el1 { (0, Some(0x7000)) } else { (0x7000, None) });
            assert_eq!(vcpu.x(9), 99);
            registers.open(Some(CONTEXT));
            assert_eq!(registers.sp(of_el1, &mut vcpu), 0x7000);
        }
    }

    #[test]
    fn a_reply_carries_one_register() {
        let (mut registers, mut vcpu) = (GuestRegisters::new(), FakeVcpu::new());
        registers.open(Some(CONTEXT));
        registers.set_pc(0x1004);
        assert_eq!(registers.close(false, &mut vcpu), None);
        assert_eq!(vcpu.pc(), 0x1004);
        registers.open(Some(CONTEXT));
        registers.set_x(0, 1);
        registers.set_x(1, 2);
        assert_eq!(registers.close(true, &mut vcpu), None);
        assert_eq!((vcpu.x(0), vcpu.x(1)), (1, 2));
    }
}
