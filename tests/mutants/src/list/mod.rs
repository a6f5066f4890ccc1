// SPDX-License-Identifier: MIT OR Apache-2.0
//! All mutants, by what they are of.

mod bank;
mod calls;
mod console;
mod controller;
mod debug_line;
mod debugger;
mod decoder;
mod entropy;
mod group;
mod handlers;
mod interrupt;
mod invocation;
mod isolation;
mod load_store;
mod network;
mod ownership;
mod pages;
mod policy;
mod smp;
mod stop;
mod switch;
mod time;
mod vcpu;
mod virtio;

use crate::Mutant;

/// Every mutant.
pub fn all() -> impl Iterator<Item = Mutant> {
    [
        switch::MUTANTS,
        ownership::MUTANTS,
        invocation::MUTANTS,
        vcpu::MUTANTS,
        virtio::MUTANTS,
        network::MUTANTS,
        bank::MUTANTS,
        policy::MUTANTS,
        handlers::MUTANTS,
        decoder::MUTANTS,
        interrupt::MUTANTS,
        stop::MUTANTS,
        group::MUTANTS,
        pages::MUTANTS,
        isolation::MUTANTS,
        load_store::MUTANTS,
        time::MUTANTS,
        console::MUTANTS,
        debug_line::MUTANTS,
        calls::MUTANTS,
        controller::MUTANTS,
        entropy::MUTANTS,
        smp::MUTANTS,
        debugger::MUTANTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Mutants of the shim that the proof cannot tell from the shim, each with the reason.
const UNPROVABLE: &[(&str, &str)] = &[];

/// Why the proof does not fail for this mutant, if it need not.
pub fn unprovable(name: &str) -> Option<&'static str> {
    UNPROVABLE.iter().find(|(of, _)| *of == name).map(|(_, reason)| *reason)
}
