// SPDX-License-Identifier: MIT OR Apache-2.0
//! What calls with arguments come to.

use super::table::{Known, MOST_ARGUMENTS};
use super::{Action, Call, NOT_SUPPORTED, lookup};
use crate::vcpu::Width;

type Arguments = [u64; MOST_ARGUMENTS];

const SUCCESS: i32 = 0;
/// PSCI_FEATURES, of a function for this caller (DEN0022, 5.15). No function that is there has flags.
pub(super) fn psci_features([function, ..]: Arguments, caller: Width) -> Action {
    success_if(lookup(function as u32, caller).is_some_and(|call: &Call| call.known_to(Known::PsciFeatures)))
}

/// SMCCC_ARCH_FEATURES (DEN0028, 7.3).
pub(super) fn arch_features([function, ..]: Arguments, caller: Width) -> Action {
    success_if(lookup(function as u32, caller).is_some_and(|call: &Call| call.known_to(Known::ArchFeatures)))
}

fn success_if(is_there: bool) -> Action {
    Action::Return(if is_there { SUCCESS } else { NOT_SUPPORTED })
}

/// CPU_ON.
pub(super) fn cpu_on([target, entry, context]: Arguments, _caller: Width) -> Action {
    Action::TurnOn { target, entry, context }
}

/// AFFINITY_INFO.
pub(super) fn affinity_info([target, lowest_level, _]: Arguments, _caller: Width) -> Action {
    Action::Affinity { target, lowest_level }
}
