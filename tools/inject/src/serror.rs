// SPDX-License-Identifier: MIT OR Apache-2.0
//! An asynchronous abort (SError), played: QEMU raises none. What the exception does to EL2 is done from outside: the
//! return address and the saved PSTATE, by instructions that the kernel has, and the way to its vector.

use anyhow::Context as _;

use super::emulator::Look;
use super::gdb::{Gdb, PC};
use super::testbed::{Testbed, VICTIM};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// `msr elr_el2, x22` and `msr spsr_el2, x23`, one behind the other in `lazaret_return`.
const MSR_ELR_SPSR: [u8; 8] = [0x36, 0x40, 0x1c, 0xd5, 0x17, 0x40, 0x1c, 0xd5];
/// `msr daifclr, #4`, `isb`, `msr daifset, #4`: where an SError is let in.
const WINDOW: [u8; 12] = [0xff, 0x44, 0x03, 0xd5, 0xdf, 0x3f, 0x03, 0xd5, 0xdf, 0x44, 0x03, 0xd5];
/// Bytes of `lazaret_return` that are looked at.
const RETURN: usize = 64;
/// The vector of an SError from EL2.
const VECTOR: u64 = 0x380;
/// PSTATE at EL2: all but A masked.
const EL2H_OPEN: u64 = 0x2c9;
/// A guest's at EL1, the same.
const EL1H_OPEN: u32 = 0x2c5;
/// Which round of the guests' test it comes in.
const ROUND: u64 = 2;

/// Where the kernel is when it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It waits for what a guest has begun.
    Drain,
    /// It does something else.
    Elsewhere,
}

/// Runs two guests, plays an SError, and tells what the machine printed, until that contains one of these texts.
pub fn run(workspace: &Workspace, place: Place, until: &[&str]) -> anyhow::Result<String> {
    // Where pauses take no time, a machine that was stopped when no timer runs does not go on.
    let request = Testbed::request(workspace, "crash", Config::Debug);
    let testbed = Testbed::of(workspace, &request, VICTIM)?.with_pauses();
    let symbol = |name| testbed.kernel_symbol(name);
    let (machine, mut gdb) = testbed.start()?;
    let guest = testbed.mark(ROUND, 0);
    gdb.breakpoint(guest, true)?;
    gdb.go_on()?;
    gdb.breakpoint(guest, false)?;
    gdb.set_pstate(EL1H_OPEN)?;
    let stops = match place {
        Place::Drain => testbed.kernel_code(&WINDOW, 4)?,
        Place::Elsewhere => vec![symbol("lazaret_return")?],
    };
    anyhow::ensure!(!stops.is_empty(), "the kernel waits for no SError");
    stops.iter().try_for_each(|&stop| gdb.breakpoint(stop, true))?;
    gdb.go_on()?;
    stops.iter().try_for_each(|&stop| gdb.breakpoint(stop, false))?;
    play(&mut gdb, symbol("lazaret_return")?, symbol("lazaret_vectors")?)?;
    gdb.detach()?;
    let over = |text: &str| until.iter().all(|wanted| text.contains(wanted));
    machine.output(|text| if over(text) { Look::Over } else { Look::Unfinished })
}

fn play(gdb: &mut Gdb, lazaret_return: u64, vectors: u64) -> anyhow::Result<()> {
    let code = gdb.read(lazaret_return, RETURN)?.context("the kernel's code")?;
    let at = code.windows(MSR_ELR_SPSR.len()).position(|words| words == MSR_ELR_SPSR).context("msr elr_el2, x22")?;
    let interrupted = gdb.registers()?;
    gdb.set_register(22, interrupted[PC])?;
    gdb.set_register(23, EL2H_OPEN)?;
    let behind = lazaret_return + (at + MSR_ELR_SPSR.len()) as u64;
    gdb.breakpoint(behind, true)?;
    gdb.set_register(PC, lazaret_return + at as u64)?;
    gdb.go_on()?;
    gdb.breakpoint(behind, false)?;
    gdb.set_register(22, interrupted[22])?;
    gdb.set_register(23, interrupted[23])?;
    gdb.set_register(PC, vectors + VECTOR)
}
