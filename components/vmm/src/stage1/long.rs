// SPDX-License-Identifier: MIT OR Apache-2.0
//! Long descriptors: of AArch64 with granules of 4, 16 and 64 KiB, and of AArch32.

use super::{Access, Regime, Translation, WalkError};
use crate::guest_ram::GuestRam;

/// Address bits of a descriptor and of a TTBR, of 48.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// The last level.
const LAST: u32 = 3;
/// AP[2:1] of a page or block; of a table they are limits, at 62:61, with the meaning of bit 61 turned round.
const AP_USER: u64 = 1 << 6;
const AP_READ_ONLY: u64 = 1 << 7;
const TABLE_NO_USER: u64 = 1 << 61;
const TABLE_READ_ONLY: u64 = 1 << 62;

/// A walk to be done.
struct Walk {
    /// The first table.
    table: u64,
    /// log2 of the granule.
    granule: u32,
    /// Bits of the address that the tables resolve.
    input: u32,
    address: u64,
}

/// TCR_EL1 (Arm ARM, D24.2.183).
pub(super) fn aarch64(regime: &Regime, address: u64, ram: &GuestRam<'_>) -> Result<Translation, WalkError> {
    let upper = address >> 55 & 1 != 0;
    let field = |lower: u32, higher: u32| regime.tcr >> if upper { higher } else { lower };
    let ignores_top = field(37, 38) & 1 != 0;
    let is_disabled = field(7, 23) & 1 != 0;
    let input = 64 - (field(0, 16) as u32 & 0x3f).clamp(16, 39);
    let granule = match (upper, field(14, 30) & 0b11) {
        (false, 0) | (true, 2) => 12,
        (false, 2) | (true, 1) => 14,
        (false, 1) | (true, 3) => 16,
        _ => return Err(WalkError::Unmapped),
    };
    let top = if ignores_top { 55 } else { 63 };
    let unresolved = address << (63 - top) >> (63 - top) >> input;
    let sign = if upper { u64::MAX << (63 - top) >> (63 - top) >> input } else { 0 };
    if is_disabled || unresolved != sign {
        return Err(WalkError::Unmapped);
    }
    let table = regime.ttbr[usize::from(upper)];
    walk(regime, Walk { table, granule, input, address }, ram)
}

/// TTBCR with EAE (Arm ARM, G8.2.166).
pub(super) fn aarch32(regime: &Regime, address: u64, ram: &GuestRam<'_>) -> Result<Translation, WalkError> {
    let [size0, size1] = [0, 16].map(|at| regime.tcr as u32 >> at & 0b111);
    let address = address & 0xffff_ffff;
    let in_lower = address >> (32 - size0) == 0;
    let in_upper = if size1 == 0 { !in_lower } else { address >> (32 - size1) == (1 << size1) - 1 };
    let (upper, size) = match (in_lower, in_upper) {
        (_, true) => (true, size1),
        (true, false) => (false, size0),
        (false, false) => return Err(WalkError::Unmapped),
    };
    let disabled = if upper { 1 << 23 } else { 1 << 7 };
    if regime.tcr & disabled != 0 {
        return Err(WalkError::Unmapped);
    }
    let table = regime.ttbr[usize::from(upper)];
    walk(regime, Walk { table, granule: 12, input: 32 - size, address }, ram)
}

fn walk(regime: &Regime, walk: Walk, ram: &GuestRam<'_>) -> Result<Translation, WalkError> {
    let Walk { granule, input, address, .. } = walk;
    let stride = granule - 3;
    // As few levels as resolve the input.
    let first = LAST + 1 - (input - granule).div_ceil(stride);
    let shift_of = |level: u32| granule + stride * (LAST - level);
    let first_size = input - shift_of(first) + 3;
    let mut table = walk.table & 0x0000_ffff_ffff_ffff & !((1 << first_size) - 1);
    let (mut user, mut read_only) = (true, false);
    for level in first..=LAST {
        let shift = shift_of(level);
        let width = if level == first { input - shift } else { stride };
        let at = table + ((address >> shift & ((1 << width) - 1)) << 3);
        let outside = WalkError::TableOutsideRam { level: level as u8 };
        let descriptor = regime.descriptor::<8>(at, ram).ok_or(outside)?;
        match (descriptor & 0b11, level) {
            (0b11, LAST) => {}
            (0b11, _) => {
                user &= descriptor & TABLE_NO_USER == 0;
                read_only |= descriptor & TABLE_READ_ONLY != 0;
                table = descriptor & ADDRESS & !((1 << granule) - 1);
                continue;
            }
            // Blocks of 512 GiB, and of 1 GiB but with the smallest granule, there are not.
            (0b01, 1) if granule == 12 => {}
            (0b01, 2) => {}
            _ => break,
        }
        user &= descriptor & AP_USER != 0;
        read_only |= descriptor & AP_READ_ONLY != 0;
        let privileged = if read_only { Access::Read } else { Access::Write };
        let offset = (1 << shift) - 1;
        let ipa = descriptor & ADDRESS & !offset | address & offset;
        return Ok(Translation { ipa, privileged, user: if user { privileged } else { Access::None } });
    }
    Err(WalkError::Unmapped)
}
