// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions taken to EL1: recorded, made harmless, returned from.

use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use arm_syndrome::{Class, Esr, Spsr};

use super::{console, debug, probe, psci};

/// What the entry code saves, in its order.
#[repr(C)]
pub struct Frame {
    x: [u64; 31],
    pub(super) elr: u64,
    pub(super) spsr: u64,
    pub(super) esr: u64,
    far: u64,
    _align: u64,
}

const _: () = assert!(size_of::<Frame>() == 288);

impl Frame {
    /// X0 to X30, SP and PC as they were, and PSTATE.
    pub(super) fn registers(&self) -> ([u64; 33], u64) {
        let mut registers = [0; 33];
        registers[..31].copy_from_slice(&self.x);
        // The frame is on the stack of the code that was interrupted.
        registers[31] = &raw const *self as u64 + size_of::<Self>() as u64;
        registers[32] = self.elr;
        (registers, self.spsr)
    }
}

/// `BRK` that starts single-stepping at EL1, and the one that ends it.
pub const START_STEPPING: u16 = 1;
/// See [`START_STEPPING`].
pub const STOP_STEPPING: u16 = 2;

const STEPS: usize = 8;
const EL1H_MASKED: u64 = 0b0101 | Spsr::DAIF;
const D: u64 = 1 << 9;

static COUNTS: [AtomicU32; 64] = [const { AtomicU32::new(0) }; 64];
static TOLERANT: AtomicBool = AtomicBool::new(false);
static LAST_ELR: AtomicU64 = AtomicU64::new(0);
static LAST_ESR: AtomicU64 = AtomicU64::new(0);
static LAST_FAR: AtomicU64 = AtomicU64::new(0);
static STEP_ELR: [AtomicU64; STEPS] = [const { AtomicU64::new(0) }; STEPS];

/// How many exceptions of this class since [`forget`].
pub fn count(class: Class) -> u64 {
    COUNTS[class.value() as usize].load(Relaxed).into()
}

/// How many of all classes but SVC, which is how EL0 comes back.
pub fn total() -> u64 {
    Class::all().filter(|&class| class != Class::SVC64).map(count).sum()
}

/// The class of those since [`forget`], if there was any but SVC.
pub fn only() -> Option<Class> {
    Class::all().find(|&class| class != Class::SVC64 && count(class) > 0)
}

/// From now on, an exception of an unexpected class is skipped like an undefined instruction.
pub fn tolerate() {
    TOLERANT.store(true, Relaxed);
}

/// Where the last one came from.
pub fn last_elr() -> u64 {
    LAST_ELR.load(Relaxed)
}

/// The last one's syndrome.
pub fn last_esr() -> u64 {
    LAST_ESR.load(Relaxed)
}

/// The last one's fault address.
pub fn last_far() -> u64 {
    LAST_FAR.load(Relaxed)
}

/// The instruction before which step number `n` stopped.
pub fn step_elr(n: usize) -> u64 {
    STEP_ELR[n].load(Relaxed)
}

/// Starts counting anew.
pub fn forget() {
    COUNTS.iter().for_each(|counter| counter.store(0, Relaxed));
}

/// Called by the entry code, with everything masked.
pub fn handle(frame: &mut Frame) {
    let esr = Esr::new(frame.esr);
    let counter = &COUNTS[esr.class().value() as usize];
    let before = counter.load(Relaxed);
    counter.store(before + 1, Relaxed);
    if esr.class() != Class::SVC64 {
        LAST_ELR.store(frame.elr, Relaxed);
        LAST_ESR.store(frame.esr, Relaxed);
        LAST_FAR.store(frame.far, Relaxed);
    }
    match esr.class() {
        Class::UNKNOWN => frame.elr += 4,
        Class::BRK64 => breakpoint_instruction(frame, esr.iss() as u16),
        Class::SVC64 => return_to_el1(frame),
        Class::STEP_LOWER | Class::STEP_SAME => {
            if let Some(slot) = STEP_ELR.get(before as usize) {
                slot.store(frame.elr, Relaxed);
            }
            frame.spsr |= Spsr::SS;
        }
        // Off, or the instruction would never get past it.
        Class::BREAKPOINT_LOWER | Class::BREAKPOINT_SAME | Class::WATCHPOINT_LOWER | Class::WATCHPOINT_SAME => {
            debug::set_mdscr(0);
        }
        _ if TOLERANT.load(Relaxed) => frame.elr += 4,
        _ => {
            console::println!("FAIL exception {:?} at {:#x}, address {:#x}", esr, frame.elr, frame.far);
            psci::system_off()
        }
    }
}

fn breakpoint_instruction(frame: &mut Frame, comment: u16) {
    frame.elr += 4;
    match comment {
        START_STEPPING => {
            debug::set_mdscr(debug::SS | debug::KDE);
            frame.spsr = frame.spsr & !D | Spsr::SS;
        }
        STOP_STEPPING => {
            debug::set_mdscr(0);
            frame.spsr = frame.spsr & !Spsr::SS | D;
        }
        _ => (),
    }
}

/// To the second half of `run_at_el0`; x0 is the result.
fn return_to_el1(frame: &mut Frame) {
    frame.elr = probe::return_address();
    frame.spsr = EL1H_MASKED;
}
