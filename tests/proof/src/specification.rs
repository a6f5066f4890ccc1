// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a step must lead to: who is refused and why, where the bank is afterwards, what every guest then finds, how often
//! the hardware is touched, and what is counted. Said of the eager system and of the states, not of the shim's code.

use debug_shim::{Armed, DebugRegister, DebugStatus, Error, State};

use crate::arm;
use crate::layout::{Layout, Slot};
use crate::state::{
    CoreState, OTHER, TARGET, effective_mdscr, guest_bits, is_direct, is_external, is_loaded, is_locked, wants_bank,
};
use crate::step::{Outcome, Step};
use crate::view::{View, readable};

/// Whom the shim refuses, with which error.
pub fn refusal<const N: usize>(state: &CoreState<N>, step: &Step<N>, layout: &Layout) -> Option<Error> {
    let parts = &state.vcpus[TARGET].parts;
    let is_elsewhere = is_loaded(parts) && state.owner != Some(TARGET);
    let elsewhere = is_elsewhere.then_some(Error::Elsewhere);
    let running = parts.running.then_some(Error::Running);
    let is_external = is_external(parts);
    match step {
        Step::Enter => elsewhere,
        Step::Evict => state.owner.filter(|&owner| state.vcpus[owner].parts.running).map(|_| Error::Running),
        Step::Release | Step::SetWidth => {
            elsewhere.or((state.armed != Armed::No && !parts.running).then_some(Error::Running))
        }
        Step::Attach => running.or(is_external.then_some(Error::External)).or(elsewhere),
        Step::Detach => running.or((!is_external).then_some(Error::External)),
        Step::FlagDirty => running,
        Step::Read(register) | Step::Write(register, ..) => running.or(match register {
            DebugRegister::Mdscr | DebugRegister::OsLock => None,
            other if layout.place_of_invoked(*other).is_none() => Some(Error::NoSuchRegister),
            _ => elsewhere,
        }),
        _ => None,
    }
}

/// Does the step put the target's bank on the hardware?
pub fn is_load<const N: usize>(state: &CoreState<N>, step: &Step<N>) -> bool {
    *step == Step::Enter && wants_bank(&state.vcpus[TARGET].parts) && state.owner != Some(TARGET)
}

/// Whose bank a step that is not refused takes off the hardware into memory.
pub fn saved<const N: usize>(state: &CoreState<N>, step: &Step<N>) -> Option<usize> {
    let leaves = match step {
        Step::Enter => is_load(state, step),
        Step::Evict => true,
        _ => false,
    };
    state.owner.filter(|_| leaves)
}

/// Where each of the two banks is afterwards.
pub fn states<const N: usize>(state: &CoreState<N>, step: &Step<N>) -> [State; 2] {
    let mut after = [TARGET, OTHER].map(|name| state.vcpus[name].parts.state);
    if let Some(owner) = saved(state, step) {
        after[owner] = if is_external(&state.vcpus[owner].parts) { State::External } else { State::Clean };
    }
    after[TARGET] = match step {
        _ if is_load(state, step) && is_external(&state.vcpus[TARGET].parts) => State::ExternalLoaded,
        _ if is_load(state, step) => State::Loaded,
        Step::Attach if after[TARGET] == State::Loaded => State::ExternalLoaded,
        Step::Attach => State::External,
        Step::Detach if after[TARGET] == State::ExternalLoaded => State::Loaded,
        Step::Release | Step::SetWidth | Step::Detach => State::Clean,
        Step::FlagDirty | Step::Write(_, _, true) if after[TARGET] == State::Clean => State::Pending,
        _ => after[TARGET],
    };
    after
}

/// The owner afterwards.
pub fn owner<const N: usize>(state: &CoreState<N>, step: &Step<N>) -> Option<usize> {
    match step {
        _ if is_load(state, step) => Some(TARGET),
        Step::Release | Step::SetWidth => state.owner.filter(|&owner| owner != TARGET),
        _ if saved(state, step).is_some() => None,
        _ => state.owner,
    }
}

/// What the target's guest must find afterwards; it finds `new`. Nobody else's registers change, ever.
pub fn view<const N: usize>(old: &View<N>, step: &Step<N>, new: &View<N>, layout: &Layout) -> View<N> {
    let old = *old;
    match *step {
        Step::Release => View::reset(old.aarch32),
        Step::SetWidth => View::reset(!old.aarch32),
        Step::Attach => View { is_external: true, ..old },
        Step::Detach => View { is_external: false, ..old },
        Step::Write(DebugRegister::Mdscr, value, _) => View { mdscr: Some(value & guest_bits(old.aarch32)), ..old },
        Step::Write(DebugRegister::OsLock, value, _) => View { os_lock: value & 1 != 0, ..old },
        Step::Write(register, value, _) => {
            let mut new = old;
            if let (Some(place), Some(bank)) = (layout.place_of_invoked(register), &mut new.bank) {
                bank[place] = readable(layout, place, layout.clamped(place, value));
            }
            new
        }
        // The guest's own doing, which the invariant keeps in bounds.
        Step::GuestBank(_) | Step::GuestMdscr(_) | Step::GuestMethodOfEntry(_) => *new,
        _ => old,
    }
}

/// What a read gives.
pub fn read_value<const N: usize>(view: &View<N>, register: DebugRegister, layout: &Layout) -> Option<u64> {
    match register {
        DebugRegister::Mdscr => view.mdscr,
        DebugRegister::OsLock => Some(view.os_lock.into()),
        other => view.bank.zip(layout.place_of_invoked(other)).map(|(bank, place)| bank[place]),
    }
}

/// How often the bank's registers are accessed: the claim tags are written in two steps.
pub fn bank_accesses<const N: usize>(state: &CoreState<N>, step: &Step<N>, layout: &Layout) -> u64 {
    let registers = |name: usize| layout.registers(state.vcpus[name].parts.aarch32);
    let written = |name: usize| registers(name) + 1;
    let save = saved(state, step).map_or(0, registers);
    match step {
        _ if is_load(state, step) => save + written(TARGET),
        Step::Evict => save + saved(state, step).map_or(0, written),
        Step::Release | Step::SetWidth if state.owner == Some(TARGET) => written(TARGET),
        Step::Read(register) | Step::Write(register, ..) => {
            let place = layout.place_of_invoked(*register).filter(|_| state.owner == Some(TARGET));
            match (place.map(|place| layout.slot(place)), step) {
                (None, _) => 0,
                (Some(Slot::Vcr32), _) => u64::from(state.vcpus[TARGET].parts.aarch32),
                (Some(Slot::Claim), Step::Write(..)) => 2,
                _ => 1,
            }
        }
        _ => 0,
    }
}

/// The status words that count, of the target and of the other one: a state's start at 0.
pub fn counters<const N: usize>(state: &CoreState<N>, step: &Step<N>, layout: &Layout, name: usize) -> [u64; 5] {
    let registers = layout.registers(state.vcpus[name].parts.aarch32);
    let loads = u64::from(name == TARGET && is_load(state, step));
    let saves = u64::from(saved(state, step) == Some(name));
    let exits = u64::from(name == TARGET && *step == Step::Leave);
    let writes = if state.armed == Armed::No { 0 } else { 2 * exits };
    [loads, saves, (loads + saves) * registers, writes, exits]
}

/// Where they are in the status.
pub const COUNTERS: [DebugStatus; 5] = [
    DebugStatus::BankLoads,
    DebugStatus::BankSaves,
    DebugStatus::BankAccesses,
    DebugStatus::MdscrWrites,
    DebugStatus::Exits,
];

/// Whether the target can be entered without anything being moved.
pub fn is_ready<const N: usize>(state: &CoreState<N>) -> bool {
    let parts = &state.vcpus[TARGET].parts;
    let has_its_bank = state.owner == Some(TARGET) && is_direct(parts);
    let is_in_memory = !is_loaded(parts) && !is_external(parts);
    has_its_bank || is_in_memory && !wants_bank(parts) && effective_mdscr(parts) & !arm::MOE == 0
}

/// Whether what `enter` leaves on the hardware is what the target may have there.
pub fn is_entered<const N: usize>(outcome: &Outcome<N>) -> bool {
    let (state, parts) = (&outcome.state, &outcome.state.vcpus[TARGET].parts);
    let uses_bank = parts.mdscr & arm::USES_BANK != 0 && !is_locked(parts);
    let has_bank = state.owner == Some(TARGET);
    let is_direct = has_bank && state.armed == Armed::Direct;
    let is_routed = state.armed == Armed::Attached;
    // Reads of the method of entry trap, so the hardware need not have it.
    let unread = if is_direct { 0 } else { arm::MOE };
    let is_its_own = (state.registers.mdscr ^ effective_mdscr(parts)) & !unread == 0;
    let is_where_it_belongs = if is_external(parts) { is_routed && has_bank } else { is_direct };
    state.executing == Some(TARGET)
        && is_its_own
        && is_routed == is_external(parts)
        && (!uses_bank || is_where_it_belongs)
}
