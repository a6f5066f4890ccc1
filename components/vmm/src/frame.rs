// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's general registers during one exit: read from the kernel as far as needed, written back as far as
//! changed. The context's order puts PC, SPSR and the low registers first, so most exits move a few words.

use crate::vcpu::Vcpu;
use sel4_sys::user_context::NUM_REGISTERS;

const PC: usize = 0;
const SPSR: usize = 2;
/// PC, SP and SPSR come in message registers, without the IPC buffer.
const LEAST: usize = 3;
/// x0..x30 as positions in the context.
#[rustfmt::skip]
const POSITION: [u8; 31] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 17, 18, 19, 20, 21, 22, 23, 12, 13, 14, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 15, 16,
];

/// A window on the registers, open for one exit.
#[derive(Debug)]
pub struct Frame {
    words: [u64; NUM_REGISTERS],
    loaded: usize,
    /// Words from the first that must be written back.
    changed: usize,
}

impl Frame {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { words: [0; NUM_REGISTERS], loaded: 0, changed: 0 }
    }

    /// Forget everything: a new exit.
    pub fn open(&mut self) {
        self.loaded = 0;
        self.changed = 0;
    }

    /// Write back what changed.
    pub fn close(&mut self, vcpu: &mut impl Vcpu) {
        if self.changed > 0 {
            vcpu.write_registers(&self.words[..self.changed]);
        }
        self.open();
    }

    /// The program counter: the instruction that trapped.
    pub fn pc(&mut self, vcpu: &mut impl Vcpu) -> u64 {
        self.load(PC, vcpu);
        self.words[PC]
    }

    /// Continue elsewhere.
    pub fn set_pc(&mut self, pc: u64, vcpu: &mut impl Vcpu) {
        self.store(PC, pc, vcpu);
    }

    /// The saved program status.
    pub fn spsr(&mut self, vcpu: &mut impl Vcpu) -> u64 {
        self.load(SPSR, vcpu);
        self.words[SPSR]
    }

    /// Continue in another state.
    pub fn set_spsr(&mut self, spsr: u64, vcpu: &mut impl Vcpu) {
        self.store(SPSR, spsr, vcpu);
    }

    /// x0..x30; register 31 is the zero register.
    pub fn x(&mut self, register: u8, vcpu: &mut impl Vcpu) -> u64 {
        let Some(&position) = POSITION.get(usize::from(register)) else { return 0 };
        self.load(usize::from(position), vcpu);
        self.words[usize::from(position)]
    }

    /// Read everything up to a register at once.
    pub fn preload(&mut self, register: u8, vcpu: &mut impl Vcpu) {
        self.x(register, vcpu);
    }

    /// Write x0..x30; a write of the zero register is none.
    pub fn set_x(&mut self, register: u8, value: u64, vcpu: &mut impl Vcpu) {
        if let Some(&position) = POSITION.get(usize::from(register)) {
            self.store(usize::from(position), value, vcpu);
        }
    }

    fn load(&mut self, position: usize, vcpu: &mut impl Vcpu) {
        if position >= self.loaded {
            let count = (position + 1).max(LEAST);
            if self.changed == 0 {
                vcpu.read_registers(&mut self.words[..count]);
            } else {
                let mut words = [0; NUM_REGISTERS];
                vcpu.read_registers(&mut words[..count]);
                self.words[self.loaded..count].copy_from_slice(&words[self.loaded..count]);
            }
            self.loaded = count;
        }
    }

    fn store(&mut self, position: usize, value: u64, vcpu: &mut impl Vcpu) {
        self.load(position, vcpu);
        if self.words[position] != value {
            self.words[position] = value;
            self.changed = self.changed.max(position + 1);
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
    use sel4_sys::user_context::{ContextRegister, ORDER};

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
        frame.open();
        vcpu.set_x(3, 33);
        frame.set_pc(4, &mut vcpu);
        assert_eq!(frame.x(3, &mut vcpu), 33);
        assert_eq!(vcpu.words_read, 3 + 7);
        frame.close(&mut vcpu);
        assert_eq!((vcpu.pc(), vcpu.words_written), (4, 1));
    }

    #[test]
    fn a_later_read_keeps_earlier_changes() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.set_x(0, 7, &mut vcpu);
        frame.x(30, &mut vcpu);
        frame.set_x(28, 9, &mut vcpu);
        frame.close(&mut vcpu);
        assert_eq!((vcpu.x(0), vcpu.x(28)), (7, 9));
    }

    #[test]
    fn register_31_is_zero() {
        let (mut frame, mut vcpu) = (Frame::new(), FakeVcpu::new());
        frame.set_x(31, 7, &mut vcpu);
        assert_eq!(frame.x(31, &mut vcpu), 0);
        frame.close(&mut vcpu);
        assert_eq!(vcpu.words_written, 0);
    }
}
