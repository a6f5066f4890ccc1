// SPDX-License-Identifier: MIT OR Apache-2.0
//! Power State Coordination Interface 1.1 for one vCPU, and the SMC Calling Convention's version.

use smccc::arch::{SMCCC_ARCH_FEATURES, SMCCC_VERSION};
use smccc::psci::*;

/// PSCI 1.1.
const PSCI_1_1: i32 = 0x1_0001;
/// SMCCC 1.1.
const SMCCC_1_1: i32 = 0x1_0001;
const SUCCESS: i32 = 0;
/// MIGRATE_INFO_TYPE: a Trusted OS is not there, or need not migrate.
const NO_TRUSTED_OS: i32 = 2;
/// AFFINITY_INFO: on.
const ON: i32 = 0;
/// Bit 30: arguments of 64 bits.
const CONVENTION_64: u32 = 1 << 30;

/// What a call asks of the VMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Continue with this in x0.
    Return(i32),
    /// Wait for an interrupt, then continue with success in x0.
    Suspend,
    /// The VM ends.
    Off,
    /// The VM starts again.
    Reset,
}

/// The functions that FEATURES says are there.
const SUPPORTED: [u32; 14] = [
    PSCI_VERSION,
    PSCI_CPU_SUSPEND_32,
    PSCI_CPU_SUSPEND_64,
    PSCI_CPU_OFF,
    PSCI_CPU_ON_32,
    PSCI_CPU_ON_64,
    PSCI_AFFINITY_INFO_32,
    PSCI_AFFINITY_INFO_64,
    PSCI_MIGRATE_INFO_TYPE,
    PSCI_SYSTEM_OFF,
    PSCI_SYSTEM_RESET,
    PSCI_FEATURES,
    SMCCC_VERSION,
    SMCCC_ARCH_FEATURES,
];

/// The answers that never change, to calls without arguments.
#[inline]
pub const fn constant(function: u32) -> Option<i32> {
    match function {
        PSCI_VERSION => Some(PSCI_1_1),
        SMCCC_VERSION => Some(SMCCC_1_1),
        _ => None,
    }
}

/// Answer a call: function id in w0, arguments in x1.. , which are read only if the function has any.
#[inline]
pub fn call(function: u32, arguments: impl FnOnce() -> [u64; 3]) -> Action {
    if let Some(value) = constant(function) {
        return Action::Return(value);
    }
    match function {
        PSCI_SYSTEM_OFF => Action::Off,
        PSCI_SYSTEM_RESET => Action::Reset,
        _ => call_with(function, arguments()),
    }
}

fn call_with(function: u32, arguments: [u64; 3]) -> Action {
    let arguments = if function & CONVENTION_64 != 0 { arguments } else { arguments.map(|word| word & 0xffff_ffff) };
    let first = arguments[0];
    Action::Return(match function {
        PSCI_FEATURES => features(first as u32, &SUPPORTED),
        PSCI_MIGRATE_INFO_TYPE => NO_TRUSTED_OS,
        PSCI_AFFINITY_INFO_32 | PSCI_AFFINITY_INFO_64 => affinity_info(first, arguments[1]),
        PSCI_CPU_ON_32 | PSCI_CPU_ON_64 => cpu_on(first),
        // The only vCPU may not leave: nobody could turn it on again.
        PSCI_CPU_OFF => error::DENIED,
        PSCI_CPU_SUSPEND_32 | PSCI_CPU_SUSPEND_64 => return Action::Suspend,
        SMCCC_ARCH_FEATURES => features(first as u32, &[SMCCC_VERSION, SMCCC_ARCH_FEATURES]),
        _ => error::NOT_SUPPORTED,
    })
}

fn features(function: u32, supported: &[u32]) -> i32 {
    if supported.contains(&function) { SUCCESS } else { error::NOT_SUPPORTED }
}

fn affinity_info(target: u64, lowest_level: u64) -> i32 {
    if target == 0 && lowest_level <= 3 { ON } else { error::INVALID_PARAMETERS }
}

/// There is one vCPU, and it runs.
fn cpu_on(target: u64) -> i32 {
    if target == 0 { error::ALREADY_ON } else { error::INVALID_PARAMETERS }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(function: u32, argument: u64) -> Action {
        call(function, || [argument, 0, 0])
    }

    #[test]
    fn versions() {
        assert_eq!(answer(PSCI_VERSION, 0), Action::Return(0x10001));
        assert_eq!(answer(SMCCC_VERSION, 0), Action::Return(0x10001));
    }

    #[test]
    fn features_name_what_is_there() {
        assert_eq!(answer(PSCI_FEATURES, u64::from(PSCI_SYSTEM_OFF)), Action::Return(0));
        assert_eq!(answer(PSCI_FEATURES, u64::from(SMCCC_VERSION)), Action::Return(0));
        assert_eq!(answer(PSCI_FEATURES, u64::from(PSCI_MEM_PROTECT)), Action::Return(error::NOT_SUPPORTED));
        assert_eq!(answer(SMCCC_ARCH_FEATURES, 0x8000_8000), Action::Return(error::NOT_SUPPORTED));
    }

    #[test]
    fn other_cpus_do_not_exist() {
        assert_eq!(answer(PSCI_CPU_ON_64, 0), Action::Return(error::ALREADY_ON));
        assert_eq!(answer(PSCI_CPU_ON_64, 1), Action::Return(error::INVALID_PARAMETERS));
        assert_eq!(answer(PSCI_CPU_ON_32, 1 << 32), Action::Return(error::ALREADY_ON));
        assert_eq!(answer(PSCI_AFFINITY_INFO_64, 0), Action::Return(0));
        assert_eq!(answer(PSCI_AFFINITY_INFO_64, 1), Action::Return(error::INVALID_PARAMETERS));
        assert_eq!(answer(PSCI_CPU_OFF, 0), Action::Return(error::DENIED));
    }

    #[test]
    fn power() {
        assert_eq!(answer(PSCI_SYSTEM_OFF, 0), Action::Off);
        assert_eq!(answer(PSCI_SYSTEM_RESET, 0), Action::Reset);
        assert_eq!(answer(PSCI_CPU_SUSPEND_64, 0), Action::Suspend);
    }

    #[test]
    fn unknown_calls_are_not_supported() {
        for function in [0, 0x8400_0012, 0xc600_0000, u32::MAX] {
            assert_eq!(answer(function, 0), Action::Return(error::NOT_SUPPORTED));
        }
    }
}
