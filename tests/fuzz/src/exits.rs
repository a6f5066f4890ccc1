// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VMM that gets messages: any label, any words; and one that finds a state region in which bytes were changed.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use vmm::boot::Images;
use vmm::config::Config;
use vmm::exit::{Exit, number};
use vmm::fake::{FakeDisk, FakeNetwork, FakeSerial, FakeVcpu};
use vmm::guest_ram::GuestRam;
use vmm::state::{Found, State};
use vmm::vcpu::{FaultContext, Width};
use vmm::vm::recovery::Waits;
use vmm::vm::{Provisions, Vm};

/// Labels that a kernel sends, and one that none does.
const LABELS: [u64; 8] = [2, 3, 5, 6, 7, 8, 9, 77];
/// A label's number, then its words.
const MESSAGE: usize = 1 + 8 * WORDS;
const WORDS: usize = 5;
/// Words of 8 bytes: a mebibyte, which is what a guest with a device tree takes.
const RAM: usize = 0x2_0000;
/// A 64-bit kernel's file, and a 32-bit one's.
const GUEST64: [u8; 64] = header([(16, 0x40), (56, 0x644d_5241)]);
const GUEST32: [u8; 64] = header([(0x24, 0x016f_2818), (0x2c, 0x40)]);

/// Words at these offsets.
const fn header(words: [(usize, u32); 2]) -> [u8; 64] {
    let mut file = [0; 64];
    let mut at = 0;
    while at < 8 {
        let (offset, word) = words[at / 4];
        file[offset + at % 4] = word.to_le_bytes()[at % 4];
        at += 1;
    }
    file
}

/// Every message is answered, whatever it is. The first byte: the guest's width, whether the kernel has our extension, and
/// whether that has replies which stop a vCPU.
pub fn exits(bytes: &[u8]) {
    let Some((setting, messages)) = bytes.split_first() else { return };
    let devices = devices();
    with_vm(*setting, &mut State::new(), &devices, |vm, vcpu| {
        start(vm, vcpu);
        answer(vm, *setting, messages, vcpu, || serve(&devices));
    });
}

/// Bytes of a state in use are flipped: a section, a byte of it, the bits; three zeros end this, and messages follow.
/// Damage to one byte is found; damage to more may be taken for a state, which then is no worse than another one.
pub fn state(bytes: &[u8]) {
    let (mut state, mut rest) = (State::new(), bytes);
    let mut damage: BTreeMap<(usize, usize), u8> = BTreeMap::new();
    let devices = devices();
    with_vm(1, &mut state, &devices, start);
    let sections = state.section_names().len();
    while let [section, at, bits, more @ ..] = rest {
        rest = more;
        if [*section, *at, *bits] == [0; 3] {
            break;
        }
        let place = (usize::from(*section) % sections, usize::from(*at));
        if state.flip(place.0, place.1, *bits) {
            *damage.entry(place).or_default() ^= bits;
        }
    }
    let damaged = damage.values().filter(|bits| **bits != 0).count();
    match state.find() {
        Ok(Found::Left) => with_vm(1, &mut state, &devices, |vm, vcpu| {
            assert_ne!(damaged, 1, "a damaged state is taken for a whole one");
            if vm.recover(|_| Waits::Stopped, vcpu).is_ok() {
                answer(vm, 1, rest, vcpu, || {});
            }
        }),
        Ok(Found::Fresh) => panic!("a state in use is taken for a fresh one"),
        Err(_) => assert!(damaged > 0, "damage where there is none"),
    }
}

fn start(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu) {
    vm.start(vcpu).unwrap_or_else(|error| panic!("the guest does not start: {error}"));
}

/// What is behind the guest's devices.
type Devices = (FakeDisk, FakeNetwork);

/// A disk of four blocks, and a network.
fn devices() -> Devices {
    (FakeDisk::new(4, 1, false), FakeNetwork::default())
}

/// They assert that nothing is asked of them that is not there.
fn serve((disk, network): &Devices) {
    while disk.serve_one() {}
    while network.carry() {}
    network.deliver(&[0xff; 60]);
}

fn with_vm(
    setting: u8,
    state: &mut State,
    (disk, network): &Devices,
    work: impl FnOnce(&mut Vm<'_, FakeSerial>, &mut FakeVcpu),
) {
    let mut vcpu = FakeVcpu::new();
    vcpu.kernel_counts = setting & 1 != 0;
    vcpu.stops_by_reply = setting & 5 == 1;
    vcpu.width = if setting & 2 == 0 { Width::Aarch64 } else { Width::Aarch32 };
    let memory: Vec<AtomicU64> = (0..RAM).map(|_| AtomicU64::new(0)).collect();
    let (file, kernel) = match vcpu.width {
        Width::Aarch64 => (b"name = vm\nguest = bare64\n", &GUEST64),
        Width::Aarch32 => (b"name = vm\nguest = bare32\n", &GUEST32),
    };
    let config = Config::parse(file).unwrap_or_else(|error| panic!("{error}"));
    let images = Images { kernel, initrd: &[] };
    let given = Provisions {
        images,
        ram: GuestRam::new(&memory, |_| {}),
        disk: Some(disk.backend()),
        network: Some(network.backend()),
        seconds: || 0,
        seed: None,
    };
    work(&mut Vm::new(config, given, FakeSerial::default(), state), &mut vcpu);
}

fn answer(vm: &mut Vm<'_, FakeSerial>, setting: u8, messages: &[u8], vcpu: &mut FakeVcpu, serve: impl Fn()) {
    for message in messages.chunks_exact(MESSAGE) {
        let (label, words) = (message[0], &message[1..]);
        let words: Vec<u64> =
            words.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default())).collect();
        let label = match label {
            128.. => lazaret_abi::fault_context::abort_label(u32::from(label)),
            _ => LABELS[usize::from(label) % LABELS.len()],
        };
        let context = if setting & 1 != 0 { FaultContext::from_message(label, &words) } else { None };
        vcpu.has_fault = true;
        let result = vm.exit(Exit::from_message(label, &words), context, number(label, &words), vcpu);
        if vcpu.stops_by_reply {
            vcpu.conclude(result);
        }
        serve();
        vm.notified(vcpu);
    }
}
