// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a VM starts, starts again, and ends.

use super::Phase;
use crate::boot::{self, BootError};
use crate::console::Serial;
use crate::exit::{Handler, Next, ReplyContext};
use crate::trace::Outcome;
use crate::vcpu::{DebugUse, KernelVcpu, PowerState, reset};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// Load the guest and put this vCPU at its entry, which is where it goes on from.
    pub(crate) fn start(&mut self) -> Result<ReplyContext, BootError> {
        let platform = &mut *self.platform;
        let loaded = boot::load(&platform.config, platform.images, &mut platform.ram)?;
        platform.bus.reset(self.kernel);
        self.vcpu.registers.open(None);
        let entry = reset::vcpu(self.kernel, loaded)?;
        self.vcpu.os_lock = None;
        self.vcpu.exits.reset_traps();
        self.vcpu.power.change().enter(PowerState::Running);
        platform.phase.change().enter(Phase::On);
        let (name, pc, dtb) = (platform.config.name, loaded.entry, loaded.dtb);
        platform.info(format_args!("{name}: starts at {pc:#x}, device tree at {dtb:#x}"));
        self.commit(Next::Resume);
        self.platform.console.publish();
        Ok(entry)
    }

    /// The guest runs no more. A kernel that does not take that as a reply is told: a fault without a reply would be one
    /// that was lost.
    pub(crate) fn end(&mut self) -> Next {
        self.platform.phase.change().enter(Phase::Off);
        self.vcpu.power.change().enter(PowerState::Off);
        self.commit(Next::Stop);
        if !self.kernel.stops_by_reply() {
            self.kernel.stop();
        }
        Next::Stop
    }

    pub(crate) fn power_off(&mut self) -> Next {
        let name = self.platform.config.name;
        let traps = self.vcpu.exits.traps();
        if let Some(DebugUse { loads, saves, accesses, mdscr_writes, exits }) = self.kernel.debug_use() {
            self.platform.info(format_args!(
                "{name}: {exits} exits, {traps} debug-register traps, {loads} bank loads, {saves} bank saves, {accesses} bank accesses, \
                 {mdscr_writes} MDSCR writes"
            ));
        }
        match self.platform.log.suppressed() {
            0 => {}
            suppressed => {
                self.platform.info(format_args!("{name}: {suppressed} more lines about its mistakes were not told"));
            }
        }
        self.platform.info(format_args!("{name}: powered off"));
        self.end()
    }

    pub(crate) fn reset(&mut self) -> Next {
        let name = self.platform.config.name;
        self.platform.info(format_args!("{name}: reset"));
        // Before the phase changes: a VMM that dies here does the exit again, and this with it.
        self.platform.ram.clean_all();
        // From here on it is no more the exit that would be done again, but the start.
        self.platform.phase.change().enter(Phase::ToStart);
        self.commit(Next::Stay);
        self.vcpu.note.outcome = Outcome::Stopped;
        self.start_anew()
    }

    /// The start that a reset asks for. The reply to the exit in which it did lets the vCPU go on from its entry.
    pub(crate) fn start_anew(&mut self) -> Next {
        match self.start() {
            Ok(_) => Next::Resume,
            Err(error) => {
                let name = self.platform.config.name;
                self.platform.info(format_args!("{name}: {error}"));
                self.end()
            }
        }
    }
}
