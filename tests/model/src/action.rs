// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can happen.

use crate::{Events, SystemState};

/// One thing. Cores and vCPUs by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The kernel runs the vCPU's guest on an idle core.
    Resume(usize, usize),
    /// The guest on the core stops.
    Exit(usize),
    /// The core goes from its guest to another without native code in between.
    Switch(usize, usize),
    /// The kernel makes the bank on the core free to go elsewhere.
    Evict(usize),
    /// The guest on the core writes a pattern to `DBGBVR0_EL1` and the claim tags: its own, or its other one.
    WriteBank(usize, bool),
    /// The guest writes `MDSCR_EL1`.
    WriteMdscr(usize, u64),
    /// The guest writes `OSLAR_EL1`.
    WriteOsLock(usize, bool),
    /// The guest writes the channel's data, if the trap lets it.
    WriteChannel(usize),
    /// A VMM asks, from the core, for all ones in everything of the vCPU.
    HostileWrite(usize, usize),
    /// The VMM restarts and flags the vCPU dirty for no reason.
    FlagDirty(usize, usize),
    /// A trapped write reaches the VMM, which dies: after it has told the kernel, or before. Whoever restarts it may
    /// resume the guest, reset it, or do nothing for ever.
    CrashVmm(usize, bool),
    /// The VMM resets the vCPU, from the core; its guest may be running there.
    Reset(usize, usize),
    /// The last capability to the VCPU object is revoked, wherever its guest and its bank are.
    Revoke(usize),
    /// The kernel panics; nothing happens afterwards.
    Panic,
    /// An outside debugger comes.
    Attach(usize, usize),
    /// It goes.
    Detach(usize, usize),
}

pub(crate) const SS: u64 = 1;
pub(crate) const KDE: u64 = 1 << 13;
pub(crate) const MDE: u64 = 1 << 15;
/// Nothing, a process being debugged, the guest's kernel being debugged, a single step.
const MDSCR_VALUES: [u64; 4] = [0, MDE, MDE | KDE, SS];

/// All that can happen next.
pub(crate) fn possible(state: &SystemState, events: Events, actions: &mut Vec<Action>) {
    if state.panicked {
        return;
    }
    if events.abnormal {
        actions.push(Action::Panic);
        actions.extend((0..state.vcpus.len()).map(Action::Revoke));
    }
    for core in 0..state.cores.len() {
        match state.cores[core].running {
            Some(running) => of_guest(state, core, running, events, actions),
            None => of_native(state, core, events, actions),
        }
    }
}

fn stopped(state: &SystemState) -> impl Iterator<Item = usize> {
    (0..state.vcpus.len()).filter(|&vcpu| state.core_of(vcpu).is_none())
}

fn of_guest(state: &SystemState, core: usize, running: usize, events: Events, actions: &mut Vec<Action>) {
    actions.extend([Action::Exit(core), Action::Reset(core, running)]);
    actions.extend([false, true].map(|other| Action::WriteBank(core, other)));
    actions.extend(MDSCR_VALUES.map(|value| Action::WriteMdscr(core, value)));
    actions.extend(stopped(state).map(|vcpu| Action::Switch(core, vcpu)));
    if events.abnormal {
        actions.extend([false, true].map(|told| Action::CrashVmm(core, told)));
    }
    if events.channel {
        actions.push(Action::WriteChannel(core));
    }
    if events.os_lock {
        actions.extend([false, true].map(|locked| Action::WriteOsLock(core, locked)));
    }
}

fn of_native(state: &SystemState, core: usize, events: Events, actions: &mut Vec<Action>) {
    actions.push(Action::Evict(core));
    for vcpu in stopped(state) {
        actions.extend([Action::Resume(core, vcpu), Action::Reset(core, vcpu)]);
        if events.hostile_vmm {
            actions.extend([Action::HostileWrite(core, vcpu), Action::FlagDirty(core, vcpu)]);
        }
        if events.outside_debugger {
            actions.extend([Action::Attach(core, vcpu), Action::Detach(core, vcpu)]);
        }
    }
}
