// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every encoding of CP14, and CP15's of ID registers and performance monitors, read and written at PL1 and PL0.
//!
//! A line for each access that is not undefined: `ROW el=1 read p14_0_c0_c0_4 value=0x0`, of a 64-bit access
//! `ROW el=1 read d14_0_c1 value=0x0`; for a write the value is what a read gives after all ones were written at PL1, if
//! it can be read. The last line has the number of accesses tried.

use bare_aarch64::differential;

use crate::runtime::console::println;
use crate::runtime::encoding::{Access, Batch, NOWHERE, Outcome};

/// Bits of an encoding: opc1, CRn, CRm, opc2; of a 64-bit access opc1 and CRm.
const SPACE: u32 = 1 << 14;
const SPACE64: u32 = 1 << 8;

/// Prints the rows.
pub fn run() -> &'static str {
    let tried = differential::run(registers);
    println!("DIFFERENTIAL rows={tried}");
    "differential"
}

fn registers(reads: bool) -> impl Iterator<Item = Access> {
    let singles = |coprocessor| (0..SPACE).map(move |bits| single(coprocessor, bits, reads));
    let doubles = |coprocessor| (0..SPACE64).map(move |bits| double(coprocessor, bits, reads));
    let related = |access: &Access| is_related(*access);
    singles(14).chain(doubles(14)).chain(singles(15).chain(doubles(15)).filter(related))
}

fn field(bits: u32, shift: u32, width: u32) -> u8 {
    (bits >> shift & ((1 << width) - 1)) as u8
}

fn single(coprocessor: u8, bits: u32, reads: bool) -> Access {
    let single = Some((field(bits, 7, 4), field(bits, 0, 3)));
    Access { coprocessor, opc1: field(bits, 11, 3), single, crm: field(bits, 3, 4), reads }
}

fn double(coprocessor: u8, bits: u32, reads: bool) -> Access {
    Access { coprocessor, opc1: field(bits, 4, 4), single: None, crm: field(bits, 0, 4), reads }
}

/// Of CP15: ID registers and performance monitors. From a read of c0, c4 to c7 KVM 6.1 does not come back: it gives 0
/// and forgets the PC.
fn is_related(access: Access) -> bool {
    matches!(
        (access.opc1, access.single, access.crm),
        (0, Some((0, _)), 1..=3) | (0, Some((9, _)), 12..=14) | (0, Some((14, _)), 8..=15) | (_, None, 9)
    )
}

impl differential::Access for Access {
    type Outcome = Outcome;
    type Page = Batch;

    const NOWHERE: Self = NOWHERE;

    fn reading(self) -> Self {
        Self { reads: true, ..self }
    }

    fn page(accesses: &[Self], at_el0: bool) -> Batch {
        Batch::new(accesses, at_el0)
    }

    fn run(page: &Batch, n: usize, value: u64) -> Outcome {
        page.run(n, value)
    }

    fn value(outcome: Outcome) -> Option<u64> {
        outcome
    }

    fn done() -> Outcome {
        Some(0)
    }

    fn tell(self, el: u8, outcome: Outcome) {
        let Self { coprocessor, opc1, single, crm, reads } = self;
        let way = if reads { "read" } else { "write" };
        match (outcome, single) {
            (None, _) => (),
            (Some(value), Some((crn, opc2))) => {
                println!("ROW el={el} {way} p{coprocessor}_{opc1}_c{crn}_c{crm}_{opc2} value={:#x}", value as u32);
            }
            (Some(value), None) => println!("ROW el={el} {way} d{coprocessor}_{opc1}_c{crm} value={value:#x}"),
        }
    }
}
