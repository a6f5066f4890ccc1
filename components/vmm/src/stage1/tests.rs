// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use proptest::prelude::*;
use std::vec::Vec;

const SIZE: u64 = 1 << 20;

fn memory() -> Vec<AtomicU64> {
    (0..SIZE / 8).map(|_| AtomicU64::new(0)).collect()
}

fn regime(width: Width, tcr: u64, ttbr: [u64; 2]) -> Regime {
    Regime { width, sctlr: MMU_ON, tcr, ttbr, dacr: 0x5555_5555 }
}

/// Puts descriptors of eight bytes.
fn put(memory: &[AtomicU64], table: u64, entries: &[(u64, u64)]) {
    entries.iter().for_each(|&(index, entry)| memory[((table - RAM) / 8 + index) as usize].store(entry, Relaxed));
}

/// Puts descriptors of four bytes.
fn put_short(memory: &[AtomicU64], table: u64, entries: &[(u64, u64)]) {
    for &(index, entry) in entries {
        let at = table - RAM + 4 * index;
        let word = &memory[(at / 8) as usize];
        let shift = 8 * (at % 8);
        word.store(word.load(Relaxed) & !(0xffff_ffff << shift) | entry << shift, Relaxed);
    }
}

const USER: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;

/// Four levels of 4 KiB, three of 16 KiB, two of 64 KiB, and a page at the end of each.
#[test]
fn pages_of_all_granules() {
    // granule, TG0, T0SZ, levels
    for (granule, tg0, size, levels) in [(12, 0, 16, 4), (14, 2, 17, 3), (16, 1, 23, 2)] {
        let memory = memory();
        let ram = GuestRam::new(&memory, |_| {});
        let stride = granule - 3;
        let address = (1 << (64 - size)) - 0x1000 + 0x345;
        let index = |level: u32| address >> (granule + stride * (levels - 1 - level)) & ((1 << stride) - 1);
        let table = |level: u32| RAM + ((u64::from(level) + 1) << granule);
        for level in 0..levels - 1 {
            put(&memory, table(level), &[(index(level), table(level + 1) | 3)]);
        }
        put(&memory, table(levels - 1), &[(index(levels - 1), 0x0900_0000 | USER | 3)]);
        let it = regime(Width::Aarch64, size | tg0 << 14, [table(0), 0]);
        let ipa = 0x0900_0000 | address & ((1 << granule) - 1);
        let expected = Translation { ipa, privileged: Access::Write, user: Access::Write };
        assert_eq!(it.translate(address, &ram), Ok(expected), "granule {granule}");
        assert_eq!(it.translate(address - (1 << granule), &ram), Err(WalkError::Unmapped));
        // Beyond the input, or with other bits above it.
        assert_eq!(it.translate(1 << (64 - size), &ram), Err(WalkError::Unmapped));
        assert_eq!(it.translate(address | 1 << 60, &ram), Err(WalkError::Unmapped));
        let tagged = Regime { tcr: it.tcr | 1 << 37, ..it };
        assert_eq!(tagged.translate(address | 0xa5 << 56, &ram), Ok(expected));
    }
}

#[test]
fn blocks_limits_and_the_upper_half() {
    let memory = memory();
    let ram = GuestRam::new(&memory, |_| {});
    let (first, second) = (RAM + 0x1000, RAM + 0x2000);
    // T1SZ 25 with 4 KiB (TG1 2): level 1 first. A limit to EL1 and to reads.
    let no_user_and_read_only = 1 << 61 | 1 << 62;
    put(&memory, first, &[(0, 0x4000_0000 | USER | 1), (1, second | 3), (2, second | 3 | no_user_and_read_only)]);
    put(&memory, second, &[(1, 0x0920_0000 | USER | 1), (2, 0x0940_0000 | USER | READ_ONLY | 1)]);
    let it = regime(Width::Aarch64, 25 << 16 | 2 << 30, [0, first]);
    let base: u64 = 0xffff_ff80_0000_0000;
    let find = |offset| it.translate(base + offset, &ram).map(|found| (found.ipa, found.privileged, found.user));
    assert_eq!(find(0x1234_5678), Ok((0x5234_5678, Access::Write, Access::Write)));
    assert_eq!(find(0x4021_2345), Ok((0x0921_2345, Access::Write, Access::Write)));
    assert_eq!(find(0x4041_2345), Ok((0x0941_2345, Access::Read, Access::Read)));
    assert_eq!(find(0x8021_2345), Ok((0x0921_2345, Access::Read, Access::None)));
    assert_eq!(find(0xc000_0000), Err(WalkError::Unmapped));
    let disabled = Regime { tcr: it.tcr | 1 << 23, ..it };
    assert_eq!(disabled.translate(base, &ram), Err(WalkError::Unmapped));
}

#[test]
fn big_endian_tables() {
    let memory = memory();
    let ram = GuestRam::new(&memory, |_| {});
    put(&memory, RAM, &[(0, (0x4000_0000 | USER | 1_u64).swap_bytes())]);
    let it = Regime { sctlr: MMU_ON | BIG_ENDIAN, ..regime(Width::Aarch64, 25, [RAM, 0]) };
    assert_eq!(it.translate(0x123, &ram).map(|found| found.ipa), Ok(0x4000_0123));
}

#[test]
fn short_descriptors() {
    let memory = memory();
    let ram = GuestRam::new(&memory, |_| {});
    let (first, second, upper) = (RAM, RAM + 0x4000, RAM + 0x8000);
    let client = 1 << 5;
    put_short(
        &memory,
        first,
        &[
            (1, 0x0910_0000 | 3 << 10 | client | 2),
            (2, second | 1 | client),
            (0x12, 0x0a00_0000 | 1 << 18 | 1 << 10 | 2),
            (3, 0x0910_0000 | 3 << 10 | 2 << 5 | 2),
            (4, 0x0910_0000 | 3 << 5 | 2),
        ],
    );
    // A large page is there sixteen times.
    put_short(&memory, second, &[(0x13, 0x0b00_0000 | 2 << 4 | 1), (0x20, 0x0c00_0000 | 1 << 9 | 1 << 4 | 2)]);
    put_short(&memory, upper, &[(0xfff, 0x0900_0000 | 3 << 10 | client | 2)]);
    let it = Regime { dacr: 3 << 6 | 1 << 2 | 1, ..regime(Width::Aarch32, 0, [first, upper]) };
    let find =
        |it: &Regime, address| it.translate(address, &ram).map(|found| (found.ipa, found.privileged, found.user));
    assert_eq!(find(&it, 0x0010_1234), Ok((0x0910_1234, Access::Write, Access::Write)));
    assert_eq!(find(&it, 0x0021_3456), Ok((0x0b00_3456, Access::Write, Access::Read)));
    assert_eq!(find(&it, 0x0022_0456), Ok((0x0c00_0456, Access::Read, Access::None)));
    assert_eq!(find(&it, 0x0123_4567), Ok((0x0a23_4567, Access::Write, Access::None)));
    // Domains: one that grants nothing, one that grants all.
    assert_eq!(find(&it, 0x0030_0000), Err(WalkError::Unmapped));
    assert_eq!(find(&it, 0x0040_0000), Ok((0x0910_0000, Access::Write, Access::Write)));
    // N: the upper half has its own table, which is as large as without N.
    assert_eq!(find(&it, 0xfff0_0001), Err(WalkError::Unmapped));
    let halved = Regime { tcr: 1, ..it };
    assert_eq!(find(&halved, 0xfff0_0001), Ok((0x0900_0001, Access::Write, Access::Write)));
    assert_eq!(find(&halved, 0x0010_1234).map(|found| found.0), Ok(0x0910_1234));
    let disabled = Regime { tcr: 1 | 1 << 5, ..it };
    assert_eq!(find(&disabled, 0xfff0_0001), Err(WalkError::Unmapped));
}

#[test]
fn long_descriptors_of_aarch32() {
    let memory = memory();
    let ram = GuestRam::new(&memory, |_| {});
    let (lower, upper) = (RAM + 0x1000, RAM + 0x2000);
    put(&memory, lower, &[(0, 0x4000_0000 | USER | 1), (1, 0x0800_0000 | 3)]);
    // T1SZ 2: the last GiB, from level 2 on.
    put(&memory, upper, &[(511, 0x0920_0000 | 1)]);
    let it = regime(Width::Aarch32, LONG_DESCRIPTORS | 2 << 16, [lower, upper]);
    let find = |address| it.translate(address, &ram).map(|found| (found.ipa, found.user));
    assert_eq!(find(0x0012_3456), Ok((0x4012_3456, Access::Write)));
    assert_eq!(find(0xffe1_2345), Ok((0x0921_2345, Access::None)));
    assert_eq!(find(0x4000_0000), Err(WalkError::TableOutsideRam { level: 2 }));
    assert_eq!(find(0xc000_0000), Err(WalkError::Unmapped));
}

proptest! {
    /// Whatever the registers and the memory hold, a walk ends; it leads somewhere or says why not.
    #[test]
    fn hostile_tables(
        tcr: u64, ttbr in [any::<u64>(), any::<u64>()], sctlr: u64, dacr: u64, address: u64, wide: bool,
        words in proptest::collection::vec(any::<u64>(), 64),
    ) {
        // Tables that point to themselves and around.
        let memory: Vec<_> = (0..0x2000).map(|n| AtomicU64::new(words[n % 64] & !0xfff_f000 | RAM | (n as u64 & 0xf) << 12)).collect();
        let ram = GuestRam::new(&memory, |_| {});
        let width = if wide { Width::Aarch64 } else { Width::Aarch32 };
        for base in [0, RAM] {
            let ttbr = ttbr.map(|value| value & 0xffff | base);
            let it = Regime { width, sctlr: sctlr | MMU_ON, tcr, ttbr, dacr };
            match it.translate(address, &ram) {
                Ok(found) => prop_assert!(found.ipa < 1 << 48 && found.user <= Access::Write),
                Err(WalkError::TableOutsideRam { level }) => prop_assert!(level < 4),
                Err(WalkError::Unmapped) => {}
            }
        }
    }
}
