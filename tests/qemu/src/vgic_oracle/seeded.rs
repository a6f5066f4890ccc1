// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fault of one register, put into what was really observed, stays unexplained: so the rules are not too wide.

use std::collections::BTreeMap;

use interrupt_programs::explain::{Other, compare, is_free};
use interrupt_programs::generate::program;
use interrupt_programs::observation::Observation;
use interrupt_programs::program::{KEEP_ALL, Operation};

/// Bits that each register's accesses have.
const FAULTS: [u64; 2] = [1 << 6, 1 << 5];
/// Of what is acknowledged: the interrupt.
const INTID: u64 = 0x3ff;

/// Turns a bit over in each observation, one at a time.
pub fn expect_reported(seed: u64, kept: &[(u32, Vec<Observation>)]) -> anyhow::Result<()> {
    let mut faults: BTreeMap<&'static str, u32> = BTreeMap::new();
    for (index, seen) in kept {
        let program = program(seed, *index);
        for (position, observation) in seen.iter().enumerate() {
            let Some(name) = program.operations.get(usize::from(observation.operation)).and_then(name) else {
                continue;
            };
            let mut wrong = seen.clone();
            // Not another interrupt of the program's, which may be as urgent.
            let names_none = |&fault: &u64| {
                let number = (observation.value ^ fault) & INTID;
                !program.interrupts.iter().any(|&intid| u64::from(intid) == number)
            };
            wrong[position].value ^= FAULTS.into_iter().find(names_none).unwrap_or(FAULTS[0]);
            let is_reported = compare(&program, KEEP_ALL, Other::Lazaret, seen, &wrong).unexplained.is_some();
            anyhow::ensure!(is_reported || is_free(name), "program {index}: a fault of {name} is explained");
            *faults.entry(name).or_default() += 1;
        }
    }
    println!("  {} seeded faults of {} registers, none explained", faults.values().sum::<u32>(), faults.len());
    Ok(())
}

fn name(operation: &Operation) -> Option<&'static str> {
    match operation {
        Operation::Read(register, _) | Operation::Contained(register, ..) => register.row().map(|row| row.name),
        Operation::Acknowledge | Operation::Open(_) => Some("GICC_IAR"),
        Operation::Signals => Some("ISR_EL1"),
        _ => None,
    }
}
