// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each property by its number; what they say is in the names.

mod clamping;
mod laziness;
mod ownership;
mod reset;

use crate::fake::{FakeHardware, Vcpu};
use crate::{Counts, DebugRegister, Shim, VcpuDebug, mdcr_el2};

/// A Cortex-A57.
const A57: Counts = Counts::new(6, 4, 2);
/// BVR, BCR, WVR, WCR and MDCCINT once, CLAIM as one read.
const SAVE: u64 = 2 * (6 + 4) + 2;
/// The same, but CLAIM is cleared and set.
const LOAD: u64 = SAVE + 1;

const MDE: u64 = 1 << 15;
const KDE: u64 = 1 << 13;
const TDCC: u64 = 1 << 12;
const SS: u64 = 1;

/// One core that has been through `init_core`, with its access counters at 0.
struct Core<'a> {
    shim: Shim<Vcpu<'a>>,
    hw: FakeHardware,
}

impl<'a> Core<'a> {
    fn new() -> Self {
        let core = Self { shim: Shim::new(), hw: FakeHardware::poisoned(A57, 6) };
        core.shim.init_core(&core.hw);
        core.hw.forget_accesses();
        core
    }

    fn write(&self, vcpu: &'a VcpuDebug, register: DebugRegister, value: u64) {
        self.shim.write(Vcpu(vcpu), register, value, true, &self.hw).unwrap();
    }

    fn read(&self, vcpu: &'a VcpuDebug, register: DebugRegister) -> u64 {
        self.shim.read(Vcpu(vcpu), register, &self.hw).unwrap()
    }

    fn enter(&self, vcpu: &'a VcpuDebug) {
        assert_eq!(self.shim.enter(Vcpu(vcpu), &self.hw).unwrap().vcpu(), Vcpu(vcpu));
    }

    fn leave(&self, vcpu: &'a VcpuDebug) {
        self.shim.leave_to_native(Vcpu(vcpu), &self.hw);
    }

    /// One resume and one exit.
    fn run(&self, vcpu: &'a VcpuDebug) {
        self.enter(vcpu);
        self.leave(vcpu);
    }

    fn mdscr(&self) -> u64 {
        self.hw.registers().mdscr
    }

    /// Do the guest's accesses trap?
    fn traps(&self) -> bool {
        self.hw.registers().mdcr & mdcr_el2::TDA != 0
    }
}
