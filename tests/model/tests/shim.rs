// SPDX-License-Identifier: MIT OR Apache-2.0
//! Explores the shim: small systems to the end, the larger one as far as time allows.

use std::num::NonZeroUsize;
use std::time::Instant;

use model::{Events, REASONS, System, properties};
use stateright::{Checker, Model};

/// States of the larger system, breadth first: so many, and with LAZARET_FULL. It was not seen to end.
const BOUND: usize = 150_000;
const DEEP: usize = 5_000_000;

fn bound() -> Option<usize> {
    Some(if std::env::var_os("LAZARET_FULL").is_some() { DEEP } else { BOUND })
}

fn explore(system: System, bound: Option<usize>) {
    let start = Instant::now();
    let mut builder = system.checker().threads(std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    if let Some(bound) = bound {
        builder = builder.target_state_count(bound);
    }
    let checker = builder.spawn_bfs().join();
    println!(
        "{} cores, {} vCPUs: {} states, {} of them different, depth {}, {:.1} s{}",
        system.cores,
        system.vcpus,
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth(),
        start.elapsed().as_secs_f64(),
        if bound.is_some() { ", bounded" } else { ", all" },
    );
    checker.assert_properties();
}

#[test]
fn one_core_two_vcpus() {
    explore(System { cores: 1, vcpus: 2, events: Events::NONE }, None);
}

#[test]
fn one_core_two_vcpus_with_channel() {
    explore(System { cores: 1, vcpus: 2, events: Events { channel: true, ..Events::NONE } }, None);
}

#[test]
fn one_core_two_vcpus_with_os_lock() {
    explore(System { cores: 1, vcpus: 2, events: Events { os_lock: true, ..Events::NONE } }, None);
}

#[test]
fn one_core_two_vcpus_with_outside_debugger() {
    explore(System { cores: 1, vcpus: 2, events: Events { outside_debugger: true, ..Events::NONE } }, None);
}

#[test]
fn one_core_two_vcpus_with_crash_revocation_and_panic() {
    explore(System { cores: 1, vcpus: 2, events: Events { abnormal: true, ..Events::NONE } }, None);
}

#[test]
fn two_cores_one_vcpu_with_everything() {
    explore(System { cores: 2, vcpus: 1, events: Events::ALL }, None);
}

/// What the proof (`tests/proof`) does not cover: a VMM that crashes in an access, revocation, the handlers' whole way.
#[test]
fn two_cores_three_vcpus_with_crash_revocation_and_panic() {
    explore(System { cores: 2, vcpus: 3, events: Events { abnormal: true, ..Events::NONE } }, bound());
}

#[test]
fn each_number_is_a_property_or_has_a_reason() {
    let all = properties(Events::ALL);
    for number in (1..=19).map(|n| format!("P{n}")) {
        let property = all.iter().find(|property| property.name.split(' ').next() == Some(&number));
        match (property, REASONS.iter().find(|(of, _)| *of == number)) {
            (Some(property), None) => println!("{}", property.name),
            (None, Some((_, reason))) => println!("{number} is not checked here: {reason}"),
            (both, _) => panic!("{number}: {}", if both.is_some() { "checked, and a reason" } else { "nothing" }),
        }
    }
}
