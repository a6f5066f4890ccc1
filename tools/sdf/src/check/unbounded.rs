// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protection domains that nothing keeps from having the core for ever, while a virtual machine waits for it.

use super::super::model::{ProtectionDomain, System, VirtualMachine};
use lazaret_diagnostic::Diagnostic;

/// A warning for each; the machine that waits is the one of the lowest priority.
pub(super) fn warnings(system: &System) -> impl Iterator<Item = Diagnostic> {
    let machines = system.protection_domains.iter().filter_map(|pd| pd.virtual_machine.as_ref());
    let lowest = machines.min_by_key(|machine| machine.scheduling.priority);
    let warn = move |pd| Some(warning(system, pd, lowest?));
    system
        .protection_domains
        .iter()
        .filter(move |pd| lowest.is_some_and(|machine| outlasts(pd, machine)))
        .filter_map(warn)
}

/// A passive one runs on its callers' time.
fn outlasts(pd: &ProtectionDomain, machine: &VirtualMachine) -> bool {
    let own = &pd.scheduling;
    !pd.passive && own.priority > machine.scheduling.priority && own.budget_us == own.period_us
}

fn warning(system: &System, pd: &ProtectionDomain, machine: &VirtualMachine) -> Diagnostic {
    let (own, other) = (pd.scheduling.priority, machine.scheduling.priority);
    let what = format!(
        "Protection domain '{}' may keep virtual machine '{}' from the core for as long as it likes: its priority is {own} \
         to {other}, and its budget is all of its period",
        pd.name, machine.name
    );
    Diagnostic::warning(system.source.clone(), pd.span, what)
        .on("protection_domain")
        .help("a `budget` below its `period` leaves the rest to others")
}
