// SPDX-License-Identifier: MIT OR Apache-2.0
//! 32-bit vCPUs: the width, the modes that go with it, and the registers that only they have.

use super::world::*;
use crate::arch::Aarch32Levels;
use crate::arch::arm::policy;
use crate::cap::Cap;
use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;
use lazaret_abi::{AARCH32, AARCH64, VCPU_STATE_READ, VCPU_STATE_WRITE, VcpuState};
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;

const FLAGS: u64 = 0xf000_0000;
const USER64: u64 = 0x140;
const USER32: u64 = 0x150;

/// A vCPU with a thread.
struct Guest {
    w: World,
    vcpu: u64,
    thread: u64,
}

impl Guest {
    fn new() -> Self {
        let w = World::new();
        let (vcpu, thread) = (w.make(ObjectType::Vcpu, 0), w.make(ObjectType::Tcb, 0));
        w.expect(vcpu, VcpuSetTcb, &[], &[thread]);
        Self { w, vcpu, thread }
    }

    fn object(&self) -> Ref<Vcpu> {
        match self.w.slot(self.vcpu).cap() {
            Cap::Vcpu(object) => object,
            other => panic!("{other:?}"),
        }
    }

    fn set_width(&self, width: u64) -> Answer {
        self.w.call_label(self.vcpu, VCPU_STATE_WRITE, &[VcpuState::Width as u64, width], &[])
    }

    fn read(&self, state: VcpuState) -> u64 {
        let answer = self.w.call_label(self.vcpu, VCPU_STATE_READ, &[state as u64], &[]);
        assert_eq!((answer.label, answer.words.len()), (0, 1));
        answer.words[0]
    }

    /// What becomes of an SPSR that the VMM writes.
    fn spsr(&self, value: u64) -> u64 {
        self.w.expect(self.thread, TcbWriteRegisters, &[0, 3, 0, 0, value], &[]);
        self.w.thread_of(self.thread).context.spsr.get()
    }
}

fn no_aarch32(w: &World) {
    w.kernel.cpu.arch.aarch32.set(Aarch32Levels { el0: false, el1: false });
}

#[test]
fn a_fresh_vcpu_is_64_bit() {
    let guest = Guest::new();
    assert_eq!(guest.read(VcpuState::Width), AARCH64);
    assert_eq!(guest.object().hcr.get(), policy::HCR_GUEST);
}

#[test]
fn every_mode_of_either_width() {
    let guest = Guest::new();
    let modes = |legal: &[u64], floor: u64| {
        for mode in 0..32 {
            let value = 0x6f00_03c0 & !0x1f | mode;
            let expected = if legal.contains(&mode) { value } else { value & FLAGS | floor };
            assert_eq!(guest.spsr(value), expected, "mode {mode:#x}");
        }
    };
    modes(&[0, 4, 5, 0x10], USER64);
    assert_eq!(guest.set_width(AARCH32), ok());
    modes(&[0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f], USER32);
    assert_eq!(guest.set_width(AARCH64), ok());
    modes(&[0, 4, 5, 0x10], USER64);
}

#[test]
fn a_change_of_width_leaves_no_mode_that_would_stay_at_el2() {
    let guest = Guest::new();
    let spsr = || guest.w.thread_of(guest.thread).context.spsr.get();
    guest.spsr(0x3c5);
    guest.set_width(AARCH32);
    assert_eq!(spsr(), USER32);
    guest.spsr(0x1d3);
    guest.set_width(AARCH64);
    assert_eq!(spsr(), USER64);
    // Nor does a vCPU that changes its thread, or a thread that loses its vCPU.
    guest.set_width(AARCH32);
    let other = guest.w.make(ObjectType::Tcb, 0);
    guest.w.expect(guest.vcpu, VcpuSetTcb, &[], &[other]);
    assert_eq!((guest.w.thread_of(other).context.spsr.get(), spsr()), (USER32, USER64));
    guest.w.delete(guest.vcpu);
    assert_eq!(guest.w.thread_of(other).context.spsr.get(), USER64);
}

#[test]
fn a_core_without_aarch32_says_so() {
    let guest = Guest::new();
    no_aarch32(&guest.w);
    assert_eq!(guest.set_width(AARCH32), error(4, &[0, 0]));
    assert_eq!(guest.set_width(AARCH64), ok());
    assert_eq!((guest.read(VcpuState::Width), guest.object().hcr.get()), (AARCH64, policy::HCR_GUEST));
    // Its programs are 64-bit as well.
    assert_eq!(guest.spsr(0x10), USER64);
    guest.w.kernel.cpu.arch.aarch32.set(Aarch32Levels { el0: true, el1: false });
    assert_eq!(guest.set_width(AARCH32), error(4, &[0, 0]));
    assert_eq!(guest.set_width(AARCH64), ok());
    assert_eq!(guest.spsr(0x10), 0x10);
}

#[test]
fn levels_are_as_the_id_register_says() {
    let levels = Aarch32Levels::from_id_aa64pfr0;
    assert_eq!(levels(0x2222), Aarch32Levels { el0: true, el1: true });
    assert_eq!(levels(0x1112), Aarch32Levels { el0: true, el1: false });
    assert_eq!(levels(0x1111), Aarch32Levels { el0: false, el1: false });
}

#[test]
fn what_only_a_32_bit_el1_has() {
    let guest = Guest::new();
    guest.set_width(AARCH32);
    for (n, state) in (1..).zip(&VcpuState::ALL[1..]) {
        let words = [*state as u64, 0xffff_0000_0000_0000 | n];
        assert_eq!(guest.w.call_label(guest.vcpu, VCPU_STATE_WRITE, &words, &[]), ok());
    }
    for (n, state) in (1..).zip(&VcpuState::ALL[1..]) {
        assert_eq!(guest.read(*state), n, "32 bits of its own");
    }
    let read = |words: &[u64]| guest.w.call_label(guest.vcpu, VCPU_STATE_READ, words, &[]);
    assert_eq!(read(&[8]), error(1, &[0]));
    assert_eq!(read(&[u64::MAX]), error(1, &[0]));
    assert_eq!(read(&[]), error(7, &[]));
    assert_eq!(guest.set_width(2), error(4, &[0, 1]));
    assert_eq!(guest.w.call_label(guest.vcpu, VCPU_STATE_WRITE, &[0], &[]), error(7, &[]));
}
