// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a guest would find in its debug registers: the state of the eager system, in which every vCPU has registers of its
//! own and nothing is ever switched. The shim's steps must look like steps of that system.

use debug_shim::Armed;

use crate::arm;
use crate::layout::{Bank, Layout, Slot};
use crate::state::{CoreState, guest_bits, is_external, is_loaded};

/// One vCPU's registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<const N: usize> {
    /// The bank; none if it is on another core's hardware, which no step here can change.
    pub bank: Option<Bank<N>>,
    /// `MDSCR_EL1`; none if another core executes the guest.
    pub mdscr: Option<u64>,
    /// The OS lock.
    pub os_lock: bool,
    /// An outside debugger has the vCPU.
    pub is_external: bool,
    /// A 32-bit EL1.
    pub aarch32: bool,
}

impl<const N: usize> View<N> {
    /// What a guest finds after a reset.
    pub fn reset(aarch32: bool) -> Self {
        Self { bank: Some([0; N]), mdscr: Some(0), os_lock: false, is_external: false, aarch32 }
    }

    /// Of one vCPU.
    pub fn of(state: &CoreState<N>, name: usize, layout: &Layout) -> Self {
        let parts = &state.vcpus[name].parts;
        Self {
            bank: bank(state, name, layout),
            mdscr: mdscr(state, name),
            os_lock: parts.os_lock,
            is_external: is_external(parts),
            aarch32: parts.aarch32,
        }
    }
}

/// A register as it reads: the low bits of a watchpoint's address are RES0.
#[inline]
pub fn readable(layout: &Layout, place: usize, value: u64) -> u64 {
    match layout.slot(place) {
        Slot::Wvr(_) => value & !arm::RES0_OF_ADDRESS,
        _ => value,
    }
}

fn bank<const N: usize>(state: &CoreState<N>, name: usize, layout: &Layout) -> Option<Bank<N>> {
    let vcpu = &state.vcpus[name];
    let source = match (is_loaded(&vcpu.parts), state.owner == Some(name)) {
        (true, true) => &state.registers.bank,
        (true, false) => return None,
        _ => &vcpu.bank,
    };
    Some(layout.make(|place| {
        // A core whose EL1 is 64-bit only has no DBGVCR32_EL2, so a 64-bit vCPU's stays in memory.
        let stays = place == layout.vcr32() && !vcpu.parts.aarch32;
        let value = if stays { vcpu.bank[place] } else { layout.clamped(place, source[place]) };
        readable(layout, place, value)
    }))
}

fn mdscr<const N: usize>(state: &CoreState<N>, name: usize) -> Option<u64> {
    let parts = &state.vcpus[name].parts;
    if state.away[name] {
        return None;
    }
    if state.executing != Some(name) {
        return Some(parts.mdscr);
    }
    // A 32-bit guest's BKPT writes the method of entry whether or not the rest of the register is the guest's.
    let entry = state.registers.mdscr & arm::MOE;
    Some(match state.armed {
        Armed::Direct => state.registers.mdscr & guest_bits(parts.aarch32),
        _ if parts.aarch32 && entry != 0 => parts.mdscr & !arm::MOE | entry,
        _ => parts.mdscr,
    })
}
