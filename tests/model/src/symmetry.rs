// SPDX-License-Identifier: MIT OR Apache-2.0
//! vCPUs are alike, and so are cores: of states that differ only by who is called what, one is enough.
//!
//! Guests' patterns name their writer, so they are renamed along with the vCPUs. What the properties say is the same
//! under any names, and what can happen next as well.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::SystemState;
use crate::machine::pattern;
use crate::state::{CHANNEL, Core, Ghost};

/// The one that stands for all that are equal but for names.
pub(crate) fn canonical(state: SystemState) -> SystemState {
    let state = rename_vcpus(state);
    rename_cores(state)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// vCPUs in the order of what they are; those that cannot be told apart stay as they were.
fn rename_vcpus(state: SystemState) -> SystemState {
    let nobody = |value| rename(value, |_| 0, state.vcpus.len());
    let key = |v: usize| {
        let runs = state.core_of(v).is_some();
        let owns = state.cores.iter().any(|core| core.shim.owner == Some(v));
        hash(&(state.vcpus[v].map(nobody), ghost(state.ghosts[v], nobody), runs, owns))
    };
    let mut order: Vec<(u64, usize)> = (0..state.vcpus.len()).map(|v| (key(v), v)).collect();
    order.sort_unstable();
    if order.iter().map(|&(_, v)| v).eq(0..order.len()) {
        return state;
    }
    let mut names = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, &(_, old))| names[old] = new);
    let values = |value| rename(value, |old| names[old], names.len());
    SystemState {
        cores: state.cores.iter().map(|core| of_core(core, &names, values)).collect(),
        vcpus: order.iter().map(|&(_, old)| state.vcpus[old].map(values)).collect(),
        ghosts: order.iter().map(|&(_, old)| ghost(state.ghosts[old], values)).collect(),
        broken: state.broken,
        panicked: state.panicked,
    }
}

fn rename_cores(mut state: SystemState) -> SystemState {
    state.cores.sort_by_cached_key(hash);
    state
}

fn of_core(core: &Core, names: &[usize], values: impl Fn(u64) -> u64) -> Core {
    let mut core = core.clone();
    core.running = core.running.map(|old| names[old]);
    core.shim.owner = core.shim.owner.map(|old| names[old]);
    let secret = core.registers.bank[CHANNEL];
    core.registers.bank = core.registers.bank.map(values);
    core.registers.bank[CHANNEL] = if secret == 0 { 0 } else { names[secret as usize - 1] as u64 + 1 };
    core
}

fn ghost(ghost: Ghost, values: impl Fn(u64) -> u64) -> Ghost {
    Ghost { value: values(ghost.value), claim: values(ghost.claim), ..ghost }
}

/// A pattern, or its part in the claim tags, with another writer; other values stay.
fn rename(value: u64, name: impl Fn(usize) -> usize, vcpus: usize) -> u64 {
    for old in 0..vcpus {
        for other in [false, true] {
            let (from, to) = (pattern(old, other), || pattern(name(old), other));
            match value {
                _ if value == from => return to(),
                _ if value == from >> 8 => return to() >> 8,
                _ => (),
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Events, System};

    /// The same story with the roles of vCPUs 0 and 2 and of the cores changed.
    #[test]
    fn a_story_with_other_names_is_the_same() {
        let system = System { cores: 2, vcpus: 3, events: Events::ALL };
        let tell = |cores: [usize; 2], vcpus: [usize; 3]| {
            let ([a, b], [x, y, z]) = (cores, vcpus);
            let story = [
                Action::Resume(a, x),
                Action::WriteBank(a, true),
                Action::WriteMdscr(a, 1 << 15),
                Action::WriteChannel(a),
                Action::Resume(b, z),
                Action::WriteOsLock(b, true),
                Action::WriteBank(b, false),
                Action::Switch(a, y),
                Action::Exit(b),
                Action::FlagDirty(b, x),
            ];
            let start = SystemState::new(system.cores, system.vcpus);
            canonical(story.into_iter().fold(start, |state, action| crate::machine::step(&state, action)))
        };
        let one = tell([0, 1], [0, 1, 2]);
        assert_eq!(one, tell([1, 0], [2, 1, 0]));
        assert_eq!(one, tell([0, 1], [1, 2, 0]));
        assert_ne!(one, SystemState::new(2, 3));
        assert_eq!(canonical(one.clone()), one);
    }
}
