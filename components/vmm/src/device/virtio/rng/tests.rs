// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver finds. That no death of the VMM is visible, `vm/recovery/tests/rng.rs` shows.

use crate::fake::{FakeSerial, FakeVcpu};
use crate::guest_map::{RAM, VIRTIO_RNG};
use crate::vm::Vm;
use crate::vm::tests::Parts;
use std::vec;
use std::vec::Vec;

const AREAS: [u64; 3] = [RAM + 0x1_0000, RAM + 0x1_1000, RAM + 0x1_2000];
const DATA: u64 = RAM + 0x1_3000;

struct Driver<'a> {
    vm: Vm<'a, FakeSerial>,
    vcpu: FakeVcpu,
    index: u16,
}

impl Driver<'_> {
    fn store(&mut self, register: u64, value: u64) {
        let (bus, mut outside) = self.vm.platform.devices(&mut self.vcpu);
        assert_eq!(bus.write(VIRTIO_RNG + register, 4, value, &mut outside), Some(()));
        self.vm.commit_event();
    }

    fn load(&mut self, register: u64) -> u64 {
        let (bus, mut outside) = self.vm.platform.devices(&mut self.vcpu);
        bus.peek(VIRTIO_RNG + register, 4, &mut outside).expect("a plain read")
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
    }

    /// Asks for so many bytes: what is where they go, and how many were said to be written.
    fn ask(&mut self, count: u32) -> (Vec<u8>, u32) {
        self.write(DATA, &vec![0; count as usize + 8]);
        self.write(AREAS[0], &[DATA.to_le_bytes(), (u64::from(count) | 2 << 32).to_le_bytes()].concat());
        let slot = u64::from(self.index % 16);
        self.write(AREAS[1] + 4 + 2 * slot, &[0, 0]);
        self.index += 1;
        let index = self.index.to_le_bytes();
        self.write(AREAS[1] + 2, &index);
        self.store(0x50, 0);
        let used = self.read(AREAS[2] + 2, 2);
        assert_eq!(u16::from_le_bytes([used[0], used[1]]), self.index);
        let entry = self.read(AREAS[2] + 4 + 8 * slot + 4, 4);
        let written = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
        (self.read(DATA, count as usize + 8), written)
    }
}

fn with(work: impl FnOnce(&mut Driver<'_>)) {
    let parts = Parts::new();
    let (vm, vcpu) = parts.start();
    work(&mut Driver { vm, vcpu, index: 0 });
}

#[test]
fn it_is_a_source_of_entropy() {
    with(|driver| assert_eq!((driver.load(8), driver.load(0x10), driver.load(0x100)), (4, 3 << 28, 0)));
}

#[test]
fn a_vm_without_a_seed_has_none() {
    with(|driver| {
        driver.vm.platform.backing.seed = None;
        assert_eq!((driver.load(0), driver.load(8)), (0x7472_6976, 0));
    });
}

#[test]
fn no_bytes_come_twice_and_none_beyond_the_buffer() {
    with(|driver| {
        driver.set_up();
        let mut seen = Vec::new();
        for (count, expected) in [(64, 64), (1, 1), (32, 32), (33, 33), (1000, 64), (0, 0), (64, 64)] {
            let (bytes, written) = driver.ask(count);
            assert_eq!(written, expected);
            assert!(bytes[expected as usize..].iter().all(|byte| *byte == 0), "{count}");
            seen.extend(bytes[..expected as usize].chunks_exact(32).map(<[u8]>::to_vec));
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), count), (count, 8));
    });
}

#[test]
fn a_reset_does_not_bring_the_same_bytes_again() {
    with(|driver| {
        driver.set_up();
        let (first, _) = driver.ask(32);
        driver.store(0x70, 0);
        driver.index = 0;
        driver.write(AREAS[1], &[0; 4]);
        driver.write(AREAS[2], &[0; 4]);
        driver.set_up();
        assert_ne!(driver.ask(32).0, first);
    });
}
