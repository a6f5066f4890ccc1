// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a program on a machine, and leaves that machine as it was.

use heapless::Vec;

use crate::observation::{AS_FIQ, ENOUGH, LIMIT, Observation, QUIET};
use crate::program::{Keep, Operation, Program, Timer};
use crate::register::names::{self, CLEAR_ACTIVE, CLEAR_ENABLE, CLEAR_PENDING, GROUP, SET_ENABLE, SET_PENDING, bitmap};
use crate::register::{Register, Size};

/// How an interrupt was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// IRQ
    Irq,
    /// FIQ
    Fiq,
}

/// What a program runs on.
pub trait Machine {
    /// A load from one of the interrupt controller's registers.
    fn load(&mut self, register: Register, size: Size) -> u64;
    /// A store.
    fn store(&mut self, register: Register, size: Size, value: u64);
    /// Unmasks interrupts until one is taken, or for a moment.
    fn take(&mut self) -> Option<Signal>;
    /// Which exceptions are pending, masked or not: bit 0 an FIQ, bit 1 an IRQ.
    fn signals(&mut self) -> u64;
    /// Sets the virtual timer.
    fn set_timer(&mut self, state: Timer);
    /// Sets it to end in so many ticks.
    fn start_timer(&mut self, ticks: u32);
    /// Until it has ended, with WFI if interrupts can wake; whether it has after far more time than that.
    fn await_timer(&mut self, with_wfi: bool) -> bool;
    /// The UART's interrupt line.
    fn set_line(&mut self, high: bool);
}

/// From here on, an interrupt's number says that there is none.
const SPECIAL: u64 = 1020;
/// Interrupts' numbers in what was acknowledged.
const INTID: u64 = 0x3ff;
/// GICC_CTLR: EOImode.
const SPLIT: u64 = 1 << 9;
/// Handlers in handlers.
const DEPTH: usize = 4;
/// More than can run or wait for their deactivation at once.
const NESTED: usize = 16;
/// Interrupts' numbers are below.
const LAST: u16 = 160;
/// The virtual timer's.
pub(crate) const VIRTUAL_TIMER: u16 = 27;

/// Runs the operations that are kept; the machine must be as [`clean`] leaves it, and is so again.
pub fn run(program: &Program, keep: Keep, machine: &mut impl Machine, observe: impl FnMut(Observation)) {
    let mut run =
        Run { program, keep, machine, observe, made: 0, running: Vec::new(), ended: Vec::new(), split: false };
    for index in 0..program.handler {
        run.step(index, 0);
    }
    run.finish();
}

/// A machine as it is after power-on: nothing enabled, pending or active.
pub fn clean(machine: &mut impl Machine, interrupts: impl Iterator<Item = u16> + Clone) {
    machine.set_timer(Timer::Off);
    machine.set_line(false);
    machine.store(names::GICD_CTLR, Size::Word, 0);
    let mut done = [false; LAST as usize / 32];
    for intid in interrupts.clone() {
        if !core::mem::replace(&mut done[usize::from(intid / 32)], true) {
            for first in [CLEAR_ENABLE, CLEAR_PENDING, CLEAR_ACTIVE] {
                machine.store(bitmap(first, intid), Size::Word, u32::MAX.into());
            }
            machine.store(bitmap(GROUP, intid), Size::Word, 0);
        }
        machine.store(names::priority(intid), Size::Byte, 0);
        if intid >= 32 {
            machine.store(names::config(intid), Size::Word, 0);
        }
    }
    machine.store(bitmap(SET_ENABLE, 0), Size::Word, 0xffff);
    for sgi in (0..16).step_by(4) {
        machine.store(names::clear_sgi(sgi), Size::Word, u32::MAX.into());
    }
    // The binary points that every implementation has, and no active priority.
    for (register, value) in [(names::GICC_CTLR, 0), (names::PMR, 0), (names::BPR, 3), (names::ABPR, 4)] {
        machine.store(register, Size::Word, value);
    }
    for active_priority in (0xd0..0xf0).step_by(4) {
        machine.store(Register::interface(active_priority), Size::Word, 0);
    }
}

/// The machine as [`run`] wants to find it first.
pub fn clean_all(machine: &mut impl Machine) {
    clean(machine, 0..LAST);
}

struct Run<'a, M, O> {
    program: &'a Program,
    keep: Keep,
    machine: &'a mut M,
    observe: O,
    /// Observations so far.
    made: usize,
    /// What was acknowledged and not ended, the last one last.
    running: Vec<u64, NESTED>,
    /// What was ended and not deactivated, the first one first.
    ended: Vec<u64, NESTED>,
    /// End and deactivation are two steps.
    split: bool,
}

impl<M: Machine, O: FnMut(Observation)> Run<'_, M, O> {
    fn step(&mut self, index: usize, depth: usize) {
        let Some(&operation) = self.program.operations.get(index) else { return };
        if !Program::keeps(self.keep, index) || self.made >= LIMIT {
            return;
        }
        match operation {
            Operation::Read(register, size) => {
                let value = self.machine.load(register, size);
                self.observe(index, value);
            }
            Operation::Write(register, size, value) => self.write(register, size, value),
            Operation::Contained(register, size, value) => self.contained(index, register, size, value),
            Operation::Acknowledge => {
                let acknowledged = self.acknowledge();
                self.observe(index, acknowledged);
            }
            Operation::End => self.end(),
            Operation::Deactivate => self.deactivate(),
            Operation::Open(most) => self.open(index, most, depth),
            Operation::Signals => {
                let signals = self.machine.signals();
                self.observe(index, signals);
            }
            Operation::SetTimer(state) => self.set_timer(state),
            Operation::AwaitTimer(ticks) => {
                self.machine.start_timer(ticks);
                let has_ended = self.machine.await_timer(false);
                self.observe(index, has_ended.into());
            }
            Operation::Sleep(ticks) => self.sleep(index, ticks),
            Operation::SetLine(high) => self.machine.set_line(high),
        }
    }

    fn observe(&mut self, index: usize, value: u64) {
        self.made += 1;
        (self.observe)(Observation { operation: index as u8, value });
    }

    fn write(&mut self, register: Register, size: Size, value: u64) {
        if register == names::GICC_CTLR {
            self.split = value & SPLIT != 0;
        }
        if register.is("GICD_ICACTIVER") {
            // GICC_DIR is for what is active only.
            let first = 8 * (register.offset - CLEAR_ACTIVE);
            let covers = |acknowledged: u64| {
                let number = (acknowledged & INTID) as u16;
                (first..first + 32).contains(&number) && value >> (number - first) & 1 != 0
            };
            self.ended.retain(|&acknowledged| !covers(acknowledged));
        }
        if register.is("GICD_SPENDSGIR") && size == Size::Word {
            return self.set_sgis(register, value);
        }
        self.machine.store(register, size, value);
    }

    /// A zero byte there leaves its SGI as it is (4.3.17); QEMU 10 makes it pending from nobody, and ends when it is acknowledged.
    fn set_sgis(&mut self, register: Register, value: u64) {
        let before = self.machine.load(register, Size::Word);
        self.machine.store(register, Size::Word, value);
        for byte in 0..4 {
            if (value | before) >> (8 * byte) & 0xff == 0 {
                let clear = Register::distributor(register.offset - 0x10 + byte);
                self.machine.store(clear, Size::Byte, 0xff);
            }
        }
    }

    fn contained(&mut self, index: usize, register: Register, size: Size, value: u64) {
        let whole = [register.word(), register.next()];
        let touched = if size == Size::Double { &whole[..] } else { &whole[..1] };
        let before: Vec<u64, 2> = touched.iter().map(|&word| self.machine.load(word, Size::Word)).collect();
        self.machine.store(register, size, value);
        let after = touched.iter().rev().fold(0, |high, &word| high << 32 | self.machine.load(word, Size::Word));
        self.observe(index, after);
        for (&word, &value) in touched.iter().zip(&before) {
            self.restore(word, value);
        }
    }

    /// Enables are set by one register and cleared by another.
    fn restore(&mut self, word: Register, value: u64) {
        let number = word.offset & 0x7c;
        if word.is("GICD_ISENABLER") || word.is("GICD_ICENABLER") {
            self.machine.store(Register::distributor(CLEAR_ENABLE + number), Size::Word, !value & 0xffff_ffff);
            self.machine.store(Register::distributor(SET_ENABLE + number), Size::Word, value);
        } else {
            self.machine.store(word, Size::Word, value);
        }
    }

    fn acknowledge(&mut self) -> u64 {
        let acknowledged = self.machine.load(names::IAR, Size::Word);
        if acknowledged & INTID < SPECIAL && self.running.push(acknowledged).is_err() {
            // Nobody has that many priorities between two of which one can still come.
            self.made = LIMIT;
        }
        acknowledged
    }

    fn end(&mut self) {
        let Some(acknowledged) = self.running.pop() else { return };
        self.machine.store(names::EOIR, Size::Word, acknowledged);
        if self.split && self.ended.push(acknowledged).is_err() {
            self.made = LIMIT;
        }
    }

    fn deactivate(&mut self) {
        if self.split && !self.ended.is_empty() {
            let acknowledged = self.ended.remove(0);
            self.machine.store(names::DIR, Size::Word, acknowledged);
        }
    }

    fn open(&mut self, index: usize, most: u8, depth: usize) {
        if depth >= DEPTH {
            return;
        }
        for _ in 0..most {
            let Some(signal) = self.machine.take() else { return self.observe(index, QUIET) };
            self.handle(index, signal, depth + 1);
        }
        self.observe(index, ENOUGH);
    }

    /// What handlers do: acknowledge, the program's part, end.
    fn handle(&mut self, index: usize, signal: Signal, depth: usize) {
        let before = self.running.len();
        let acknowledged = self.acknowledge();
        let how = if signal == Signal::Fiq { AS_FIQ } else { 0 };
        self.observe(index, acknowledged | how);
        for index in self.program.handler..self.program.operations.len() {
            self.step(index, depth);
        }
        while self.running.len() > before {
            self.end();
        }
    }

    /// And asks for its pending bit: a virtual interrupt controller may not see before that its level has fallen.
    fn set_timer(&mut self, state: Timer) {
        self.machine.set_timer(state);
        self.machine.load(bitmap(SET_PENDING, VIRTUAL_TIMER), Size::Word);
    }

    /// A WFI that nothing may wake would be for ever: so the timer's interrupt can, unless it or something more urgent runs.
    fn sleep(&mut self, index: usize, ticks: u32) {
        let is_timer = |acknowledged: &u64| acknowledged & INTID == VIRTUAL_TIMER.into();
        self.ended.retain(|acknowledged| !is_timer(acknowledged));
        let timer_runs = self.running.iter().any(is_timer);
        self.machine.start_timer(ticks);
        let control = self.machine.load(names::GICC_CTLR, Size::Word);
        let mut set = |register, size, value| self.machine.store(register, size, value);
        set(names::priority(VIRTUAL_TIMER), Size::Byte, 0);
        if !timer_runs {
            set(bitmap(CLEAR_ACTIVE, VIRTUAL_TIMER), Size::Word, 1 << VIRTUAL_TIMER);
        }
        set(bitmap(SET_ENABLE, VIRTUAL_TIMER), Size::Word, 1 << VIRTUAL_TIMER);
        set(names::GICD_CTLR, Size::Word, 1);
        set(names::GICC_CTLR, Size::Word, control | 1);
        set(names::PMR, Size::Word, 0xf8);
        let can_wake = !timer_runs && self.machine.load(names::RPR, Size::Word) != 0;
        let has_ended = self.machine.await_timer(can_wake);
        let signals = self.machine.signals();
        self.observe(index, signals << 1 | u64::from(has_ended));
        self.set_timer(Timer::Off);
    }

    fn finish(mut self) {
        while !self.running.is_empty() {
            self.end();
        }
        clean(self.machine, self.program.interrupts.iter().copied().chain([0, VIRTUAL_TIMER]));
    }
}
