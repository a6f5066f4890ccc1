// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every encoding of CP14, and CP15's of ID registers and performance monitors, read and written at PL1 and PL0.
//!
//! A line for each access that is not undefined: `ROW el=1 read p14_0_c0_c0_4 value=0x0`, of a 64-bit access
//! `ROW el=1 read d14_0_c1 value=0x0`; for a write the value is what a read gives after all ones were written at PL1, if
//! it can be read. The last line has the number of accesses tried.

use crate::runtime::console::println;
use crate::runtime::encoding::{Access, BATCH, Batch, Outcome};

/// Bits of an encoding: opc1, CRn, CRm, opc2; of a 64-bit access opc1 and CRm.
const SPACE: u32 = 1 << 14;
const SPACE64: u32 = 1 << 8;
const NOWHERE: Access = Access { coprocessor: 14, opc1: 0, single: None, crm: 0, reads: true };
const ONES: u64 = !0;

/// Prints the rows.
pub fn run() -> &'static str {
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
    match (access.opc1, access.single, access.crm) {
        (0, Some((0, _)), 1..=3) => true,
        (0, Some((9, _)), 12..=14) => true,
        (0, Some((14, _)), 8..=15) => true,
        (_, None, 9) => true,
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
    let (mut outcomes, mut before) = ([Outcome::None; BATCH], [Outcome::None; BATCH]);
    let mut reads = [NOWHERE; BATCH];
    reads.iter_mut().zip(batch).for_each(|(read, access)| *read = Access { reads: true, ..*access });
    let writes = Batch::new(batch, el == 0);
    for (n, outcome) in outcomes.iter_mut().enumerate().take(batch.len()) {
        *outcome = writes.run(n, 0);
    }
    let read = Batch::new(&reads[..batch.len()], false);
    for (n, value) in before.iter_mut().enumerate().take(batch.len()) {
        *value = outcomes[n].and_then(|_| read.run(n, 0));
    }
    for (n, access) in batch.iter().enumerate() {
        tell(el, *access, outcomes[n].and_then(|_| look(*access, reads[n], el, before[n])));
    }
}

/// All ones, read back at PL1; PL0's writes are only done.
fn look(access: Access, read: Access, el: u8, before: Outcome) -> Outcome {
    let (1, Some(old)) = (el, before) else { return Some(0) };
    let code = Batch::new(&[access, read], false);
    code.run(0, ONES);
    let after = code.run(1, 0);
    code.run(0, old);
    after
}

fn tell(el: u8, access: Access, outcome: Outcome) {
    let Access { coprocessor, opc1, single, crm, reads } = access;
    let way = if reads { "read" } else { "write" };
    match (outcome, single) {
        (None, _) => (),
        (Some(value), Some((crn, opc2))) => {
            println!("ROW el={el} {way} p{coprocessor}_{opc1}_c{crn}_c{crm}_{opc2} value={:#x}", value as u32);
        }
        (Some(value), None) => println!("ROW el={el} {way} d{coprocessor}_{opc1}_c{crm} value={value:#x}"),
    }
}
