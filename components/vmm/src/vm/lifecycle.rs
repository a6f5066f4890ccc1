// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a VM starts, starts again, and ends.

use super::Platform;
use super::phase::Phase;
use crate::boot::{self, BootError};
use crate::console::{Reader, Serial};
use crate::exit::{Handler, Next, ReplyContext};
use crate::log::is_told;
use crate::state::Content;
use crate::trace::Outcome;
use crate::vcpu::{DebugUse, KernelVcpu, PhysicalTimer, PowerState, reset};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// Load the guest and put this vCPU at its entry, which is where it goes on from.
    pub(crate) fn start(&mut self) -> Result<ReplyContext, BootError> {
        let platform = &mut *self.platform;
        let seed = platform.backing.seed.map(|seed| seed.at_start(platform.phase.starts()));
        let loaded = boot::load(&platform.config, platform.images, seed, &mut platform.backing.ram)?;
        platform.bus.reset(self.kernel);
        self.vcpu.registers.open(None);
        let entry = reset::vcpu(self.kernel, loaded)?;
        self.vcpu.os_lock = None;
        *self.vcpu.timer.change() = PhysicalTimer::new();
        self.vcpu.alarm.is_stale = true;
        self.vcpu.exits.reset_traps();
        self.vcpu.power.change().enter(PowerState::Running);
        platform.phase.change().start(self.kernel.ticks());
        // What was typed for the guest before it is for this one, at its UART.
        platform.console.set_reader(Reader::Uart);
        platform.take_input(self.kernel);
        let (name, pc, dtb) = (platform.config.name, loaded.entry, loaded.dtb);
        if platform.tells_of_resets() {
            platform.info(format_args!("{name}: starts at {pc:#x}, device tree at {dtb:#x}"));
        }
        self.commit(Next::Resume);
        self.platform.publish();
        Ok(entry)
    }

    /// The guest runs no more. A kernel that does not take that as a reply is told: a fault without a reply would be one
    /// that was lost.
    pub(crate) fn end(&mut self) -> Next {
        self.platform.phase.change().end();
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
        match self.platform.backing.log.suppressed() {
            0 => {}
            suppressed => {
                self.platform.info(format_args!("{name}: {suppressed} more lines about its mistakes were not told"));
            }
        }
        self.platform.info(format_args!("{name}: powered off"));
        self.end()
    }

    pub(crate) fn reset(&mut self) -> Next {
        let (now, frequency) = (self.kernel.ticks(), self.kernel.frequency());
        // From the commit on it is no more the exit that would be done again, but the start.
        self.platform.phase.change().reset(now, frequency);
        let (name, resets) = (self.platform.config.name, self.platform.phase.resets());
        if self.platform.tells_of_resets() {
            let due = self.platform.phase.waits_until(now).unwrap_or(now);
            let wait = (due - now).saturating_mul(1000) / frequency.max(1);
            match wait {
                0 => self.platform.info(format_args!("{name}: reset")),
                _ => self.platform.info(format_args!("{name}: reset, number {resets} in a row: waits {wait} ms")),
            }
        }
        // Before the commit: a VMM that dies here does the exit again, and this with it.
        self.platform.backing.ram.clean_all();
        self.commit(Next::Stay);
        self.vcpu.note.outcome = Outcome::Stopped;
        self.start_anew()
    }

    /// The start that a reset asks for. The reply to the exit in which it did lets the vCPU go on from its entry, or leaves
    /// it stopped until that is due: then the timer brings another exit.
    pub(crate) fn start_anew(&mut self) -> Next {
        if self.waits_for_start() {
            return Next::Wait;
        }
        match self.start() {
            Ok(_) => Next::Resume,
            Err(error) => {
                let name = self.platform.config.name;
                self.platform.info(format_args!("{name}: {error}"));
                self.end()
            }
        }
    }

    /// Whether the start is not due yet. If so, the vCPU's own timer is set to when it is, and nothing of what the guest
    /// left can wake the vCPU or run.
    pub(crate) fn waits_for_start(&mut self) -> bool {
        let Some(due) = self.platform.phase.waits_until(self.kernel.ticks()) else { return false };
        self.platform.bus.reset(self.kernel);
        self.vcpu.registers.open(None);
        reset::park(self.kernel, due);
        self.vcpu.power.change().enter(PowerState::Parked);
        true
    }

    /// Whether the vCPU was left so by [`Self::waits_for_start`].
    #[inline(always)]
    pub(crate) fn was_to_start(&self) -> bool {
        self.platform.phase.get() == Phase::ToStart
    }
}

impl<S: Serial> Platform<'_, S> {
    /// Lines about resets in a row are limited like those about a guest's mistakes.
    fn tells_of_resets(&self) -> bool {
        self.config.log_all || is_told(self.phase.resets().try_into().unwrap_or(u32::MAX))
    }
}
