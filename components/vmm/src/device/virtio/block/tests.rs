// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver finds. That no death of the VMM is visible, `vm/recovery/tests/disk.rs` shows.

use crate::boot::Images;
use crate::boot::image::tests::file;
use crate::config::Config;
use crate::fake::{self, FakeDisk, FakeSerial, FakeVcpu};
use crate::guest_map::{RAM, VIRTIO_BLOCK};
use crate::guest_ram::GuestRam;
use crate::state::State;
use crate::vm::{Provisions, Vm};
use core::sync::atomic::AtomicU64;
use proptest::prelude::*;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

const AREAS: [u64; 3] = [RAM + 0x1_0000, RAM + 0x1_1000, RAM + 0x1_2000];
const HEADER: u64 = RAM + 0x1_3000;
const STATUS: u64 = RAM + 0x1_3100;
const DATA: u64 = RAM + 0x2_0000;
const RAM_SIZE: u64 = 1 << 20;

/// A guest's driver, which has one request at a time.
struct Driver<'a> {
    vm: Vm<'a, FakeSerial>,
    vcpu: FakeVcpu,
    index: u16,
}

/// Runs a driver on this disk.
fn with(disk: &FakeDisk, work: impl FnOnce(&mut Driver<'_>)) {
    let memory: Vec<AtomicU64> = (0..RAM_SIZE / 8).map(|_| AtomicU64::new(0)).collect();
    let kernel = file(0, 0x1000, 0, 0x800);
    let config = Config::parse(b"name = vm\nguest = bare64\n").expect("a configuration");
    let images = Images { kernel: &kernel, initrd: &[] };
    let state = Box::leak(Box::new(State::new()));
    let ram = GuestRam::new(&memory, |_| {});
    let given =
        Provisions { images, ram, disk: Some(disk.backend()), network: None, seconds: fake::seconds, seed: None };
    let mut vm = Vm::new(config, given, FakeSerial::default(), state);
    let mut vcpu = FakeVcpu::new();
    vm.start(&mut vcpu).expect("it starts");
    vm.platform.console.serial().forget();
    work(&mut Driver { vm, vcpu, index: 0 });
}

impl Driver<'_> {
    fn store(&mut self, register: u64, value: u64) {
        let (bus, mut outside) = self.vm.platform.devices(&mut self.vcpu);
        assert_eq!(bus.write(VIRTIO_BLOCK + register, 4, value, &mut outside), Some(()));
        self.vm.commit_event();
    }

    fn load(&mut self, register: u64) -> u64 {
        let (bus, mut outside) = self.vm.platform.devices(&mut self.vcpu);
        bus.peek(VIRTIO_BLOCK + register, 4, &mut outside).expect("a plain read")
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        assert!(self.vm.platform.backing.ram.write(at - RAM, bytes));
    }

    fn read(&mut self, at: u64, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        assert!(self.vm.platform.backing.ram.read(at - RAM, &mut bytes));
        bytes
    }

    fn set_up(&mut self) {
        for (register, value) in [(0x70, 3), (0x24, 1), (0x20, 1), (0x70, 11), (0x38, 16)] {
            self.store(register, value);
        }
        for (register, area) in [0x80, 0x90, 0xa0].into_iter().zip(AREAS) {
            self.store(register, area);
        }
        self.store(0x44, 1);
        self.store(0x70, 15);
        self.write(STATUS, &[0xff]);
    }

    fn descriptor(&mut self, n: u64, address: u64, length: u32, flags: u16, next: u16) {
        let about = u64::from(length) | u64::from(flags) << 32 | u64::from(next) << 48;
        self.write(AREAS[0] + 16 * n, &[address.to_le_bytes(), about.to_le_bytes()].concat());
    }

    /// Makes a request available: its type, sector, and the data's length; `writes`: the device writes it.
    fn ask(&mut self, kind: u32, sector: u64, length: u32, writes: bool) {
        self.write(HEADER, &[kind.to_le_bytes(), [0; 4]].concat());
        self.write(HEADER + 8, &sector.to_le_bytes());
        let (half, data) = (length / 2 / 8 * 8, if writes { 2 } else { 0 });
        self.descriptor(0, HEADER, 16, 1, if length > 0 { 1 } else { 3 });
        self.descriptor(1, DATA, half, 1 | data, 2);
        self.descriptor(2, DATA + u64::from(half), length - half, 1 | data, 3);
        self.descriptor(3, STATUS, 1, 2, 0);
        self.index += 1;
        let index = self.index.to_le_bytes();
        self.write(AREAS[1] + 2, &index);
        self.store(0x50, 0);
    }

    /// Its status once the block driver has done what it can.
    fn wait(&mut self, disk: &FakeDisk) -> u8 {
        while disk.serve_one() {
            self.vm.pump(&mut self.vcpu);
        }
        let used = self.read(AREAS[2] + 2, 2);
        assert_eq!(u16::from_le_bytes([used[0], used[1]]), self.index, "it is answered");
        self.read(STATUS, 1)[0]
    }
}

/// The size of a disk, in sectors.
const SECTORS: u64 = 16 * 8;

fn disk() -> FakeDisk {
    FakeDisk::new(SECTORS / 8, 2, false)
}

#[test]
fn it_is_a_disk() {
    with(&disk(), |driver| {
        assert_eq!((driver.load(8), driver.load(0x100), driver.load(0x104)), (2, SECTORS, 0));
        assert_eq!((driver.load(0x10c), driver.load(0x114), driver.load(0x118)), (62, 512, 3 | 1 << 16));
        assert_eq!(driver.load(0x10), 1 << 2 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 14 | 3 << 28);
    });
}

#[test]
fn without_a_driver_behind_it_there_is_no_device() {
    let disk = disk();
    disk.remove();
    with(&disk, |driver| {
        assert_eq!((driver.load(0), driver.load(8), driver.load(0x100)), (0x7472_6976, 0, 0));
    });
}

#[test]
fn sectors_are_read_whatever_their_number() {
    let disk = disk();
    with(&disk, |driver| {
        driver.set_up();
        // Whole blocks, parts of them, and more than a cell holds.
        for (sector, count) in [(0, 8), (3, 1), (7, 2), (0, SECTORS as u32), (5, 100), (SECTORS - 1, 1)] {
            driver.write(DATA, &vec![0xee; 512 * count as usize + 8]);
            driver.ask(0, sector, 512 * count, true);
            assert_eq!(driver.wait(&disk), 0);
            let data = driver.read(DATA, 512 * count as usize + 8);
            let expected: Vec<u8> = (0..512 * u64::from(count)).map(|byte| (sector + byte / 512) as u8).collect();
            assert!(data[..expected.len()] == expected, "{sector}, {count}");
            assert_eq!(data[expected.len()..], [0xee; 8]);
            let entry = driver.read(AREAS[2] + 4 + 8 * (u64::from(driver.index) - 1), 8);
            assert_eq!(entry, [[0; 4], (512 * count + 1).to_le_bytes()].concat());
        }
    });
}

#[test]
fn sectors_are_written_and_nothing_beside_them() {
    for (sector, count) in [(0, 8u64), (3, 1), (7, 2), (0, SECTORS), (5, 100), (SECTORS - 1, 1)] {
        let disk = disk();
        let mut expected = disk.contents.borrow().clone();
        expected[512 * sector as usize..512 * (sector + count) as usize].fill(0xdd);
        with(&disk, |driver| {
            driver.set_up();
            driver.write(DATA, &vec![0xdd; 512 * count as usize]);
            driver.ask(1, sector, 512 * count as u32, false);
            assert_eq!(driver.wait(&disk), 0);
        });
        assert!(*disk.contents.borrow() == expected, "{sector}, {count}");
    }
}

#[test]
fn zeros_need_no_data() {
    for (sector, count) in [(0u64, 8u32), (3, 1), (7, 2), (5, 100)] {
        let disk = disk();
        let mut expected = disk.contents.borrow().clone();
        expected[512 * sector as usize..512 * (sector as usize + count as usize)].fill(0);
        with(&disk, |driver| {
            driver.set_up();
            driver.write(DATA, &[sector.to_le_bytes(), (u64::from(count) | 1 << 32).to_le_bytes()].concat());
            driver.ask(13, 0, 16, false);
            assert_eq!(driver.wait(&disk), 0);
            driver.write(DATA, &[sector.to_le_bytes(), (u64::from(count) | 2 << 32).to_le_bytes()].concat());
            driver.ask(13, 0, 16, false);
            assert_eq!(driver.wait(&disk), 2, "a flag that nobody knows");
        });
        assert!(*disk.contents.borrow() == expected, "{sector}, {count}");
    }
}

#[test]
fn what_there_is_not_is_an_error() {
    let disk = disk();
    with(&disk, |driver| {
        driver.set_up();
        for (kind, sector, length, status) in [
            (0, SECTORS, 512, 1),
            (0, SECTORS - 1, 1024, 1),
            (1, u64::MAX / 512 + 1, 512, 1),
            (1, u64::MAX, 512, 1),
            (0, 0, 100, 1),
            (0, 0, 0, 0),
            (2, 0, 0, 2),
            (11, 0, 16, 2),
            (4, 77, 0, 0),
        ] {
            driver.ask(kind, sector, length, kind == 0);
            assert_eq!(driver.wait(&disk), status, "{kind} {sector} {length}");
        }
        driver.ask(8, 0, 20, true);
        assert_eq!((driver.wait(&disk), driver.read(DATA, 12)), (0, b"fake disk\0\0\0".to_vec()));
    });
    assert_eq!(disk.served.get(), 1, "the flush alone");
}

#[test]
fn a_disk_that_is_only_read_is_not_written() {
    let disk = FakeDisk::new(SECTORS / 8, 2, true);
    let before = disk.contents.borrow().clone();
    with(&disk, |driver| {
        assert_eq!(driver.load(0x10) & (1 << 5 | 1 << 14), 1 << 5);
        driver.set_up();
        for (kind, status) in [(1, 1), (13, 2)] {
            driver.ask(kind, 0, 512, false);
            assert_eq!(driver.wait(&disk), status);
        }
    });
    assert!(*disk.contents.borrow() == before && disk.served.get() == 0);
}

#[test]
fn the_drivers_error_is_the_guests() {
    let disk = disk();
    disk.is_broken.set(true);
    with(&disk, |driver| {
        driver.set_up();
        for (kind, length) in [(0, 4096), (1, 4096), (1, 512), (4, 0)] {
            driver.ask(kind, 0, length, kind == 0);
            assert_eq!(driver.wait(&disk), 1, "{kind}");
        }
        assert!(
            driver.vm.platform.console.serial().output().contains("vm: virtio disk, block 0: the driver's status is 3")
        );
    });
}

#[test]
fn what_was_in_flight_at_a_reset_is_forgotten() {
    let disk = disk();
    with(&disk, |driver| {
        driver.set_up();
        driver.ask(0, 0, 4096, true);
        driver.store(0x70, 0);
        driver.write(DATA, &[0x77; 16]);
        driver.write(AREAS[2], &[0; 128]);
        driver.index = 0;
        driver.write(AREAS[1] + 2, &[0, 0]);
        driver.set_up();
        while disk.serve_one() {}
        driver.vm.pump(&mut driver.vcpu);
        assert_eq!((driver.read(DATA, 16), driver.read(AREAS[2], 4)), (vec![0x77; 16], vec![0; 4]));
        driver.ask(0, 8, 4096, true);
        assert_eq!((driver.wait(&disk), driver.read(DATA, 1)), (0, vec![8]));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// A guest with a hostile driver keeps its VMM, asks the block driver for nothing that is not there, and is not served
    /// by it without end.
    #[test]
    fn no_driver_is_too_strange(
        stores in prop::collection::vec((
            prop::sample::select(vec![0x14u64, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x50, 0x64, 0x70, 0x80, 0x84, 0x90, 0xa0, 0xc0, 0x100]),
            prop_oneof![0u64..16, (0u64..64).prop_map(|n| RAM + 0x100 * n), any::<u64>()],
        ), 0..60),
        words in prop::collection::vec(prop_oneof![0u64..16, (0u64..64).prop_map(|n| RAM + 0x100 * n), any::<u64>()], 64),
        is_set_up: bool,
    ) {
        let disk = disk();
        with(&disk, |driver| {
            if is_set_up {
                driver.set_up();
            }
            for (n, word) in words.iter().enumerate() {
                let at = [AREAS[0], AREAS[1], HEADER][n % 3] + 8 * (n / 3) as u64;
                driver.write(at, &word.to_le_bytes());
            }
            for (register, value) in &stores {
                driver.store(*register, *value);
                // It asserts that what it is asked for is there.
                disk.serve_one();
                driver.vm.pump(&mut driver.vcpu);
            }
            assert!(driver.load(0x70) < 0x100);
        });
    }
}
