// SPDX-License-Identifier: MIT OR Apache-2.0
//! The list fits the sources.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use mutants::{Mutant, Suite, all};

#[test]
fn every_mutant_applies() {
    let wrong: Vec<String> =
        all().filter_map(|mutant| does_not_apply(&mutant).map(|error| error.to_string())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn does_not_apply(mutant: &Mutant) -> Option<anyhow::Error> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components").join(mutant.file);
    let source = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}", mutant.file));
    match mutant.apply(&source) {
        Ok(mutated) => {
            assert_ne!(mutated, source, "{}", mutant.name);
            None
        }
        Err(error) => Some(error),
    }
}

/// A mutant that no test of its own crate would meet survives for the wrong reason.
#[test]
fn every_mutant_meets_its_own_crate() {
    for mutant in all() {
        let own = match mutant.file.split("/src/").next() {
            Some("microkernel") => Suite::Kernel,
            Some("vmm") => Suite::Monitor,
            Some("arm/load-store") => Suite::Decoder,
            Some("drivers/block") => Suite::Block,
            Some("drivers/debug-line") => Suite::DebugLine,
            Some("drivers/network") => Suite::Network,
            Some("drivers/serial") => Suite::Serial,
            Some("virtio") => Suite::Virtio,
            Some("arm/syndrome") => Suite::Syndrome,
            Some("arm/trap-table") => Suite::Handlers,
            _ => Suite::Shim,
        };
        assert!(mutant.suites().contains(&own), "{}", mutant.name);
    }
}

#[test]
fn names_are_different() {
    let names: HashSet<_> = all().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(names.len() >= 30);
}
