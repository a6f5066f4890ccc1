// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls whose answer depends on their arguments.

use super::table::{Known, MOST_ARGUMENTS};
use super::{Call, NOT_SUPPORTED, lookup};
use crate::vcpu::Width;
use smccc::psci::error::{ALREADY_ON, INVALID_PARAMETERS};

type Arguments = [u64; MOST_ARGUMENTS];

const SUCCESS: i32 = 0;
/// AFFINITY_INFO: on.
const ON: i32 = 0;
/// The fields of an MPIDR in an argument: Aff3 in bits 39 to 32, Aff2 to Aff0 in bits 23 to 0. All others must be zero
/// (DEN0022, 5.1.4).
const AFFINITIES: u64 = 0xff_00ff_ffff;
/// Those that are left at each lowest level.
const AFFINITIES_FROM: [u64; 4] = [AFFINITIES, 0xff_00ff_ff00, 0xff_00ff_0000, 0xff_0000_0000];
/// The only vCPU's.
const ONLY: u64 = 0;

/// PSCI_FEATURES, of a function for this caller (DEN0022, 5.15). No function that is there has flags.
pub(super) fn psci_features([function, _]: Arguments, caller: Width) -> i32 {
    success_if(lookup(function as u32, caller).is_some_and(|call: &Call| call.known_to(Known::PsciFeatures)))
}

/// SMCCC_ARCH_FEATURES (DEN0028, 7.3).
pub(super) fn arch_features([function, _]: Arguments, caller: Width) -> i32 {
    success_if(lookup(function as u32, caller).is_some_and(|call: &Call| call.known_to(Known::ArchFeatures)))
}

fn success_if(is_there: bool) -> i32 {
    if is_there { SUCCESS } else { NOT_SUPPORTED }
}

/// AFFINITY_INFO: fields below the lowest level are not looked at (DEN0022, 5.7).
pub(super) fn affinity_info([target, lowest_level]: Arguments, _caller: Width) -> i32 {
    let fields = usize::try_from(lowest_level).ok().and_then(|level| AFFINITIES_FROM.get(level));
    match fields {
        Some(fields) if target & !AFFINITIES == 0 && target & fields == ONLY & fields => ON,
        _ => INVALID_PARAMETERS,
    }
}

/// CPU_ON: there is one vCPU, and it runs.
pub(super) fn cpu_on([target, _]: Arguments, _caller: Width) -> i32 {
    if target == ONLY { ALREADY_ON } else { INVALID_PARAMETERS }
}
