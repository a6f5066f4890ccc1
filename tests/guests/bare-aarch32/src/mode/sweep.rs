// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guests with this mode and different patterns: each register that one of them can write and read keeps what it had
//! after the first round, whatever the others write meanwhile.

use bare_aarch64::differential::BATCH;
use bare_aarch64::options::Options;

use super::let_others_run;
use crate::runtime::encoding::{Access, Batch, NOWHERE, Outcome};
use crate::runtime::report::{check, check_quietly, failed};
use crate::runtime::{console::println, interrupt};

/// opc1, CRn, CRm, opc2 of CP15's registers that hold something and do not stop a guest without an MMU.
const CP15: [[u8; 4]; 21] = [
    [2, 0, 0, 0],  // CSSELR
    [0, 2, 0, 0],  // TTBR0
    [0, 2, 0, 1],  // TTBR1
    [0, 2, 0, 2],  // TTBCR
    [0, 3, 0, 0],  // DACR
    [0, 5, 0, 0],  // DFSR
    [0, 5, 0, 1],  // IFSR
    [0, 5, 1, 0],  // ADFSR
    [0, 5, 1, 1],  // AIFSR
    [0, 6, 0, 0],  // DFAR
    [0, 6, 0, 2],  // IFAR
    [0, 7, 4, 0],  // PAR
    [0, 10, 2, 0], // PRRR
    [0, 10, 2, 1], // NMRR
    [0, 10, 3, 0], // AMAIR0
    [0, 10, 3, 1], // AMAIR1
    [0, 13, 0, 1], // CONTEXTIDR
    [0, 13, 0, 2], // TPIDRURW
    [0, 13, 0, 3], // TPIDRURO
    [0, 13, 0, 4], // TPIDRPRW
    [0, 14, 1, 0], // CNTKCTL
];
/// Bits of an encoding of CP14: opc1, CRn, CRm, opc2.
const SPACE: u32 = 1 << 14;
/// There are some 50 on QEMU's Cortex-A57.
const MOST: usize = 128;
/// Before the first look: long enough for the other guests to have written everything.
const HEAD_START: u64 = 200;
const EVERY: u64 = 100;
const ENOUGH: u32 = 20;

/// What can be read and written.
struct Registers {
    reads: [Access; MOST],
    count: usize,
}

pub fn run(options: &Options<'_>) -> &'static str {
    interrupt::init();
    (0..HEAD_START).for_each(|_| let_others_run(options.yielding));
    let registers = Registers::find();
    registers.check_fresh(options.pattern);
    check("sweep.defined", 0, registers.write(options.pattern));
    let first = registers.read();
    registers.check_own(&first, options.pattern);
    for round in 1.. {
        check_quietly(format_args!("sweep.round{round}.defined"), 0, registers.write(options.pattern));
        let_others_run(options.yielding);
        let now = registers.read();
        for (n, access) in registers.reads().iter().enumerate() {
            let (expected, found) = (first[n].unwrap_or(0), now[n].unwrap_or(!0));
            check_quietly(format_args!("sweep.round{round}.{}", Name(access)), expected as u32, found as u32);
        }
        if round % EVERY == 0 {
            println!("guest {}: sweep round {round}, {} failed", options.id, failed());
        }
        if round == options.rounds || failed() > ENOUGH {
            break;
        }
    }
    "sweep"
}

/// What a write that traps keeps, too. Without E: the shim turns off what links to nothing.
const fn kept(access: &Access) -> u32 {
    match (access.coprocessor, access.opc1, access.single, access.crm) {
        // DBGBVR, DBGWVR.
        (14, 0, Some((0, 4 | 6)), _) => !3,
        // DBGBCR, DBGWCR.
        (14, 0, Some((0, 5)), _) => 0xff_01e6,
        (14, 0, Some((0, 7)), _) => 0x1f1f_1ffe,
        // DBGDSCRext: UDCCdis, MDBGen.
        (14, 0, Some((0, 2)), 2) => 0x9000,
        // DBGVCR.
        (14, 0, Some((0, 0)), 7) => 0xde,
        _ => u32::MAX,
    }
}

const fn wide(pattern: u16) -> u32 {
    pattern as u32 * 0x1_0001
}

impl Registers {
    /// Of all of CP14, and of the list of CP15.
    fn find() -> Self {
        let mut found = Self { reads: [NOWHERE; MOST], count: 0 };
        let mut candidates = (0..SPACE).map(cp14).chain(CP15.iter().map(cp15));
        loop {
            let mut batch = [NOWHERE; BATCH];
            let count = batch.iter_mut().zip(&mut candidates).map(|(place, access)| *place = access).count();
            if count == 0 {
                return found;
            }
            found.add(&batch[..count]);
        }
    }

    /// Those of them that can be read, and written with what was there.
    fn add(&mut self, batch: &[Access]) {
        let code = Batch::new(batch, false);
        let before: [Outcome; BATCH] = core::array::from_fn(|n| if n < batch.len() { code.run(n, 0) } else { None });
        let writes: [Access; BATCH] =
            core::array::from_fn(|n| Access { reads: false, ..*batch.get(n).unwrap_or(&NOWHERE) });
        let code = Batch::new(&writes[..batch.len()], false);
        for (n, access) in batch.iter().enumerate() {
            // QEMU 10.0 has DBGDTR at opc1 3 as long as the bank is the guest's; otherwise, and on hardware, it is undefined.
            let is_there = access.coprocessor != 14 || access.opc1 != 3;
            let is_both = before[n].and_then(|value| code.run(n, value)).is_some();
            if is_there && is_both && self.count < MOST {
                self.reads[self.count] = *access;
                self.count += 1;
            }
        }
    }

    fn reads(&self) -> &[Access] {
        &self.reads[..self.count]
    }

    fn read(&self) -> [Outcome; MOST] {
        let code = Batch::new(self.reads(), false);
        core::array::from_fn(|n| if n < self.count { code.run(n, 0) } else { None })
    }

    /// The pattern to all of them; how many of the writes were undefined.
    fn write(&self, pattern: u16) -> u32 {
        let writes: [Access; MOST] = core::array::from_fn(|n| Access { reads: false, ..self.reads[n] });
        let code = Batch::new(&writes[..self.count], false);
        let own = |n| wide(pattern) & kept(&self.reads[n]);
        (0..self.count).filter(|&n| code.run(n, own(n).into()).is_none()).count() as u32
    }

    /// What is there before it is written is what a vCPU starts with, and not another guest's.
    fn check_fresh(&self, pattern: u16) {
        let stranger = wide(pattern ^ 0x3333);
        for (access, before) in self.reads().iter().zip(self.read()) {
            let before = before.unwrap_or(0) as u32;
            let is_strange = before != 0 && before & !3 == stranger & !3;
            check(format_args!("sweep.{}.fresh", Name(access)), 0, if is_strange { before } else { 0 });
        }
    }

    /// Enough of them keep the pattern: else nothing was tried.
    fn check_own(&self, first: &[Outcome; MOST], pattern: u16) {
        let own = |outcome: &&Outcome| outcome.is_some_and(|value| value as u32 & !3 == wide(pattern) & !3);
        let kept = first[..self.count].iter().filter(own).count();
        println!("SWEEP {} registers, {kept} keep all of a value", self.count);
        check("sweep.kept", 1, u32::from(kept >= 20));
    }
}

const fn cp14(bits: u32) -> Access {
    let single = Some(((bits >> 7 & 15) as u8, (bits & 7) as u8));
    Access { coprocessor: 14, opc1: (bits >> 11 & 7) as u8, single, crm: (bits >> 3 & 15) as u8, reads: true }
}

const fn cp15(&[opc1, crn, crm, opc2]: &[u8; 4]) -> Access {
    Access { coprocessor: 15, opc1, single: Some((crn, opc2)), crm, reads: true }
}

/// As in the assembler.
struct Name<'a>(&'a Access);

impl core::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Access { coprocessor, opc1, single, crm, .. } = *self.0;
        let (crn, opc2) = single.unwrap_or((0, 0));
        write!(f, "p{coprocessor}_{opc1}_c{crn}_c{crm}_{opc2}")
    }
}
