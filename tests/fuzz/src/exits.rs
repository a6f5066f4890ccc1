// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VMM that gets messages: any label, any words; and one that finds a state region in which bytes were changed.

use std::sync::atomic::AtomicU64;

use vmm::boot::Images;
use vmm::config::Config;
use vmm::exit::{Exit, number};
use vmm::fake::{FakeSerial, FakeVcpu};
use vmm::frame::Given;
use vmm::guest_ram::GuestRam;
use vmm::recover::Waits;
use vmm::state::{Found, State};
use vmm::vcpu::Width;
use vmm::vm::Vm;

/// Labels that a kernel sends, and one that none does.
const LABELS: [u64; 8] = [2, 3, 5, 6, 7, 8, 9, 77];
/// A label's number, then its words.
const MESSAGE: usize = 1 + 8 * WORDS;
const WORDS: usize = 5;
/// Words of 8 bytes.
const RAM: usize = 0x4000;

/// Every message is answered, whatever it is. The first byte: the guest's width, and whether the kernel has our extension.
pub fn exits(bytes: &[u8]) {
    let Some((setting, messages)) = bytes.split_first() else { return };
    with_vm(*setting, &mut State::new(), |vm, vcpu| answer(vm, *setting, messages, vcpu));
}

/// Bytes of a state in use are flipped: a section, a byte of it, the bits; three zeros end this, and messages follow.
/// Either the damage is found, or nothing was changed.
pub fn state(bytes: &[u8]) {
    let (mut state, mut rest, mut flipped) = (State::new(), bytes, false);
    with_vm(1, &mut state, |vm, vcpu| _ = vm.start(vcpu));
    while let [section, at, bits, more @ ..] = rest {
        rest = more;
        if [*section, *at, *bits] == [0; 3] {
            break;
        }
        state.flip(*section, (*at).into(), *bits);
        flipped |= *bits != 0;
    }
    match state.find() {
        Ok(Found::Left) => with_vm(1, &mut state, |vm, vcpu| {
            if vm.recover(Waits::Stopped, vcpu).is_ok() {
                answer(vm, 1, rest, vcpu);
            }
        }),
        Ok(Found::Fresh) => panic!("a state in use is taken for a fresh one"),
        Err(_) => assert!(flipped, "damage where there is none"),
    }
}

fn with_vm(setting: u8, state: &mut State, work: impl FnOnce(&mut Vm<'_, FakeSerial>, &mut FakeVcpu)) {
    let mut vcpu = FakeVcpu::new();
    vcpu.kernel_counts = setting & 1 != 0;
    vcpu.width = if setting & 2 == 0 { Width::Aarch64 } else { Width::Aarch32 };
    let memory: Vec<AtomicU64> = (0..RAM).map(|_| AtomicU64::new(0)).collect();
    let Ok(config) = Config::parse(b"name = vm\nguest = bare64\n") else { return };
    let images = Images { kernel: &[], initrd: &[] };
    work(&mut Vm::new(config, images, GuestRam::new(&memory, |_| {}), FakeSerial::default(), state), &mut vcpu);
}

fn answer(vm: &mut Vm<'_, FakeSerial>, setting: u8, messages: &[u8], vcpu: &mut FakeVcpu) {
    for message in messages.chunks_exact(MESSAGE) {
        let (label, words) = (message[0], &message[1..]);
        let words: Vec<u64> =
            words.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default())).collect();
        let label = match label {
            128.. => sel4_sys::extension::fault_context::abort_label(u32::from(label)),
            _ => LABELS[usize::from(label) % LABELS.len()],
        };
        let given = if setting & 1 != 0 { Given::from_message(label, &words) } else { None };
        vm.exit(Exit::from_message(label, &words), given, number(label, &words), vcpu);
        vm.notified(vcpu);
    }
}
