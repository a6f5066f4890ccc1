// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's general registers during one exit: read from the kernel as far as needed, written back as far as
//! changed. The context's order puts PC, SPSR and the low registers first, so most exits move a few words.

use crate::short::Answer;
use crate::vcpu::Vcpu;
use lazaret_abi::fault_context;
use sel4_abi::user_context::{ContextRegister, NUM_REGISTERS, ORDER};
use zerocopy::{FromBytes, KnownLayout};

const PC: usize = 0;
const SPSR: usize = 2;
/// PC, SP and SPSR come in message registers, without the IPC buffer.
const LEAST: usize = 3;
/// x0..x30 as positions in the context.
#[rustfmt::skip]
const POSITION: [u8; 31] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 17, 18, 19, 20, 21, 22, 23, 12, 13, 14, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 15, 16,
];

/// What a kernel with `LAZARET_VCPU_FAULT_CONTEXT` tells with an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The trapped instruction.
    pub pc: u64,
    /// The saved program status.
    pub spsr: u64,
    /// The register that the syndrome names: 31 is none.
    pub register: u8,
    /// Its value.
    pub value: u64,
}

/// A window on the registers, open for one exit; what it says lasts until the next.
#[derive(Debug, FromBytes, KnownLayout)]
#[repr(C)]
pub struct Frame {
    words: [u64; NUM_REGISTERS],
    /// Bit n: word n is the register's value.
    known: u64,
    /// Bit n: word n must be written back.
    changed: u64,
    /// 1: the kernel takes an [`Answer`].
    answers: u64,
}

const fn bit(position: usize) -> u64 {
    1 << position
}

/// Bits below a position.
const fn below(position: usize) -> u64 {
    bit(position) - 1
}

impl Frame {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { words: [0; NUM_REGISTERS], known: 0, changed: 0, answers: 0 }
    }

    /// Forget everything: a new exit.
    pub fn open(&mut self, given: Option<Given>) {
        (self.known, self.changed, self.answers) = (0, 0, given.is_some().into());
        if let Some(given) = given {
            self.words[PC] = given.pc;
            self.words[SPSR] = given.spsr;
            self.known = bit(PC) | bit(SPSR);
            if let Some(&position) = POSITION.get(usize::from(given.register)) {
                self.words[usize::from(position)] = given.value;
                self.known |= bit(usize::from(position));
            }
        }
    }

    /// Whether [`Self::close`] writes registers: that changes what the kernel would tell again of this exit.
    #[inline]
    pub fn writes_back(&self, replies: bool) -> bool {
        self.changed != 0 && (self.answers == 0 || !replies || self.changed_registers().count_ones() > 1)
    }

    /// Hand over what changed: as an answer if the exit ends with a reply that can carry it, otherwise by writing it
    /// back. It can be done again.
    #[inline]
    pub fn close(&mut self, replies: bool, vcpu: &mut impl Vcpu) -> Option<Answer> {
        if self.writes_back(replies) {
            self.write_back(vcpu);
            return None;
        }
        (self.changed != 0).then(|| self.answer(self.changed_registers()))
    }

    /// No reply can carry an answer: [`Self::close`] writes registers.
    pub fn answers_no_more(&mut self) {
        self.answers = 0;
    }

    /// What changed besides PC and SPSR.
    fn changed_registers(&self) -> u64 {
        self.changed & !(bit(PC) | bit(SPSR))
    }

    fn answer(&self, registers: u64) -> Answer {
        let position = registers.trailing_zeros() as usize;
        let (register, value) = match ORDER.get(position) {
            Some(&ContextRegister::X(n)) => (u64::from(n), self.words[position]),
            _ => (fault_context::NO_REGISTER, 0),
        };
        [self.words[PC], self.words[SPSR], register, value]
    }

    #[inline(never)]
    fn write_back(&mut self, vcpu: &mut impl Vcpu) {
        let last = (self.changed.ilog2() as usize).min(NUM_REGISTERS - 1);
        if self.known & below(last) != below(last) {
            self.read(last, vcpu);
        }
        vcpu.write_registers(&self.words[..=last]);
    }

    /// The program counter: the instruction that trapped.
    pub fn pc(&mut self, vcpu: &mut impl Vcpu) -> u64 {
        self.load(PC, vcpu)
    }

    /// Continue elsewhere.
    pub fn set_pc(&mut self, pc: u64) {
        self.store(PC, pc);
    }

    /// The saved program status.
    pub fn spsr(&mut self, vcpu: &mut impl Vcpu) -> u64 {
        self.load(SPSR, vcpu)
    }

    /// Continue in another state.
    pub fn set_spsr(&mut self, spsr: u64) {
        self.store(SPSR, spsr);
    }

    /// x0..x30; register 31 is the zero register.
    pub fn x(&mut self, register: u8, vcpu: &mut impl Vcpu) -> u64 {
        POSITION.get(usize::from(register)).map_or(0, |&position| self.load(usize::from(position), vcpu))
    }

    /// Write x0..x30; a write of the zero register is none.
    pub fn set_x(&mut self, register: u8, value: u64) {
        if let Some(&position) = POSITION.get(usize::from(register)) {
            self.store(usize::from(position), value);
        }
    }

    fn load(&mut self, position: usize, vcpu: &mut impl Vcpu) -> u64 {
        if self.known & bit(position) == 0 {
            self.read(position, vcpu);
        }
        self.words[position]
    }

    /// Read everything up to a position that is not known.
    #[inline(never)]
    fn read(&mut self, position: usize, vcpu: &mut impl Vcpu) {
        let count = (position + 1).max(LEAST);
        let mut words = [0; NUM_REGISTERS];
        vcpu.read_registers(&mut words[..count]);
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

impl Default for Frame {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeVcpu;

    const GIVEN: Given = Given { pc: 0x1000, spsr: 0x3c5, register: 9, value: 99 };

    #[test]
    fn positions_agree_with_the_abi() {
        for (x, &position) in POSITION.iter().enumerate() {
            assert_eq!(ORDER[usize::from(position)], ContextRegister::X(x as u8));
        }
        assert_eq!(ORDER[PC], ContextRegister::Pc);
        assert_eq!(ORDER[SPSR], ContextRegister::Spsr);
    }

    #[test]
    fn reads_and_writes_no_more_than_needed() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.open(None);
        vcpu.set_x(3, 33);
        frame.set_pc(4);
        assert_eq!(frame.x(3, &mut vcpu), 33);
        assert_eq!(vcpu.words_read, 7);
        assert_eq!(frame.close(true, &mut vcpu), None);
        assert_eq!((vcpu.pc(), vcpu.words_written), (4, 1));
    }

    #[test]
    fn a_later_read_keeps_earlier_changes() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.set_x(0, 7);
        frame.x(30, &mut vcpu);
        frame.set_x(28, 9);
        frame.close(true, &mut vcpu);
        assert_eq!((vcpu.x(0), vcpu.x(28)), (7, 9));
    }

    #[test]
    fn a_write_behind_unknown_registers_keeps_them() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        (0..31).for_each(|n| vcpu.set_x(n, 100 + u64::from(n)));
        frame.open(None);
        frame.set_x(20, 1);
        frame.close(true, &mut vcpu);
        assert_eq!((vcpu.x(0), vcpu.x(19), vcpu.x(20), vcpu.x(21)), (100, 119, 1, 121));
    }

    #[test]
    fn register_31_is_zero() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.set_x(31, 7);
        assert_eq!(frame.x(31, &mut vcpu), 0);
        frame.close(true, &mut vcpu);
        assert_eq!(vcpu.words_written, 0);
    }

    #[test]
    fn what_is_given_costs_no_call() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.open(Some(GIVEN));
        assert_eq!((frame.pc(&mut vcpu), frame.spsr(&mut vcpu), frame.x(9, &mut vcpu)), (0x1000, 0x3c5, 99));
        frame.set_pc(0x1004);
        assert_eq!(frame.close(true, &mut vcpu), Some([0x1004, 0x3c5, 31, 0]));
        frame.open(Some(GIVEN));
        frame.set_pc(0x1004);
        frame.set_x(30, 5);
        assert_eq!(frame.close(true, &mut vcpu), Some([0x1004, 0x3c5, 30, 5]));
        assert_eq!((vcpu.words_read, vcpu.words_written), (0, 0));
    }

    #[test]
    fn an_answer_needs_a_reply_and_one_register() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.open(Some(GIVEN));
        frame.set_pc(0x1004);
        assert_eq!(frame.close(false, &mut vcpu), None);
        assert_eq!(vcpu.pc(), 0x1004);
        frame.open(Some(GIVEN));
        frame.set_x(0, 1);
        frame.set_x(1, 2);
        assert_eq!(frame.close(true, &mut vcpu), None);
        assert_eq!((vcpu.x(0), vcpu.x(1)), (1, 2));
    }
}
