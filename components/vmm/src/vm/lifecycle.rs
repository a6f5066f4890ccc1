// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a VM starts, starts again, and ends.

use super::Platform;
use super::phase::Phase;
use crate::boot::{self, BootError};
use crate::console::{Reader, Serial};
use crate::exit::{Handler, Next, ReplyContext};
use crate::log::is_told;
use crate::trace::Outcome;
use crate::vcpu::{DebugUse, Due, KernelVcpu, PowerState, VcpuId, reset};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// Load the guest and put the boot vCPU at its entry, which is where it goes on from; all others are off. What becomes
    /// of this vCPU: unless it is that one, the kernel is told of that one after the commit.
    pub(crate) fn start(&mut self) -> Result<(Next, ReplyContext), BootError> {
        let platform = &mut *self.platform;
        let seed = platform.backing.seed.map(|seed| seed.at_start(platform.phase.starts()));
        let loaded = boot::load(&platform.config, platform.images, seed, &mut platform.backing.ram)?;
        platform.bus.reset(self.kernel);
        self.vcpu.forget();
        let this = self.kernel.id();
        self.kernel.select(VcpuId::BOOT);
        let entry = reset::vcpu(self.kernel, loaded);
        self.kernel.select(this);
        let entry = entry?;
        self.tell_debugger_of_reset();
        let platform = &mut *self.platform;
        let boot = self.others.get_mut(VcpuId::BOOT);
        let next = if boot.is_some() { Next::Stop } else { Next::Resume };
        let boot = boot.unwrap_or(self.vcpu);
        boot.power.change().enter(PowerState::Running);
        if next == Next::Stop {
            boot.due = Due::Start(entry);
        }
        platform.phase.change().start(self.kernel.ticks());
        // What was typed for the guest before it is for this one, at its UART.
        platform.console.set_reader(Reader::Uart);
        platform.take_input(self.kernel);
        let (name, pc, dtb) = (platform.config.name, loaded.entry, loaded.dtb);
        if platform.tells_of_resets() {
            platform.info(format_args!("{name}: starts at {pc:#x}, device tree at {dtb:#x}"));
        }
        self.commit(next);
        self.platform.publish();
        Ok((next, entry))
    }

    /// The others run no more. Before the commit: one that is stopped, and whose VMM dies before that, goes on later.
    fn stop_others(&mut self) {
        let this = self.kernel.id();
        for (id, vcpu) in self.others.iter_mut().filter(|(_, vcpu)| vcpu.power.state() != PowerState::Off) {
            self.kernel.select(id);
            self.kernel.stop();
            vcpu.forget();
        }
        self.kernel.select(this);
    }

    /// The guest runs no more. A kernel that does not take that as a reply is told: a fault without a reply would be one
    /// that was lost.
    pub(crate) fn end(&mut self) -> Next {
        self.stop_others();
        self.tell_debugger_of_end();
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
        let traps = self.traps();
        if let Some(DebugUse { loads, saves, accesses, mdscr_writes, exits }) = self.debug_use() {
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

    /// Of all its vCPUs.
    fn traps(&mut self) -> u32 {
        let of_others = self.others.iter_mut().map(|(_, vcpu)| vcpu.exits.traps());
        of_others.fold(self.vcpu.exits.traps(), u32::wrapping_add)
    }

    /// Of all its vCPUs.
    fn debug_use(&mut self) -> Option<DebugUse> {
        let this = self.kernel.id();
        let mut sum = self.kernel.debug_use()?;
        for id in VcpuId::first(self.platform.config.vcpus).filter(|id| *id != this) {
            self.kernel.select(id);
            sum = sum.and(self.kernel.debug_use().unwrap_or_default());
        }
        self.kernel.select(this);
        Some(sum)
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
        self.stop_others();
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
            Ok((next, _)) => next,
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
