// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger on the console, to which a guest behaves as Linux does with kdb and kgdb: it polls the UART while everything
//! is masked, asks in a line without an end, and has its breakpoint in the machine's registers. What is said is close
//! to kdb's words; which commands there are is in [`local`] and [`remote`].

mod local;
mod remote;
mod stop;

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use arm_syndrome::{Class, Esr, Spsr};

use super::exception::Frame;
use super::{debug, entry, exception, probe};
use crate::pattern::Kind;
use stop::Stop;

/// `BRK` that enters the debugger.
const ENTER: u16 = 3;
/// SPSR: debug exceptions are masked.
const D: u64 = 1 << 9;

/// Where its breakpoint is.
static BREAKPOINT: AtomicU64 = AtomicU64::new(NOWHERE);
const NOWHERE: u64 = u64::MAX;
/// The breakpoint is off for one instruction, which is the one that it is at.
static PASSES: AtomicBool = AtomicBool::new(false);
/// Who is on the console is a program.
static IS_REMOTE: AtomicBool = AtomicBool::new(false);

/// How the guest goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resume {
    Go,
    Step,
}

/// From now on the debugger is there.
pub fn enable() {
    debug::reset();
    entry::let_debugger_have_exceptions();
}

/// Asks whoever is on the console.
pub fn enter() {
    super::instruction!("brk #3");
}

/// Called by the entry code for what EL1 takes of its own code: what is not the debugger's is the guest's.
pub(super) fn handle(frame: &mut Frame) {
    let Some(stop) = why(frame) else { return exception::handle(frame) };
    let how = match stop {
        // Past its own breakpoint.
        Stop::Step if PASSES.load(Relaxed) => Resume::Go,
        _ if IS_REMOTE.load(Relaxed) => remote::stopped(frame),
        stop => local::stopped(frame, stop),
    };
    resume(frame, how);
}

fn why(frame: &mut Frame) -> Option<Stop> {
    let esr = Esr::new(frame.esr);
    match esr.class() {
        Class::BRK64 if esr.iss() as u16 == ENTER => {
            frame.elr += 4;
            Some(Stop::Asked)
        }
        Class::BREAKPOINT_SAME => Some(Stop::Breakpoint),
        Class::STEP_SAME => Some(Stop::Step),
        _ => None,
    }
}

/// Out of the handler, with debug exceptions. Over its own breakpoint the guest goes by a step.
fn resume(frame: &mut Frame, how: Resume) {
    let breakpoint = BREAKPOINT.load(Relaxed);
    let is_there = frame.elr == breakpoint;
    let steps = how == Resume::Step || is_there;
    PASSES.store(is_there && how == Resume::Go, Relaxed);
    if breakpoint != NOWHERE {
        debug::write(Kind::Bvr, 0, breakpoint);
    }
    debug::write(Kind::Bcr, 0, if breakpoint == NOWHERE || is_there { 0 } else { debug::AT_EL1 });
    debug::set_mdscr(debug::MDE | debug::KDE | if steps { debug::SS } else { 0 });
    frame.spsr &= !(D | Spsr::SS);
    frame.spsr |= if steps { Spsr::SS } else { 0 };
}

/// Where a command by name puts the breakpoint: the guest comes by again and again.
fn work() -> u64 {
    probe::nop_address()
}
