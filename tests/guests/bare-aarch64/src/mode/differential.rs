// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every encoding of debug registers, ID registers and performance monitors, read and written at EL1 and EL0.
//!
//! A line for each access that is not undefined: `ROW el=1 read s2_0_c0_c0_4 value=0x0`; for a write the value is what
//! a read gives after all ones were written at EL1, if it can be read. The last line has the number of accesses tried.

use crate::runtime::console::println;
use crate::runtime::encoding::{Access, BATCH, Batch, Outcome};
use crate::runtime::exception;

/// Bits of an encoding below op0: op1, CRn, CRm, op2.
const SPACE: u32 = 1 << 14;
const NOWHERE: Access = Access { op0: 2, op1: 0, crn: 0, crm: 0, op2: 0, reads: true };

/// Prints the rows.
pub fn run() -> &'static str {
    exception::tolerate();
    let mut tried = 0;
    for el in [1, 0] {
        tried += sweep(el, true);
        tried += sweep(el, false);
    }
    println!("DIFFERENTIAL rows={tried}");
    "differential"
}

/// All of one level and direction, a page of instructions at a time.
fn sweep(el: u8, reads: bool) -> u64 {
    let mut accesses = registers(reads);
    let mut tried = 0;
    loop {
        let mut batch = [NOWHERE; BATCH];
        let count = batch.iter_mut().zip(&mut accesses).map(|(place, access)| *place = access).count();
        if count == 0 {
            return tried;
        }
        if reads {
            read_all(&batch[..count], el)
        } else {
            write_all(&batch[..count], el)
        }
        tried += count as u64;
    }
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

fn read_all(batch: &[Access], el: u8) {
    let code = Batch::new(batch, el == 0);
    for (n, access) in batch.iter().enumerate() {
        tell(el, *access, code.run(n, 0));
    }
}

/// First zeros, then all ones where that was defined and can be read; at the end it is as before.
fn write_all(batch: &[Access], el: u8) {
    let mut outcomes = [Outcome::Undefined; BATCH];
    let mut before = [Outcome::Undefined; BATCH];
    let mut reads = [NOWHERE; BATCH];
    reads.iter_mut().zip(batch).for_each(|(read, access)| *read = Access { reads: true, ..*access });
    let writes = Batch::new(batch, el == 0);
    for (n, outcome) in outcomes.iter_mut().enumerate().take(batch.len()) {
        *outcome = writes.run(n, 0);
    }
    let read = Batch::new(&reads[..batch.len()], false);
    for (n, value) in before.iter_mut().enumerate().take(batch.len()) {
        if outcomes[n] != Outcome::Undefined {
            *value = read.run(n, 0);
        }
    }
    for (n, access) in batch.iter().enumerate() {
        let outcome = match outcomes[n] {
            Outcome::Value(_) => look(*access, reads[n], el, before[n]),
            other => other,
        };
        tell(el, *access, outcome);
    }
}

/// All ones, read back at EL1; EL0's writes are only done.
fn look(access: Access, read: Access, el: u8, before: Outcome) -> Outcome {
    let (1, Outcome::Value(old)) = (el, before) else { return Outcome::Value(0) };
    let code = Batch::new(&[access, read], false);
    code.run(0, !0);
    let after = code.run(1, 0);
    code.run(0, old);
    after
}

fn tell(el: u8, access: Access, outcome: Outcome) {
    let Access { op0, op1, crn, crm, op2, reads } = access;
    let way = if reads { "read" } else { "write" };
    match outcome {
        Outcome::Undefined => (),
        Outcome::Value(value) => println!("ROW el={el} {way} s{op0}_{op1}_c{crn}_c{crm}_{op2} value={value:#x}"),
        Outcome::Other(class) => {
            println!("ROW el={el} {way} s{op0}_{op1}_c{crn}_c{crm}_{op2} exception={:#x}", class.value())
        }
    }
}
