// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions, counted. Each is over when it was counted, and the guest goes on behind what caused it.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::{debug, instruction, mrc};

/// What the vectors save. r0 to r12; the link register and the SPSR, as RFE takes them.
#[repr(C)]
pub struct Frame {
    registers: [u32; 13],
    _alignment: u32,
    link: u32,
    spsr: u32,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An undefined instruction, or an illegal state.
    Undefined,
    Breakpoint,
    Bkpt,
    Watchpoint,
    /// A prefetch abort of another kind.
    Prefetch,
    /// A data abort of another kind.
    Data,
}

const KINDS: usize = 6;
static COUNTS: [AtomicU32; KINDS] = [const { AtomicU32::new(0) }; KINDS];
static ADDRESS: AtomicU32 = AtomicU32::new(0);
/// Where to go on when the instruction cannot be stepped over.
pub static RECOVERY: AtomicU32 = AtomicU32::new(0);

/// Not 0: the state that every exception comes from, whatever the SPSR says. QEMU 10.0 keeps the SPSR of the current mode
/// apart from the registers that EL2 switches, so another 32-bit guest may have left its own there.
pub static ORIGIN: AtomicU32 = AtomicU32::new(0);
/// Supervisor mode, A32, all masked.
pub const SUPERVISOR: u32 = 0x1d3;
/// User mode, the same.
pub const USER: u32 = 0x1d0;

const THUMB: u32 = 1 << 5;
const ILLEGAL: u32 = 1 << 20;

/// Before an access that the hypervisor may answer with an exception.
///
/// Supervisor mode's SPSR becomes what another mode's will be: QEMU 10.0 does not fetch the SPSR of a mode that EL2
/// returns to, but goes on with the last mode's. On hardware it does nothing.
pub fn expect_injection() {
    instruction!("mrs r12, cpsr\n msr spsr_cxsf, r12", out("r12") _);
}

/// Forgets all counts.
pub fn forget() {
    COUNTS.iter().for_each(|count| count.store(0, Relaxed));
    ADDRESS.store(0, Relaxed);
}

/// So many since then.
pub fn count(event: Event) -> u32 {
    COUNTS[event as usize].load(Relaxed)
}

/// So many of all kinds.
pub fn total() -> u32 {
    COUNTS.iter().map(|count| count.load(Relaxed)).sum()
}

/// The instruction's address (of a watchpoint, the data's) of the last one.
pub fn address() -> u32 {
    ADDRESS.load(Relaxed)
}

/// From the vectors: 0 undefined, 1 prefetch abort, 2 data abort.
pub fn handle(frame: &mut Frame, kind: u32) {
    match ORIGIN.load(Relaxed) {
        0 => {}
        origin => frame.spsr = origin,
    }
    let thumb = frame.spsr & THUMB != 0;
    let event = match kind {
        0 => Event::Undefined,
        1 => debug_event(mrc!("p15, 0", "c5, c0, 1")).unwrap_or(Event::Prefetch),
        _ => debug_event(mrc!("p15, 0", "c5, c0, 0")).unwrap_or(Event::Data),
    };
    let counter = &COUNTS[event as usize];
    counter.store(counter.load(Relaxed) + 1, Relaxed);
    let (pc, next) = match event {
        // Behind the instruction already, or in the middle of a long one; all that are tried here are long.
        Event::Undefined => (frame.link - if thumb { 2 } else { 4 }, frame.link + if thumb { 2 } else { 0 }),
        Event::Bkpt => (frame.link - 4, frame.link - if thumb { 2 } else { 0 }),
        // Once more, without.
        Event::Breakpoint => (frame.link - 4, frame.link - 4),
        Event::Watchpoint => (mrc!("p15, 0", "c6, c0, 0"), frame.link - 8),
        Event::Prefetch => (frame.link - 4, RECOVERY.load(Relaxed)),
        Event::Data => (mrc!("p15, 0", "c6, c0, 0"), frame.link - 4),
    };
    if matches!(event, Event::Breakpoint | Event::Watchpoint) {
        debug::set_status(debug::status() & !debug::MDBGEN);
    }
    ADDRESS.store(pc, Relaxed);
    if frame.spsr & ILLEGAL != 0 {
        // The state that an illegal return leaves behind: nothing executes until it is cleared.
        frame.spsr &= !ILLEGAL;
        frame.link = RECOVERY.load(Relaxed);
    } else {
        frame.link = next;
    }
}

/// Of a fault status with either format of descriptors; DBGDSCRint's method of entry says which.
fn debug_event(status: u32) -> Option<Event> {
    let is_debug = if status & 1 << 9 != 0 { status & 0x3f == 0x22 } else { status & 0x40f == 2 };
    if !is_debug {
        return None;
    }
    match debug::method_of_entry() {
        1 => Some(Event::Breakpoint),
        3 => Some(Event::Bkpt),
        10 => Some(Event::Watchpoint),
        _ => None,
    }
}
