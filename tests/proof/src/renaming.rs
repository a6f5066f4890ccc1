// SPDX-License-Identifier: MIT OR Apache-2.0
//! Few values stand for all: the shim takes the same steps, whatever the values are.
//!
//! A renaming moves the bits of each register's value about, inside the fields that the clamp does not look at. It keeps 0
//! and all ones, which the shim writes by itself, and it commutes with masks. A call on a renamed state must touch the same
//! registers in the same order and lead to the renamed state. So no decision depends on a value, and where a value
//! is found tells where it came from.

use debug_shim::DebugRegister;

use crate::layout::{Bank, Layout, Slot};
use crate::state::CoreState;
use crate::step::{Outcome, Step};

/// One value of the register at a place.
pub fn value(layout: &Layout, place: usize, value: u64) -> u64 {
    match layout.slot(place) {
        Slot::Bvr(_) => value.rotate_left(13),
        Slot::Wvr(_) => value & 0b11 | rotated(value, 2, 62, 13),
        // BAS, PMC, and HMC with SSC, which never get through.
        Slot::Bcr(_) => fields(value, &[(5, 4), (1, 2), (13, 3)]),
        // BAS, PAC, LSC, MASK, and HMC with SSC.
        Slot::Wcr(_) => fields(value, &[(5, 8), (1, 2), (3, 2), (24, 5), (13, 3)]),
        Slot::Mdccint => fields(value, &[(29, 2)]),
        Slot::Claim => fields(value, &[(0, 8)]),
        Slot::Vcr32 => fields(value, &[(0, 32)]),
    }
}

fn fields(value: u64, fields: &[(u32, u32)]) -> u64 {
    fields.iter().fold(value, |value, &(at, width)| {
        let mask = ((1 << width) - 1) << at;
        value & !mask | rotated(value, at, width, 1)
    })
}

/// The field alone, its bits moved up by `by`, around its end.
fn rotated(value: u64, at: u32, width: u32, by: u32) -> u64 {
    let mask = (1 << width) - 1;
    let field = value >> at & mask;
    ((field << by | field >> (width - by)) & mask) << at
}

/// A bank.
pub fn bank<const N: usize>(layout: &Layout, bank: &Bank<N>) -> Bank<N> {
    layout.make(|place| value(layout, place, bank[place]))
}

/// A state: all banks in it.
pub fn state<const N: usize>(layout: &Layout, state: &CoreState<N>) -> CoreState<N> {
    let mut renamed = *state;
    for vcpu in &mut renamed.vcpus {
        vcpu.bank = bank(layout, &vcpu.bank);
    }
    renamed.registers.bank = bank(layout, &renamed.registers.bank);
    renamed
}

/// A step of a VMM: the value that it brings.
pub fn step<const N: usize>(layout: &Layout, step: &Step<N>) -> Step<N> {
    match *step {
        Step::Write(register, written, dirty) => Step::Write(register, invoked(layout, register, written), dirty),
        other => other,
    }
}

fn invoked(layout: &Layout, register: DebugRegister, written: u64) -> u64 {
    layout.place_of_invoked(register).map_or(written, |place| value(layout, place, written))
}

/// Whether the renamed call did what the other one did.
pub fn is_same<const N: usize>(layout: &Layout, made: &Step<N>, plain: &Outcome<N>, renamed: &Outcome<N>) -> bool {
    let result = match *made {
        Step::Read(register) => plain.result.map(|found| invoked(layout, register, found)),
        _ => plain.result,
    };
    renamed.result == result
        && (renamed.trail, renamed.status, renamed.record) == (plain.trail, plain.status, plain.record)
        && renamed.state == state(layout, &plain.state)
}
