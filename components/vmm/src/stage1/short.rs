// SPDX-License-Identifier: MIT OR Apache-2.0
//! Short descriptors of AArch32: sections and supersections, large and small pages, domains.

use super::{ACCESS_FLAG, Access, Regime, Translation, WalkError};
use crate::guest_ram::GuestRam;

/// TTBCR (Arm ARM, G8.2.166): N, and the switches that turn a table off.
const N: u64 = 0b111;
const DISABLED: [u64; 2] = [1 << 4, 1 << 5];
/// A first-level descriptor of a section: it is one of 16 MiB.
const SUPERSECTION: u64 = 1 << 18;

/// Where an address leads.
pub(super) fn translate(regime: &Regime, address: u32, ram: &GuestRam<'_>) -> Result<Translation, WalkError> {
    let n = (regime.tcr & N) as u32;
    let is_upper = n > 0 && address >> (32 - n) != 0;
    if regime.tcr & DISABLED[usize::from(is_upper)] != 0 {
        return Err(WalkError::Unmapped);
    }
    let n = if is_upper { 0 } else { n };
    let table = regime.ttbr[usize::from(is_upper)] & 0xffff_ffff & !((1 << (14 - n)) - 1);
    let index = u64::from(address << n >> (20 + n));
    let first = descriptor(regime, table + 4 * index, 1, ram)?;
    let address = u64::from(address);
    match first & 0b11 {
        0b00 => Err(WalkError::Unmapped),
        0b01 => {
            let index = address >> 12 & 0xff;
            let second = descriptor(regime, (first & 0xffff_fc00) + 4 * index, 2, ram)?;
            let offset = match second & 0b11 {
                0b00 => return Err(WalkError::Unmapped),
                0b01 => 0xffff,
                _ => 0xfff,
            };
            let permission = second >> 4 & 0b11 | second >> 7 & 0b100;
            mapped(regime, second & 0xffff_ffff & !offset | address & offset, first >> 5, permission)
        }
        _ => {
            let permission = first >> 10 & 0b11 | first >> 13 & 0b100;
            if first & SUPERSECTION != 0 {
                let high = (first >> 20 & 0xf) << 32 | (first >> 5 & 0xf) << 36;
                return mapped(regime, high | first & 0xff00_0000 | address & 0x00ff_ffff, 0, permission);
            }
            mapped(regime, first & 0xfff0_0000 | address & 0x000f_ffff, first >> 5, permission)
        }
    }
}

fn descriptor(regime: &Regime, ipa: u64, level: u8, ram: &GuestRam<'_>) -> Result<u64, WalkError> {
    regime.descriptor::<4>(ipa, ram).ok_or(WalkError::TableOutsideRam { level })
}

/// AP[2:0], unless the domain grants all or nothing (Arm ARM, G5.7).
fn mapped(regime: &Regime, ipa: u64, domain: u64, permission: u64) -> Result<Translation, WalkError> {
    use Access::{None, Read, Write};
    let (privileged, user) = match regime.dacr >> (2 * (domain & 0xf)) & 0b11 {
        0b01 if regime.sctlr & ACCESS_FLAG != 0 => {
            let most = if permission & 0b100 != 0 { Read } else { Write };
            (most, if permission & 0b010 != 0 { most } else { None })
        }
        0b01 => match permission {
            0b001 => (Write, None),
            0b010 => (Write, Read),
            0b011 => (Write, Write),
            0b101 => (Read, None),
            0b110 | 0b111 => (Read, Read),
            _ => (None, None),
        },
        0b11 => (Write, Write),
        _ => return Err(WalkError::Unmapped),
    };
    Ok(Translation { ipa, privileged, user })
}
