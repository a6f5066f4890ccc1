// SPDX-License-Identifier: MIT OR Apache-2.0
//! One vCPU: what the VMM keeps of it, and the kernel's side of it as a trait.

mod alarm;
mod id;
mod kernel;
mod others;
mod physical_timer;
mod power;
mod registers;
pub(crate) mod reset;

use alarm::Alarm;
pub use id::{MAX_VCPUS, VcpuId};
pub use kernel::{Counts, DebugBackend, DebugRegister, DebugUse, FP_WORDS, KernelVcpu, VcpuReg, VcpuState, Width};
pub(crate) use others::{Due, Others, divide};
pub use physical_timer::PhysicalTimer;
pub use power::{Power, PowerState};
pub use registers::{FaultContext, GuestRegisters};
pub(crate) use registers::{PC, SPSR, X};

use crate::state::{Damaged, ExitRecord, Journal, Section, Sections, Stored};
use crate::trace::Note;
use zerocopy::{FromBytes, KnownLayout};

/// What of a vCPU outlasts the VMM.
#[derive(FromBytes, KnownLayout)]
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub struct VcpuMemory {
    /// Written anew in each exit, so they need neither a checksum nor a copy of what they were before.
    registers: GuestRegisters,
    exits: ExitRecord,
    power: Stored<Power>,
    timer: Stored<PhysicalTimer>,
}

impl Sections for VcpuMemory {
    fn new() -> Self {
        Self {
            registers: GuestRegisters::new(),
            exits: ExitRecord::new(),
            power: Sections::new(),
            timer: Sections::new(),
        }
    }

    fn roll_back(&mut self, epoch: u64) -> Result<(), Damaged> {
        self.power.roll_back(epoch)?;
        self.timer.roll_back(epoch)
    }

    #[cfg(any(test, feature = "fake"))]
    fn visit(&mut self, each: &mut dyn FnMut(&'static str, &mut [u8])) {
        self.power.visit(each);
        self.timer.visit(each);
    }
}

/// What the VMM knows of one vCPU. What only the kernel knows is behind [`KernelVcpu`].
pub struct Vcpu<'a> {
    pub(crate) registers: &'a mut GuestRegisters,
    pub(crate) power: Section<'a, Power>,
    pub(crate) timer: Section<'a, PhysicalTimer>,
    pub(crate) alarm: Alarm,
    pub(crate) exits: &'a ExitRecord,
    /// The exit that is being handled, as the kernel numbers them.
    pub(crate) exit_number: Option<u32>,
    /// The guest's OS lock, if somebody asked for it since the start: only the VMM changes it.
    pub(crate) os_lock: Option<u64>,
    /// About the exit that is being handled, for the trace.
    pub(crate) note: Note,
    /// What another vCPU's exit, or an event, has brought upon this one.
    pub(crate) due: Due,
}

impl<'a> Vcpu<'a> {
    pub(crate) fn new(memory: &'a mut VcpuMemory, journal: &'a Journal) -> Self {
        let VcpuMemory { registers, exits, power, timer } = memory;
        let (power, timer) = (Section::new(power, journal), Section::new(timer, journal));
        let alarm = Alarm::new();
        let due = Due::Nothing;
        Self { registers, power, timer, alarm, exits, exit_number: None, os_lock: None, note: Note::NONE, due }
    }

    /// Due before each commit.
    #[inline]
    pub(crate) fn update_checksum(&mut self) {
        self.power.update_checksum();
        self.timer.update_checksum();
    }
}
