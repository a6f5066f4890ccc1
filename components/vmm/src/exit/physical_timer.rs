// SPDX-License-Identifier: MIT OR Apache-2.0
//! The physical timer's registers, and the alarm by which the kernel tells of it and of the clock's while the guest does
//! not exit.
//!
//! The alarm is a guess of what comes first, and never more than that: whoever it wakes looks at the devices themselves. So
//! it is set after the commit, and anew by a VMM that takes over.

use super::{Handler, Next};
use crate::console::Serial;
use crate::device::gic::PHYSICAL_TIMER;
use crate::vcpu::{KernelVcpu, VcpuReg};
use crate::vm::Phase;
use arm_trap_table::{Access, TimerRegister};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// An access to the timer; the value of a read.
    pub(super) fn physical_timer(&mut self, register: TimerRegister, access: Access) -> Option<u64> {
        let count = self.count();
        match access {
            Access::Read => Some(self.vcpu.timer.read(register, count)),
            Access::Write(value) => {
                self.vcpu.timer.change().write(register, value, count);
                self.vcpu.alarm.is_stale = true;
                self.look_at_physical_timer();
                None
            }
        }
    }

    /// The guest's counter, which both its timers have.
    fn count(&mut self) -> u64 {
        self.kernel.ticks().wrapping_sub(self.kernel.read_system_register(VcpuReg::Cntvoff))
    }

    /// The interrupt controller learns whether the line is up.
    pub(super) fn look_at_physical_timer(&mut self) {
        let count = self.count();
        let gic = &mut self.platform.bus.gic;
        if gic.set_line(PHYSICAL_TIMER, self.vcpu.timer.line(count), self.kernel) {
            gic.deliver(self.kernel);
        }
    }

    /// The alarm came, and is none any more.
    pub(super) fn alarm(&mut self) -> Next {
        (self.vcpu.alarm.told, self.vcpu.alarm.is_stale) = (Some(None), true);
        self.look_at_physical_timer();
        self.platform.take_input(self.kernel);
        Next::Resume
    }

    /// For a kernel that has none.
    #[inline(always)]
    pub(super) fn poll_physical_timer(&mut self) {
        if self.vcpu.alarm.polls {
            self.look_at_physical_timer();
        }
    }

    /// Due after each commit.
    #[inline(always)]
    pub(crate) fn keep_alarm(&mut self) {
        if self.vcpu.alarm.is_stale | self.platform.bus.clock.is_touched {
            self.set_alarm();
        }
    }

    #[cold]
    #[inline(never)]
    fn set_alarm(&mut self) {
        (self.vcpu.alarm.is_stale, self.platform.bus.clock.is_touched) = (false, false);
        let due = self.first_due();
        if !self.kernel.can_set_alarm() {
            self.vcpu.alarm.polls = due.is_some();
        } else if self.vcpu.alarm.told != Some(due) {
            self.kernel.set_alarm(due);
            self.vcpu.alarm.told = Some(due);
        }
    }

    /// The first moment at which something happens that nobody would tell of, by the physical counter.
    pub(super) fn first_due(&mut self) -> Option<u64> {
        if self.platform.phase.get() != Phase::On {
            return None;
        }
        let is_up = self.platform.bus.gic.is_high(PHYSICAL_TIMER, self.kernel);
        let timer = self.vcpu.timer.due().filter(|_| !is_up);
        let offset = timer.map_or(0, |_| self.kernel.read_system_register(VcpuReg::Cntvoff));
        let timer = timer.map(|count| count.wrapping_add(offset));
        let clock = self.platform.bus.clock.due((self.platform.seconds)());
        let clock =
            clock.map(|seconds| self.kernel.ticks().saturating_add(ticks_until(seconds, self.kernel.frequency())));
        timer.into_iter().chain(clock).min()
    }
}

/// Ticks for which nobody need look at a clock that shows whole seconds. In the last one it is looked at eight times.
const fn ticks_until(seconds: u32, frequency: u64) -> u64 {
    (seconds.saturating_sub(1) as u64).saturating_mul(frequency).saturating_add(frequency / 8)
}
