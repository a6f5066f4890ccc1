// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPUs beside the one whose exit is being handled, and what that exit brings upon them.

use super::{KernelVcpu, MAX_VCPUS, PhysicalTimer, PowerState, Vcpu, VcpuId};
use crate::exit::ReplyContext;
use crate::state::Content;

/// What the kernel is told of a vCPU after the commit of another one's exit. A VMM that dies in between has committed
/// that the vCPU runs: its successor finds it stopped, and lets it run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing.
    #[default]
    Nothing,
    /// An interrupt ends its wait.
    Wake,
    /// It starts there.
    Start(ReplyContext),
}

/// All vCPUs of a VM but one.
pub(crate) struct Others<'h, 'a> {
    before: &'h mut [Vcpu<'a>],
    after: &'h mut [Vcpu<'a>],
}

/// The vCPU of that number, and those beside it.
#[inline(always)]
pub(crate) fn divide<'h, 'a>(all: &'h mut [Vcpu<'a>; MAX_VCPUS], id: VcpuId) -> (&'h mut Vcpu<'a>, Others<'h, 'a>) {
    if MAX_VCPUS == 1 {
        return (&mut all[0], Others { before: &mut [], after: &mut [] });
    }
    let (before, rest) = all.split_at_mut(id.index());
    let (this, after) = rest.split_at_mut(1);
    (&mut this[0], Others { before, after })
}

impl<'a> Others<'_, 'a> {
    /// The same, lent.
    #[cfg(any(test, feature = "debugger"))]
    pub(crate) fn reborrow(&mut self) -> Others<'_, 'a> {
        Others { before: self.before, after: self.after }
    }

    /// Each with its number.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (VcpuId, &mut Vcpu<'a>)> {
        let behind = self.before.len() + 1;
        let before = self.before.iter_mut().enumerate();
        let after = self.after.iter_mut().enumerate().map(move |(n, vcpu)| (behind + n, vcpu));
        before.chain(after).filter_map(|(number, vcpu)| VcpuId::new(number).map(|id| (id, vcpu)))
    }

    /// The one of that number.
    pub(crate) fn get_mut(&mut self, id: VcpuId) -> Option<&mut Vcpu<'a>> {
        self.iter_mut().find(|(number, _)| *number == id).map(|(_, vcpu)| vcpu)
    }

    /// Due before each commit.
    #[inline(always)]
    pub(crate) fn update_checksums(&mut self) {
        if MAX_VCPUS > 1 {
            self.before.iter_mut().for_each(Vcpu::update_checksum);
            self.after.iter_mut().for_each(Vcpu::update_checksum);
        }
    }
}

impl Vcpu<'_> {
    /// Due after each commit, of each vCPU whose fault is not being answered.
    pub(crate) fn tell(&mut self, id: VcpuId, kernel: &mut impl KernelVcpu) {
        kernel.select(id);
        match core::mem::take(&mut self.due) {
            Due::Wake => kernel.wake(),
            Due::Start(context) => kernel.start(context),
            Due::Nothing => kernel.let_go(self.power.state()),
        }
    }

    /// The same while the VM stands still for its debugger: it hears nothing, and goes on later as its power says.
    pub(crate) fn keep_still(&mut self, id: VcpuId, kernel: &mut impl KernelVcpu) {
        kernel.select(id);
        self.due = Due::Nothing;
        kernel.let_go(PowerState::Off);
    }

    /// An interrupt has come for it while it waited.
    pub(crate) fn wake(&mut self) {
        self.power.change().enter(PowerState::Running);
        self.due = Due::Wake;
    }

    /// As after power-on, but for its registers: off, with nothing to remember.
    pub(crate) fn forget(&mut self) {
        self.registers.open(None);
        self.power.change().enter(PowerState::Off);
        *self.timer.change() = PhysicalTimer::new();
        (self.os_lock, self.alarm.is_stale, self.due) = (None, true, Due::Nothing);
        self.exits.reset_traps();
    }
}
