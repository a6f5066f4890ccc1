// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything at one moment.

use debug_shim::fake::{FakeHardware, Registers, ShimImage, VcpuImage};
use debug_shim::{Counts, Shim, VcpuDebug};

use crate::machine::Vcpu;

/// One of each kind, and it can compare contexts.
pub(crate) const COUNTS: Counts = Counts::new(1, 1, 1);
pub(crate) const EVENT_COUNTERS: u8 = 1;
/// Of [`CoreRegisters::bank`]: what is in the communications channel, a vCPU's number plus one.
pub(crate) const CHANNEL: usize = 6;

/// What a guest must find in its registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ghost {
    /// `DBGBVR0_EL1`.
    pub value: u64,
    /// The claim tags.
    pub claim: u64,
    /// `MDSCR_EL1`.
    pub mdscr: u64,
    pub os_lock: bool,
    /// Does an outside debugger have it?
    pub external: bool,
}

/// The part of a core's registers that the model uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoreRegisters {
    pub(crate) bank: [u64; 7],
    pub(crate) mdscr: u64,
    pub(crate) mdcr: u64,
    pub(crate) locked: bool,
}

/// One core.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Core {
    pub(crate) shim: ShimImage<usize>,
    pub(crate) registers: CoreRegisters,
    /// Whose guest runs; otherwise native code.
    pub(crate) running: Option<usize>,
}

/// The whole system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SystemState {
    pub(crate) cores: Vec<Core>,
    pub(crate) vcpus: Vec<VcpuImage>,
    pub(crate) ghosts: Vec<Ghost>,
    /// A rule about a step, not about a state, that the last step broke.
    pub(crate) broken: Option<&'static str>,
    /// The kernel is no more.
    pub(crate) panicked: bool,
}

impl SystemState {
    pub(crate) fn new(cores: usize, vcpus: usize) -> Self {
        Self {
            cores: (0..cores).map(|_| Core::booted()).collect(),
            vcpus: (0..vcpus).map(|_| VcpuImage::of(&VcpuDebug::new(), COUNTS)).collect(),
            ghosts: vec![Ghost::default(); vcpus],
            broken: None,
            panicked: false,
        }
    }

    /// Where the vCPU's guest runs.
    pub(crate) fn core_of(&self, vcpu: usize) -> Option<usize> {
        self.cores.iter().position(|core| core.running == Some(vcpu))
    }

    pub(crate) fn is_loaded(&self, vcpu: usize) -> bool {
        self.vcpus[vcpu].state().is_loaded()
    }
}

impl Core {
    /// From poison, by the shim's own start.
    fn booted() -> Self {
        let hw = FakeHardware::poisoned(COUNTS, EVENT_COUNTERS);
        let shim: Shim<Vcpu<'_>> = Shim::new();
        shim.init_core(&hw);
        Self {
            shim: ShimImage::of(&shim, |vcpu| vcpu.index),
            registers: CoreRegisters::of(&hw.registers()),
            running: None,
        }
    }
}

impl CoreRegisters {
    pub(crate) fn of(r: &Registers) -> Self {
        Self {
            bank: [r.bvr[0], r.bcr[0], r.wvr[0], r.wcr[0], r.mdccint, r.claim, r.channel[0] | r.channel[1]],
            mdscr: r.mdscr,
            mdcr: r.mdcr,
            locked: r.os_lock || r.double_lock,
        }
    }

    pub(crate) fn restore(&self) -> FakeHardware {
        let hw = FakeHardware::poisoned(COUNTS, EVENT_COUNTERS);
        hw.with_registers(|r| {
            [r.bvr[0], r.bcr[0], r.wvr[0], r.wcr[0], r.mdccint, r.claim, r.channel[0]] = self.bank;
            r.channel[1] = 0;
            r.mdscr = self.mdscr;
            r.mdcr = self.mdcr;
            r.os_lock = self.locked;
            r.double_lock = false;
        });
        hw
    }
}
