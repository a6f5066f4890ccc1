// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every encoding of debug registers, ID registers and performance monitors, read and written at EL1 and EL0.
//!
//! A line for each access that is not undefined: `ROW el=1 read s2_0_c0_c0_4 value=0x0`; for a write the value is what
//! a read gives after all ones were written at EL1, if it can be read. The last line has the number of accesses tried.

use crate::differential;
use crate::runtime::console::println;
use crate::runtime::encoding::{Access, Batch, Outcome};
use crate::runtime::exception;

/// Bits of an encoding below op0: op1, CRn, CRm, op2.
const SPACE: u32 = 1 << 14;

/// Prints the rows.
pub fn run() -> &'static str {
    exception::tolerate();
    let tried = differential::run(registers);
    println!("DIFFERENTIAL rows={tried}");
    "differential"
}

fn registers(reads: bool) -> impl Iterator<Item = Access> {
    let space = |op0| (0..SPACE).map(move |bits| at(op0, bits, reads));
    space(2).chain(space(3).filter(|access| is_related(*access)))
}

fn at(op0: u8, bits: u32, reads: bool) -> Access {
    let field = |shift: u32, width: u32| (bits >> shift & ((1 << width) - 1)) as u8;
    Access { op0, op1: field(11, 3), crn: field(7, 4), crm: field(3, 4), op2: field(0, 3), reads }
}

/// Of op0 = 3: ID registers and performance monitors.
fn is_related(access: Access) -> bool {
    match (access.op1, access.crn, access.crm) {
        (0, 0, 1..=7) => true,
        (0, 9, 14) => true,
        (3, 9, 12..=14) => true,
        (3, 14, 8..=15) => true,
        _ => false,
    }
}

impl differential::Access for Access {
    type Outcome = Outcome;
    type Page = Batch;

    const NOWHERE: Self = Self { op0: 2, op1: 0, crn: 0, crm: 0, op2: 0, reads: true };

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
        if let Outcome::Value(value) = outcome { Some(value) } else { None }
    }

    fn done() -> Outcome {
        Outcome::Value(0)
    }

    fn tell(self, el: u8, outcome: Outcome) {
        let Self { op0, op1, crn, crm, op2, reads } = self;
        let way = if reads { "read" } else { "write" };
        match outcome {
            Outcome::Undefined => (),
            Outcome::Value(value) => println!("ROW el={el} {way} s{op0}_{op1}_c{crn}_c{crm}_{op2} value={value:#x}"),
            Outcome::Other(class) => {
                println!("ROW el={el} {way} s{op0}_{op1}_c{crn}_c{crm}_{op2} exception={:#x}", class.value())
            }
        }
    }
}
