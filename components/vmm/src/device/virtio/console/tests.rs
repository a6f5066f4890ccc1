// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver finds. That no death of the VMM is visible, `vm/recovery/tests/virtio.rs` shows.

use super::*;
use crate::fake::{FakeSerial, FakeVcpu};
use crate::guest_map::RAM;
use crate::guest_map::{UART, VIRTIO_CONSOLE};
use crate::vm::Vm;
use crate::vm::tests::Parts;
use proptest::prelude::*;

const DEVICE_ID: u64 = 0x008;
const STATUS: u64 = 0x070;

fn store(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, ipa: u64, value: u64) {
    let (bus, mut outside) = vm.platform.devices(vcpu);
    assert_eq!(bus.write(ipa, 4, value, &mut outside), Some(()));
    vm.commit_event();
}

fn load(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, ipa: u64) -> u64 {
    let (bus, mut outside) = vm.platform.devices(vcpu);
    bus.peek(ipa, 4, &mut outside).expect("a plain read")
}

fn load_uart(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu) -> u64 {
    let (bus, mut outside) = vm.platform.devices(vcpu);
    bus.read(UART, 4, &mut outside).expect("a UART")
}

#[test]
fn it_is_a_console_with_one_port() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    let mut read = |offset| load(&mut vm, &mut vcpu, VIRTIO_CONSOLE + offset);
    assert_eq!((read(0), read(DEVICE_ID), read(0x10), read(0x100)), (0x7472_6976, 3, 0x3000_0004, 0));
}

#[test]
fn a_byte_goes_out_before_there_are_queues() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    "hi\n".bytes().for_each(|byte| store(&mut vm, &mut vcpu, VIRTIO_CONSOLE + 0x108, byte.into()));
    assert_eq!(vm.platform.console.serial().output(), "hi\n");
}

#[test]
fn input_goes_where_the_guest_wrote_last() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.start();
    assert_eq!(vm.platform.console.reader(), Reader::Uart);
    store(&mut vm, &mut vcpu, VIRTIO_CONSOLE + 0x108, b'v'.into());
    assert_eq!(vm.platform.console.reader(), Reader::Virtio);
    vm.platform.console.serial().input.push(b'x');
    vm.pump(&mut vcpu);
    // It stays where it is until somebody can take it.
    assert!(vm.platform.console.has_input());
    store(&mut vm, &mut vcpu, UART, b'u'.into());
    assert!(!vm.platform.console.has_input(), "at once");
    assert_eq!(load_uart(&mut vm, &mut vcpu), b'x'.into());
    store(&mut vm, &mut vcpu, VIRTIO_CONSOLE + 0x108, b'v'.into());
    vm.start(&mut vcpu).expect("it starts");
    assert_eq!(vm.platform.console.reader(), Reader::Uart);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// A guest with a hostile driver keeps its VMM, and gets no bytes that are not there.
    #[test]
    fn no_driver_is_too_strange(
        stores in prop::collection::vec((
            prop::sample::select(vec![0x14u64, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x64, 0x70, 0x80, 0x84, 0x90, 0xa0, 0xc0, 0x108]),
            prop_oneof![0u64..16, (0u64..64).prop_map(|n| RAM + 0x100 * n), any::<u64>()],
        ), 0..80),
        words in prop::collection::vec(prop_oneof![0u64..8, (0u64..64).prop_map(|n| RAM + 0x100 * n), any::<u64>()], 64),
    ) {
        let parts = Parts::new();
        let (mut vm, mut vcpu) = parts.start();
        for (n, word) in words.iter().enumerate() {
            prop_assert!(vm.platform.backing.ram.write(0x100 * n as u64, &word.to_le_bytes()));
        }
        for (offset, value) in stores {
            store(&mut vm, &mut vcpu, VIRTIO_CONSOLE + offset, value);
            vm.platform.console.serial().input.push(b'x');
            vm.pump(&mut vcpu);
        }
        prop_assert!(load(&mut vm, &mut vcpu, VIRTIO_CONSOLE + STATUS) < 0x100);
    }
}
