// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two guests with this mode and different patterns: each register that one of them can write holds what it wrote,
//! or what nobody can change, whatever the other one writes meanwhile.

use arm_syndrome::Class;

use super::attack;
use crate::options::{Options, Yield};
use crate::runtime::exception::{count, forget, total};
use crate::runtime::report::{check, check_quietly, failed};
use crate::runtime::sweep::{REGISTERS, Register, VECTOR_WORDS, Vectors, enable_vectors, read_vectors, write_vectors};
use crate::runtime::{console::println, interrupt, psci};

const SLEEP_US: u64 = 100;
/// Before the first look: long enough for the other guest to have written everything.
const HEAD_START: u64 = 200;
const EVERY: u64 = 100;
const ENOUGH: u32 = 20;

/// What a register turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// An undefined instruction, one way or the other.
    Undefined,
    /// Reads this, whatever is written.
    Constant(u64),
    /// Reads this after the pattern was written: so it must be switched.
    Switched(u64),
}

impl Finding {
    fn name(self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Constant(_) => "constant",
            Self::Switched(_) => "switched",
        }
    }
}

pub fn run(options: &Options<'_>) -> &'static str {
    interrupt::init();
    enable_vectors();
    (0..HEAD_START).for_each(|_| let_others_run(options.yielding));
    let mut findings = [Finding::Undefined; REGISTERS.len()];
    for (register, finding) in REGISTERS.iter().zip(&mut findings) {
        *finding = find(register, options.pattern);
        println!("SWEEP {} {}", register.name, finding.name());
    }
    look_at_vectors_first(options.pattern);
    for round in 1.. {
        write_all(&findings, options.pattern);
        attack::arm();
        forget();
        let_others_run(options.yielding);
        attack::disarm(round);
        check_quietly(format_args!("sweep.round{round}.quiet"), 0, total());
        check_all(&findings, options.pattern, round);
        if round % EVERY == 0 {
            println!("guest {}: sweep round {round}, {} failed", options.id, failed());
        }
        if round == options.rounds || failed() > ENOUGH {
            break;
        }
    }
    "sweep"
}

fn let_others_run(how: Yield) {
    match how {
        Yield::Wfi => interrupt::sleep(SLEEP_US),
        Yield::Hvc => _ = psci::version(),
        Yield::Spin => (0..10_000).for_each(|_| core::hint::spin_loop()),
    }
}

/// The pattern four times; its low bits differ between guests in whatever part of a register is kept.
fn wide(pattern: u16) -> u64 {
    u64::from(pattern) * 0x0001_0001_0001_0001
}

/// Reads before it writes: what is there is what a vCPU starts with, or somebody else's.
fn find(register: &Register, pattern: u16) -> Finding {
    forget();
    let before = (register.read)();
    // The other guest's pattern, cut by the register: two equal digits that are not ours.
    let stranger = wide(pattern ^ 0x3333);
    let kept = before & register.mask;
    if kept != 0 && (kept == stranger & register.mask || kept == stranger & u64::from(u32::MAX)) {
        check(format_args!("sweep.{}.fresh", register.name), 0, before);
    }
    (register.write)(before & !register.mask | wide(pattern) & register.mask);
    let after = (register.read)();
    match () {
        () if count(Class::UNKNOWN) > 0 => Finding::Undefined,
        () if after == before => Finding::Constant(after),
        () => Finding::Switched(after),
    }
}

/// The claim tags pile up, so their own register is written once; everything else each round.
fn write_all(findings: &[Finding], pattern: u16) {
    for (register, finding) in REGISTERS.iter().zip(findings) {
        match *finding {
            Finding::Undefined => (),
            Finding::Constant(value) | Finding::Switched(value) => {
                (register.write)(value & !register.mask | wide(pattern) & register.mask);
            }
        }
    }
    write_vectors(&vectors(pattern));
}

fn check_all(findings: &[Finding], pattern: u16, round: u64) {
    for (register, finding) in REGISTERS.iter().zip(findings) {
        if let Finding::Constant(value) | Finding::Switched(value) = *finding {
            check_quietly(format_args!("sweep.round{round}.{}", register.name), value, (register.read)());
        }
    }
    let (found, expected) = (read_vectors(), vectors(pattern));
    for n in 0..VECTOR_WORDS {
        check_quietly(format_args!("sweep.round{round}.q{}[{}]", n / 2, n % 2), expected.0[n], found.0[n]);
    }
}

/// A value for each half of each register.
fn vectors(pattern: u16) -> Vectors {
    Vectors(core::array::from_fn(|n| wide(pattern) ^ n as u64))
}

/// Nothing of the other guest's is in them before they are written.
fn look_at_vectors_first(pattern: u16) {
    let (found, stranger) = (read_vectors(), vectors(pattern ^ 0x3333));
    let strange = found.0.iter().zip(&stranger.0).filter(|(found, stranger)| found == stranger).count();
    check("sweep.vectors.fresh", 0, strange as u64);
    println!("SWEEP q0-q31 switched");
}
