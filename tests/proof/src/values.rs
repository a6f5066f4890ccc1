// SPDX-License-Identifier: MIT OR Apache-2.0
//! The values that stand for all. The shim moves a register's value, clamps it, and looks at nothing else of it (the
//! renaming obligation checks that), so a value of its own at each place shows where everything comes from.

use debug_shim::DebugRegister;

use crate::arm;
use crate::layout::{Bank, Layout, Slot};

/// All subsets of some bits.
pub fn subsets(bits: u64) -> Vec<u64> {
    let mut all = vec![0];
    for bit in (0..64).map(|n| 1 << n).filter(|bit| bits & bit != 0) {
        all.extend(all.clone().iter().map(|subset| subset | bit));
    }
    all
}

/// A bank that belongs to vCPU `owner`, and says so at each place; as it is after the clamp.
pub fn own<const N: usize>(layout: &Layout, owner: usize) -> Bank<N> {
    let owner = owner as u64 + 1;
    layout.make(|place| {
        let address = (place as u64 + 1) << 24 | owner << 12;
        match layout.slot(place) {
            // Enabled, and of a type that is sane at every index: bits 2:1 and BAS name owner and place.
            Slot::Bcr(n) => 1 | (owner & 3) << 1 | (u64::from(n) & 0xf) << 5,
            Slot::Wcr(n) => 1 | (owner & 3) << 1 | (u64::from(n) + 1) << 5 | 0x0700_0000,
            Slot::Bvr(_) | Slot::Wvr(_) => address,
            Slot::Mdccint => (owner & 3) << 29,
            Slot::Claim => 0x50 | owner,
            Slot::Vcr32 => 0xde00_0000 | owner,
        }
    })
}

/// A stale copy in memory: nothing of it may ever be found.
pub fn stale<const N: usize>(layout: &Layout) -> Bank<N> {
    layout.make(|place| match layout.slot(place) {
        Slot::Claim => 0xee,
        Slot::Mdccint | Slot::Vcr32 => 0x0bad_0bad,
        _ => 0xbad0_bad0_bad0_bad0,
    })
}

/// All that a guest can put where it reaches the hardware.
pub fn all_ones<const N: usize>(layout: &Layout) -> Bank<N> {
    layout.make(|place| match layout.slot(place) {
        Slot::Wvr(_) => !arm::RES0_OF_ADDRESS,
        Slot::Claim => arm::CLAIM,
        Slot::Vcr32 => arm::VCR32,
        _ => !0,
    })
}

/// Enabled controls that make no sense, aimed at EL2: links to breakpoint 0, which compares no context.
pub fn senseless<const N: usize>(layout: &Layout) -> Bank<N> {
    layout.make(|place| match layout.slot(place) {
        Slot::Bcr(0) => 0x0020_0001 | arm::HMC_SSC,
        Slot::Bcr(_) => 0x0010_0001 | arm::HMC_SSC,
        Slot::Wcr(_) => 0x0010_0001 | arm::HMC_SSC,
        _ => 0,
    })
}

/// What a VMM writes to a register: the values that the clamp treats differently, and one of its own.
pub fn written(layout: &Layout, register: DebugRegister) -> Vec<u64> {
    let place = layout.place_of_invoked(register);
    let last = u64::from(layout.counts().breakpoints()).saturating_sub(1) << 16;
    match (register, place.map(|place| layout.slot(place))) {
        (DebugRegister::Mdscr, _) => {
            let all = arm::GUEST64 | arm::HDE;
            let mut values = subsets(all);
            values.extend([!0, arm::MOE, 0x0010 | arm::MDE, 0x0024]);
            values
        }
        (DebugRegister::OsLock, _) => vec![0, 1, 2, !0],
        (_, Some(Slot::Bcr(_))) => {
            // Types 0, 1 with a link to a context and to none, 2, 3, 4, 5 and 8.
            let types = [0x0000_01e7, 0x0010_0001 | last, 0x001f_0001, 0x0020_0001, 0x0030_0001, 0x0040_0001];
            types.into_iter().chain([0x0050_0001 | last, 0x005f_0001, 0x0080_0001, 0, !0]).collect()
        }
        (_, Some(Slot::Wcr(_))) => vec![0, !0, 0x1f00_1ff9 | arm::HMC_SSC, 0x0010_0001 | last, 0x001f_0001],
        (_, Some(_)) => vec![0, !0, 0x0123_4567_89ab_cdef],
        (_, None) => vec![!0],
    }
}

/// All registers that a VMM can name on this core, and the first that it cannot.
pub fn registers(layout: &Layout) -> Vec<DebugRegister> {
    let counts = layout.counts();
    let mut all = vec![
        DebugRegister::Mdscr,
        DebugRegister::OsLock,
        DebugRegister::Mdccint,
        DebugRegister::Claim,
        DebugRegister::Vcr32,
        DebugRegister::Bvr(15),
        DebugRegister::Wcr(15),
    ];
    all.extend((0..=counts.breakpoints()).flat_map(|n| [DebugRegister::Bvr(n), DebugRegister::Bcr(n)]));
    all.extend((0..=counts.watchpoints()).flat_map(|n| [DebugRegister::Wvr(n), DebugRegister::Wcr(n)]));
    all
}
