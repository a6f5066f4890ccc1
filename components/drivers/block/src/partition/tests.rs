// SPDX-License-Identifier: MIT OR Apache-2.0

use proptest::prelude::*;

use super::crc::Crc;
use super::*;

/// Sectors of the disks here.
const SIZE: u64 = 8 * 1000;

/// A disk's first bytes; zeros behind them.
#[derive(Clone)]
struct Image {
    bytes: Vec<u8>,
    reads: usize,
    is_readable: bool,
}

impl Image {
    fn new() -> Self {
        Self { bytes: vec![0; 64 * SECTOR_SIZE as usize], reads: 0, is_readable: true }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn with_boot_record(mut self, entries: &[(u8, u32, u32)]) -> Self {
        self.put(510, &[0x55, 0xaa]);
        for (number, (kind, first, length)) in entries.iter().enumerate() {
            let at = 446 + 16 * number;
            self.put(at + 4, &[*kind]);
            self.put(at + 8, &first.to_le_bytes());
            self.put(at + 12, &length.to_le_bytes());
        }
        self
    }

    fn with_header(self, header: &Table) -> Self {
        let mut image = self.with_boot_record(&[(0xee, 1, u32::MAX)]);
        let at = SECTOR_SIZE as usize;
        image.put(at, b"EFI PART\0\0\x01\0");
        image.put(at + 12, &header.size.to_le_bytes());
        for (offset, number) in [(24, header.own), (40, header.usable.0), (48, header.usable.1), (72, header.at)] {
            image.put(at + offset, &number.to_le_bytes());
        }
        for (offset, number) in [(80, header.count), (84, header.entry_size), (88, header.crc)] {
            image.put(at + offset, &number.to_le_bytes());
        }
        let crc = Crc::new().add(image.bytes.get(at..at + header.size as usize).unwrap_or(&[])).value();
        image.put(at + 16, &crc.to_le_bytes());
        image
    }

    /// A usual one, with partitions of a kind of their own.
    fn with_partitions(mut self, partitions: &[(u64, u64)], entry_size: u32) -> Self {
        for (number, (first, last)) in partitions.iter().enumerate() {
            let at = 2 * SECTOR_SIZE as usize + number * entry_size as usize;
            self.put(at, &[1; 16]);
            self.put(at + 32, &first.to_le_bytes());
            self.put(at + 40, &last.to_le_bytes());
        }
        let count = 32 * 512 / entry_size;
        let crc = Crc::new().add(&self.bytes[1024..1024 + 32 * 512]).value();
        self.with_header(&Table { count, entry_size, crc, ..Table::usual() })
    }
}

/// A header's fields.
#[derive(Clone, Debug)]
struct Table {
    size: u32,
    own: u64,
    usable: (u64, u64),
    at: u64,
    count: u32,
    entry_size: u32,
    crc: u32,
}

impl Table {
    fn usual() -> Self {
        Self { size: 92, own: 1, usable: (34, SIZE - 34), at: 2, count: 128, entry_size: 128, crc: 0 }
    }
}

impl Source for Image {
    fn read(&mut self, block: u64, bytes: &mut Block) -> bool {
        assert!(block < SIZE / SECTORS, "behind the disk's end");
        self.reads += 1;
        let start = (block as usize).saturating_mul(bytes.len()).min(self.bytes.len());
        let rest = &self.bytes[start..];
        let length = rest.len().min(bytes.len());
        bytes.fill(0);
        bytes[..length].copy_from_slice(&rest[..length]);
        self.is_readable
    }
}

fn shares(image: &mut Image, clients: &[usize]) -> [Option<Result<Range, Why>>; MAX_CLIENTS] {
    let mut is_there = [false; MAX_CLIENTS];
    clients.iter().for_each(|client| is_there[*client] = true);
    let shares = divide(image, &mut [0; 4096], SIZE / SECTORS, false, is_there);
    assert!(image.reads <= 80, "{} reads", image.reads);
    assert_eq!(shares.map(|share| share.is_some()), is_there);
    shares
}

/// Of clients 0, 1 and so on.
fn first_shares<const N: usize>(mut image: Image) -> [Result<(u64, u64), Why>; N] {
    let numbers: Vec<_> = (0..N).collect();
    let shares = shares(&mut image, &numbers);
    std::array::from_fn(|n| shares[n].unwrap().map(|range| (range.first, range.blocks)))
}

#[test]
fn the_checksum_is_the_usual_one() {
    assert_eq!(Crc::new().add(b"1234").add(b"56789").value(), 0xcbf4_3926);
}

#[test]
fn a_client_alone_has_the_whole_disk_unread() {
    let mut image = Image::new();
    let all = Range { first: 0, blocks: 1000, is_read_only: false };
    assert_eq!(shares(&mut image, &[5])[5], Some(Ok(all)));
    assert_eq!(image.reads, 0);
    assert_eq!(shares(&mut image, &[]), [None; MAX_CLIENTS]);
}

#[test]
fn several_have_a_primary_partition_each() {
    let image = || Image::new().with_boot_record(&[(0x83, 8, 16), (0x0c, 24, 8), (0, 80, 8), (0x83, 16, 8)]);
    let expected = [Ok((1, 2)), Ok((3, 1)), Err(Why::Missing), Err(Why::Overlapping), Err(Why::Missing)];
    assert_eq!(first_shares(image()), expected);
    // It only overlaps a partition that nobody has.
    let shares = shares(&mut image(), &[1, 3]);
    assert_eq!(shares[3], Some(Ok(Range { first: 2, blocks: 1, is_read_only: false })));
}

#[test]
fn what_is_wrong_with_a_partition() {
    let last = SIZE as u32 - 8;
    let image = [(0x83, 9, 8), (0x83, 8, 9), (0x83, last, 16), (0x83, 0, 8)];
    let expected = [Why::Unaligned, Why::Unaligned, Why::Outside, Why::Outside].map(Err);
    assert_eq!(first_shares(Image::new().with_boot_record(&image)), expected);
    let image = [(0x83, last, 8), (0x83, u32::MAX, u32::MAX), (0x83, 8, 0)];
    let expected = [Ok((999, 1)), Err(Why::Outside), Err(Why::Missing)];
    assert_eq!(first_shares(Image::new().with_boot_record(&image)), expected);
}

#[test]
fn a_guid_table_comes_first() {
    let partitions = [(40, 47), (48, 4095), (0, 0), (8, 15), (4096, SIZE - 1), (4096, 4095), (4000, u64::MAX)];
    let outside = Err(Why::Outside);
    let expected = [Ok((5, 1)), Ok((6, 506)), outside, outside, outside, outside, Err(Why::Missing), Err(Why::Missing)];
    for entry_size in [128, 256, 1024] {
        assert_eq!(first_shares(Image::new().with_partitions(&partitions, entry_size)), expected, "{entry_size}");
    }
}

#[test]
fn a_guid_table_that_is_not_whole_is_none() {
    let image = Image::new().with_partitions(&[(40, 47), (48, 55)], 128);
    let of = |image: &Image| first_shares::<2>(image.clone());
    assert_eq!(of(&image), [Ok((5, 1)), Ok((6, 1))]);
    for changed in [512, 512 + 16, 512 + 50, 1024 + 40, 1024 + 100 * 128] {
        let mut image = image.clone();
        image.bytes[changed] ^= 1;
        assert_eq!(of(&image), [Err(Why::Missing); 2], "byte {changed}");
    }
    // The other record is asked then.
    let mut image = image.with_boot_record(&[(0xee, 1, 7), (0x83, 8, 8)]);
    image.bytes[512] = 0;
    assert_eq!(of(&image), [Err(Why::Missing), Ok((1, 1))]);
    // Who does not call it protective has no other.
    let image = Image::new().with_partitions(&[(40, 47)], 128).with_boot_record(&[(0x83, 80, 8)]);
    assert_eq!(of(&image), [Ok((10, 1)), Err(Why::Missing)]);
}

#[test]
fn a_disk_that_cannot_be_read_or_says_nothing() {
    assert_eq!(first_shares(Image::new()), [Err(Why::Missing); 2]);
    assert_eq!(first_shares(Image { is_readable: false, ..Image::new() }), [Err(Why::Unreadable); 2]);
    assert_eq!(
        divide(&mut Image::new(), &mut [0; 4096], 0, true, [true; MAX_CLIENTS]),
        [Some(Err(Why::Unreadable)); MAX_CLIENTS]
    );
}

fn number() -> impl Strategy<Value = u64> {
    let edge = prop_oneof![Just(SIZE), Just(34), Just(u64::MAX)];
    prop_oneof![4 => 0..200u64, 2 => 0..SIZE + 50, 2 => (edge, 0..20u64).prop_map(|(n, less)| n - less), 1 => any::<u64>()]
}

/// Any two: not those that overlap, or are not where blocks begin, or are not on the disk.
fn is_sound(shares: [Option<Result<Range, Why>>; MAX_CLIENTS]) -> bool {
    let granted: Vec<_> = shares.iter().flatten().flatten().collect();
    let is_on_disk = |range: &Range| {
        range.first > 0 && range.blocks > 0 && range.first.checked_add(range.blocks).is_some_and(|end| end <= SIZE / 8)
    };
    let are_apart = |a: &Range, b: &Range| a.first + a.blocks <= b.first || b.first + b.blocks <= a.first;
    granted.iter().all(|range| is_on_disk(range))
        && (0..granted.len()).all(|a| (0..a).all(|b| are_apart(granted[a], granted[b])))
}

proptest! {
    #[test]
    fn any_bytes_give_nobody_what_another_has(bytes in prop::collection::vec(any::<u8>(), 64 * 512), is_signed: bool) {
        let mut image = Image { bytes, ..Image::new() };
        if is_signed {
            image.put(510, &[0x55, 0xaa]);
        }
        prop_assert!(is_sound(shares(&mut image, &[0, 1, 2, 3, 4, 5, 6, 7])));
    }

    #[test]
    fn any_boot_record_does_neither(entries in prop::collection::vec((any::<u8>(), number(), number()), 4)) {
        let entries: Vec<_> = entries.iter().map(|(kind, a, b)| (*kind, *a as u32, *b as u32)).collect();
        prop_assert!(is_sound(shares(&mut Image::new().with_boot_record(&entries), &[0, 1, 2, 3])));
    }

    #[test]
    fn any_partitions_do_neither(partitions in prop::collection::vec((number(), number()), 0..8)) {
        let mut image = Image::new().with_partitions(&partitions, 128);
        prop_assert!(is_sound(shares(&mut image, &[0, 1, 2, 3, 4, 5, 6, 7])));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_header_does_neither(
        sizes in (80..600u32, 0..300u32, prop_oneof![Just(128), Just(4096), 0..5000u32, any::<u32>()]),
        places in (number(), number(), number()),
        partitions in prop::collection::vec((number(), number()), 0..8),
    ) {
        let ((size, count, entry_size), (at, first, last)) = (sizes, places);
        let image = Image::new().with_partitions(&partitions, 128);
        let start = usize::try_from(at).unwrap_or(usize::MAX).saturating_mul(512);
        // Of those that are too long the checksum is never looked at.
        let length = (count as usize).saturating_mul(entry_size as usize).min(64 << 10);
        let rest = image.bytes.get(start..).unwrap_or(&[]);
        let padding = vec![0; length.saturating_sub(rest.len())];
        let crc = Crc::new().add(&rest[..rest.len().min(length)]).add(&padding).value();
        let header = Table { size, own: 1, usable: (first, last), at, count, entry_size, crc };
        let mut image = image.with_header(&header);
        prop_assert!(is_sound(shares(&mut image, &[0, 1, 2, 3, 4, 5, 6, 7])), "{header:?}");
    }
}
