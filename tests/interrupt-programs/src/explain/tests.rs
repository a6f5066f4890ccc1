// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fault in what one register gives is reported, whichever register that is.

use super::*;
use crate::generate::program;
use crate::program::{KEEP_ALL, Timer};
use crate::register::{Block, REGISTERS, Register, Row, Size};
use crate::run::{Machine, Signal, run};

const PROGRAMS: u32 = 1_500;

/// Registers that give something, one of them with a fault.
struct Registers {
    broken: Option<(&'static Row, u64)>,
    loads: u64,
    /// The broken one was read.
    used: bool,
}

impl Registers {
    fn new(broken: Option<(&'static Row, u64)>) -> Self {
        Self { broken, loads: 0, used: false }
    }
}

impl Machine for Registers {
    fn load(&mut self, register: Register, _size: Size) -> u64 {
        self.loads += 1;
        // An interrupt each third time.
        let value = match (register.block, register.offset) {
            (Block::CpuInterface, 0xc) => [1023, 1023, 34][self.loads as usize % 3],
            (Block::CpuInterface, 0x14) => 0xff,
            (_, offset) => (self.loads ^ u64::from(offset)) & 0xff,
        };
        match self.broken {
            Some((row, fault)) if register.row() == Some(row) => {
                self.used = true;
                value ^ fault
            }
            _ => value,
        }
    }
    fn store(&mut self, _register: Register, _size: Size, _value: u64) {}
    fn take(&mut self) -> Option<Signal> {
        self.loads.is_multiple_of(2).then_some(Signal::Irq)
    }
    fn signals(&mut self) -> u64 {
        2
    }
    fn set_timer(&mut self, _state: Timer) {}
    fn start_timer(&mut self, _ticks: u32) {}
    fn await_timer(&mut self, _with_wfi: bool) -> bool {
        true
    }
    fn set_line(&mut self, _high: bool) {}
}

fn observed(index: u32, broken: Option<(&'static Row, u64)>) -> (Vec<Observation>, bool) {
    let (mut all, mut machine) = (Vec::new(), Registers::new(broken));
    run(&program(1, index), KEEP_ALL, &mut machine, |observation| all.push(observation));
    (all, machine.used)
}

/// How often the fault was observed, and how often it was explained away.
fn explained(row: &'static Row, fault: u64) -> (u32, u32) {
    let (mut seen, mut explained) = (0, 0);
    for index in 0..PROGRAMS {
        let (right, _) = observed(index, None);
        let (wrong, _) = observed(index, Some((row, fault)));
        if right != wrong {
            seen += 1;
            explained +=
                u32::from(compare(&program(1, index), KEEP_ALL, Other::Lazaret, &right, &wrong).unexplained.is_none());
        }
    }
    (seen, explained)
}

#[test]
fn one_fault_of_each_register_stays_unexplained() {
    // GICv2 without security has no use for it, and QEMU has it not.
    let is_looked_at = |row: &&Row| !is_free(row.name) && row.name != "GICC_AIAR";
    for row in REGISTERS.iter().filter(is_looked_at) {
        let (seen, explained) = explained(row, 1 << 6);
        assert!(seen > 0, "no program observes {}", row.name);
        assert_eq!(explained, 0, "{}: {explained} of {seen} faults are explained", row.name);
    }
}

#[test]
fn rules_are_few_and_each_names_its_section() {
    assert!(RULES.len() <= 12);
    RULES.iter().for_each(|rule| assert!(rule.section.starts_with(|c: char| "345".contains(c)), "{}", rule.name));
}

/// One difference of KVM's, which is no excuse of ours.
#[test]
fn what_is_known_of_kvm_explains_nothing_of_ours() {
    let mut known = 0;
    for index in 0..PROGRAMS {
        let program = program(1, index);
        let (right, _) = observed(index, None);
        let Some(last) = right.len().checked_sub(1) else { continue };
        let mut wrong = right.clone();
        wrong[last].value ^= 1 << 6;
        let of = |by| compare(&program, KEEP_ALL, by, &right, &wrong).unexplained.is_some();
        known += u32::from(!of(Other::Kvm));
        assert!(of(Other::Lazaret), "program {index}");
    }
    assert!(known > 0, "no program has what KVM does in its own way");
}
