// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver finds. That no death of the VMM is visible, `vm/recovery/tests/network.rs` shows.

use crate::boot::Images;
use crate::boot::image::tests::file;
use crate::config::Config;
use crate::fake::{self, FakeNetwork, FakeSerial, FakeVcpu};
use crate::guest_map::{RAM, VIRTIO_NET};
use crate::guest_ram::GuestRam;
use crate::state::State;
use crate::vm::{Provisions, Vm};
use core::sync::atomic::AtomicU64;
use proptest::prelude::*;
use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY, DATA_SIZE};
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

/// Areas of a queue, and where the other's are.
const AREAS: [u64; 3] = [RAM + 0x1_0000, RAM + 0x1_1000, RAM + 0x1_2000];
const NEXT: u64 = 0x4000;
/// Buffers of a queue's chains.
const DATA: u64 = RAM + 0x2_0000;
const RAM_SIZE: u64 = 1 << 20;
/// Entries of each queue.
const SIZE: u16 = 16;
const RECEIVE: u64 = 0;
const SEND: u64 = 1;

/// A guest's driver.
struct Driver<'a> {
    vm: Vm<'a, FakeSerial>,
    vcpu: FakeVcpu,
    /// Chains that it has made available, of each queue.
    index: [u16; 2],
}

/// Runs a driver in this network.
fn with(network: &FakeNetwork, work: impl FnOnce(&mut Driver<'_>)) {
    let memory: Vec<AtomicU64> = (0..RAM_SIZE / 8).map(|_| AtomicU64::new(0)).collect();
    let kernel = file(0, 0x1000, 0, 0x800);
    let config = Config::parse(b"name = vm\nguest = bare64\n").expect("a configuration");
    let images = Images { kernel: &kernel, initrd: &[] };
    let state = Box::leak(Box::new(State::new()));
    let ram = GuestRam::new(&memory, |_| {});
    let network = Some(network.backend());
    let given = Provisions { images, ram, disk: None, network, seconds: fake::seconds, seed: None };
    let mut vm = Vm::new(config, given, FakeSerial::default(), state);
    let mut vcpu = FakeVcpu::new();
    vm.start(&mut vcpu).expect("it starts");
    vm.platform.console.serial().forget();
    work(&mut Driver { vm, vcpu, index: [0; 2] });
}

impl Driver<'_> {
    fn store(&mut self, register: u64, value: u64) {
        let (bus, mut outside) = self.vm.platform.devices(&mut self.vcpu);
        assert_eq!(bus.write(VIRTIO_NET + register, 4, value, &mut outside), Some(()));
        self.vm.commit_event();
    }

    fn load(&mut self, register: u64) -> u64 {
        let (bus, mut outside) = self.vm.platform.devices(&mut self.vcpu);
        bus.peek(VIRTIO_NET + register, 4, &mut outside).expect("a plain read")
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
        for (register, value) in [(0x70, 3), (0x24, 1), (0x20, 1), (0x70, 11)] {
            self.store(register, value);
        }
        for queue in [RECEIVE, SEND] {
            self.store(0x30, queue);
            self.store(0x38, SIZE.into());
            for (register, area) in [0x80, 0x90, 0xa0].into_iter().zip(AREAS) {
                self.store(register, area + NEXT * queue);
            }
            self.store(0x44, 1);
        }
        self.store(0x70, 15);
    }

    /// Makes a chain of two buffers available, header and the rest, `length` bytes without the header.
    fn offer(&mut self, queue: u64, length: u32) {
        let (areas, slot) = (AREAS.map(|area| area + NEXT * queue), self.index[queue as usize] % SIZE);
        let (flags, at) = (if queue == RECEIVE { 2 } else { 0 }, self.chain(queue, slot));
        for (n, address, length, flags, next) in [
            (2 * slot % SIZE, at, 12, flags | 1, 2 * slot % SIZE + 1),
            (2 * slot % SIZE + 1, at + 12, length, flags, 0),
        ] {
            let about = u64::from(length) | flags << 32 | u64::from(next) << 48;
            self.write(areas[0] + 16 * u64::from(n), &[address.to_le_bytes(), about.to_le_bytes()].concat());
        }
        self.write(areas[1] + 4 + 2 * u64::from(slot), &(2 * slot % SIZE).to_le_bytes());
        self.index[queue as usize] += 1;
        let index = self.index[queue as usize].to_le_bytes();
        self.write(areas[1] + 2, &index);
    }

    /// Where the chain is that was offered in this slot.
    fn chain(&self, queue: u64, slot: u16) -> u64 {
        DATA + 0x1_0000 * queue + 0x1000 * u64::from(slot % (SIZE / 2))
    }

    fn offer_frame(&mut self, frame: &[u8]) {
        let at = self.chain(SEND, self.index[1] % SIZE);
        self.write(at, &[0xff; 12]);
        self.write(at + 12, frame);
        self.offer(SEND, frame.len() as u32);
    }

    fn send(&mut self, frame: &[u8]) {
        self.offer_frame(frame);
        self.store(0x50, SEND);
    }

    /// How many chains of a queue it has back.
    fn used(&mut self, queue: u64) -> u16 {
        let used = self.read(AREAS[2] + NEXT * queue + 2, 2);
        u16::from_le_bytes([used[0], used[1]])
    }

    fn signal(&mut self) {
        self.vm.pump(&mut self.vcpu);
    }
}

#[test]
fn it_is_a_network_card() {
    with(&FakeNetwork::default(), |driver| {
        assert_eq!((driver.load(8), driver.load(0x10)), (1, 1 << 5 | 1 << 16 | 3 << 28));
        assert_eq!((driver.load(0x100), driver.load(0x104)), (0x1200_5452, 0x0001_5634));
        driver.store(0x30, 2);
        assert_eq!(driver.load(0x34), 0, "two queues");
    });
}

#[test]
fn without_a_switch_there_is_no_device() {
    let network = FakeNetwork::default();
    network.remove();
    with(&network, |driver| {
        assert_eq!((driver.load(0), driver.load(8), driver.load(0x100)), (0x7472_6976, 0, 0));
        driver.set_up();
        driver.send(&[1; 60]);
        assert!(!network.carry());
    });
}

#[test]
fn frames_go_out_whole_and_in_turn() {
    let network = FakeNetwork::default();
    with(&network, |driver| {
        driver.set_up();
        let frames = [14, 15, 60, 511, 512, 513, 1514, 1518].map(|length| {
            let frame: Vec<u8> = (0..length).map(|n| (n * 7 + length) as u8).collect();
            frame
        });
        for frame in &frames {
            driver.send(frame);
            assert!(network.carry() && !network.carry());
        }
        assert_eq!((&network.sent.borrow()[..], driver.used(SEND)), (&frames[..], 8));
        assert!(network.has_all_buffers());
        assert_eq!(driver.load(0x60), 1, "it hears of its buffers");
    });
}

#[test]
fn what_cannot_be_a_frame_is_dropped() {
    let network = FakeNetwork::default();
    with(&network, |driver| {
        driver.set_up();
        driver.send(&[1; 13]);
        driver.send(&[1; 1519]);
        driver.send(&[1; 14]);
        assert_eq!((driver.used(SEND), network.carry(), network.carry()), (3, true, false));
        assert!(
            driver.vm.platform.console.serial().output().contains("vm: virtio network, a frame of 1519 bytes: dropped")
        );
    });
}

#[test]
fn frames_come_in_as_far_as_there_are_buffers() {
    let network = FakeNetwork::default();
    with(&network, |driver| {
        driver.set_up();
        driver.offer(RECEIVE, 1514);
        driver.store(0x50, RECEIVE);
        assert!(network.deliver(&[7; 61]) && network.deliver(&[8; 1514]));
        driver.signal();
        assert_eq!((driver.used(RECEIVE), driver.load(0x60)), (1, 1));
        let at = driver.chain(RECEIVE, 0);
        assert_eq!(driver.read(at, 12), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(driver.read(at + 12, 62), [vec![7; 61], vec![0]].concat());
        assert_eq!(driver.read(AREAS[2] + 4, 8), [0, 0, 0, 0, 73, 0, 0, 0]);
        driver.offer(RECEIVE, 1514);
        driver.store(0x50, RECEIVE);
        let at = driver.chain(RECEIVE, 1);
        assert_eq!((driver.used(RECEIVE), driver.read(at + 12, 1515)), (2, [vec![8; 1514], vec![0]].concat()));
        assert!(network.has_all_buffers());
    });
}

#[test]
fn frames_that_came_before_the_driver_are_forgotten() {
    let network = FakeNetwork::default();
    (0..CAPACITY).for_each(|n| assert!(network.deliver(&[n as u8; 60])));
    assert!(!network.deliver(&[0; 60]));
    with(&network, |driver| {
        driver.signal();
        driver.set_up();
        driver.offer(RECEIVE, 1514);
        driver.store(0x50, RECEIVE);
        assert_eq!(driver.used(RECEIVE), 0);
        assert!(network.deliver(&[0xaa; 60]));
        driver.signal();
        let at = driver.chain(RECEIVE, 0);
        assert_eq!((driver.used(RECEIVE), driver.read(at + 12, 1)), (1, vec![0xaa]));
    });
}

#[test]
fn frames_wait_while_all_buffers_are_under_way() {
    let network = FakeNetwork::default();
    let wants = || network.backend().send.free.wants_signal();
    with(&network, |driver| {
        driver.set_up();
        (0..CAPACITY).for_each(|n| driver.send(&[n as u8; 60]));
        assert!(!wants(), "it has room");
        driver.send(&[0xaa; 60]);
        assert_eq!((wants(), driver.used(SEND)), (true, CAPACITY));
        assert!(network.carry());
        driver.signal();
        assert_eq!(driver.used(SEND), CAPACITY + 1);
        while network.carry() {}
        let last = network.sent.borrow().last().map(|frame| frame[0]);
        assert_eq!((last, network.sent.borrow().len()), (Some(0xaa), usize::from(CAPACITY) + 1));
        driver.send(&[0xbb; 60]);
        assert!(!wants());
    });
}

#[test]
fn a_buffer_without_room_breaks_the_device_and_nothing_else() {
    let network = FakeNetwork::default();
    with(&network, |driver| {
        driver.set_up();
        driver.offer(RECEIVE, 60);
        driver.store(0x50, RECEIVE);
        assert!(network.deliver(&[1; 61]));
        driver.signal();
        assert_eq!(driver.load(0x70), 15 | 64, "NEEDS_RESET");
        driver.store(0x70, 0);
        driver.index = [0; 2];
        (0..2).for_each(|queue| driver.write(AREAS[1] + NEXT * queue, &[0; 4]));
        driver.set_up();
        driver.send(&[2; 60]);
        assert_eq!((network.carry(), driver.load(0x70)), (true, 15));
    });
}

#[test]
fn a_switch_that_says_what_cannot_be_harms_nobody() {
    let network = FakeNetwork::default();
    with(&network, |driver| {
        driver.set_up();
        driver.offer(RECEIVE, 1514);
        driver.store(0x50, RECEIVE);
        for (offset, length) in [
            (DATA_SIZE, 60),
            (1, 60),
            (u64::MAX, 60),
            (0, BUFFER_SIZE as u16 + 1),
            (0, 0),
            (0, 13),
            (u64::MAX - 2047, 9),
        ] {
            network.deliver_entry(&Buffer { offset, length });
            driver.signal();
            assert_eq!(driver.used(RECEIVE), 0, "{offset:#x}");
        }
        network.deliver_entry(&Buffer { offset: 0, length: 60 });
        driver.signal();
        assert_eq!((driver.used(RECEIVE), driver.load(0x70)), (1, 15));
    });
}

#[test]
fn a_driver_hears_of_the_link() {
    let network = FakeNetwork::default();
    let state = |driver: &mut Driver<'_>| (driver.load(0x60), driver.load(0x104) >> 16, driver.load(0xfc));
    with(&network, |driver| {
        driver.store(0x70, 0);
        for (half, features) in [(0, 1 << 16), (1, 1)] {
            driver.store(0x24, half);
            driver.store(0x20, features);
        }
        network.set_up(false);
        driver.signal();
        assert_eq!(state(driver), (0, 0, 0), "it has not begun");
        driver.set_up();
        assert_eq!(state(driver), (2, 0, 0), "since its reset");
        driver.store(0x64, 2);
        driver.signal();
        assert_eq!(state(driver), (0, 0, 0), "once");
        network.set_up(true);
        driver.signal();
        assert_eq!(state(driver), (2, 1, 1));
        driver.store(0x70, 0);
        driver.set_up();
        assert_eq!(state(driver), (0, 1, 1), "it looks by itself");
    });
}

#[test]
fn a_driver_that_knows_of_no_link_hears_nothing_of_it() {
    let network = FakeNetwork::default();
    with(&network, |driver| {
        driver.store(0x70, 0);
        driver.set_up();
        network.set_up(false);
        driver.signal();
        assert_eq!(driver.load(0x60), 0);
        driver.send(&[1; 60]);
        assert!(network.carry(), "frames go all the same");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// A guest with a hostile driver keeps its VMM, and sends only what may be a frame.
    #[test]
    fn no_driver_is_too_strange(
        stores in prop::collection::vec((
            prop::sample::select(vec![0x14u64, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x50, 0x64, 0x70, 0x80, 0x84, 0x90, 0xa0, 0xc0, 0x100]),
            prop_oneof![0u64..16, (0u64..64).prop_map(|n| RAM + 0x100 * n), any::<u64>()],
        ), 0..60),
        words in prop::collection::vec(prop_oneof![0u64..16, (0u64..64).prop_map(|n| RAM + 0x100 * n), any::<u64>()], 64),
        is_set_up: bool,
    ) {
        let network = FakeNetwork::default();
        with(&network, |driver| {
            if is_set_up {
                driver.set_up();
            }
            for (n, word) in words.iter().enumerate() {
                let at = [AREAS[0], AREAS[1], AREAS[0] + NEXT, AREAS[1] + NEXT][n % 4] + 8 * (n / 4) as u64;
                driver.write(at, &word.to_le_bytes());
            }
            for (register, value) in &stores {
                driver.store(*register, *value);
                network.deliver(&[1; 60]);
                network.carry();
                driver.signal();
            }
            assert!(driver.load(0x70) < 0x100);
        });
        prop_assert!(network.sent.borrow().iter().all(|frame| (14..=1518).contains(&frame.len())));
        prop_assert!(network.has_all_buffers());
    }
}
