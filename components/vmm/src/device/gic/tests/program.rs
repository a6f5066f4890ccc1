// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random steps of guests that use their interrupt controller.

use super::architecture::{CPUS, LAST};
use super::*;

/// A step of a program.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A register of the distributor, for one interrupt.
    Store(usize, u16, u16, u8),
    Control(u32),
    Sgi(usize, u32),
    Line(u16, bool),
    Take(usize),
    End(usize),
    Deactivate(usize, usize),
    Mask(usize, u8),
    Interface(usize, u32),
    BinaryPoint(usize, u8),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let intid = prop_oneof![0u16..16, 28u16..=LAST];
    const REGISTERS: &[u16] = &[0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x800, 0xc00, 0xf10, 0xf20];
    let register = proptest::sample::select(REGISTERS);
    prop_oneof![
        6 => (0..CPUS, register, intid, any::<u8>()).prop_map(|(cpu, register, intid, value)| Step::Store(cpu, register, intid, value)),
        1 => (0u32..4).prop_map(Step::Control),
        5 => (0..CPUS, 0u32..4, any::<u8>(), 0u32..16).prop_map(|(cpu, filter, list, intid)| Step::Sgi(cpu, filter << 24 | u32::from(list) << 16 | intid)),
        4 => (32..=LAST, any::<bool>()).prop_map(|(intid, high)| Step::Line(intid, high)),
        6 => (0..CPUS).prop_map(Step::Take),
        5 => (0..CPUS).prop_map(Step::End),
        2 => (0..CPUS, any::<usize>()).prop_map(|(cpu, which)| Step::Deactivate(cpu, which)),
        1 => (0..CPUS, any::<u8>()).prop_map(|(cpu, mask)| Step::Mask(cpu, mask | 0x40)),
        1 => (0..CPUS, 0u32..8).prop_map(|(cpu, groups)| Step::Interface(cpu, groups | 1)),
        1 => (0..CPUS, 0u8..8).prop_map(|(cpu, point)| Step::BinaryPoint(cpu, point)),
    ]
}
