// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arm's own specification beside the trap tables: every encoding, at both levels, in both directions.
//!
//! `data/arm-v8.5-accesses.tsv` lists each access that Arm's released pseudocode of Armv8.5-A does not make UNDEFINED, and
//! where it goes with the hypervisor's traps set. What is not listed there is UNDEFINED.

use std::collections::BTreeMap;

use arm_syndrome::{Coprocessor, CpReg, CpReg64, Direction, SysReg};
use arm_trap_table::{Handler, aarch32, is_reserved_feature, lookup};

use crate::explained::{EXPLANATIONS, Explanation};

/// Which instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// MRS and MSR.
    A64,
    /// MRC and MCR.
    A32,
    /// MRRC and MCRR.
    A32Wide,
}

/// One access: op0 or the coprocessor, op1, CRn, CRm, op2; from where, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Which instructions.
    pub space: Space,
    /// The encoding.
    pub encoding: [u8; 5],
    /// From EL0.
    pub from_el0: bool,
    /// A read.
    pub reads: bool,
}

/// Where Arm sends an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// To EL2.
    Trapped,
    /// To the guest's EL1.
    Guest,
    /// To EL3.
    Secure,
    /// To the hardware.
    Direct,
    /// An undefined instruction, of which EL2 does not hear.
    Undefined,
}

/// What the tables make of it if it traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ours {
    /// A row that allows it.
    Defined,
    /// A row that does not.
    Refused,
    /// No row: the guest gets an undefined instruction.
    NoRow,
}

/// The list, and where an access goes while the debug registers trap, and while they do not.
pub fn arm() -> BTreeMap<Access, [Arm; 2]> {
    let list = include_str!("../data/arm-v8.5-accesses.tsv");
    list.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

fn line(line: &str) -> (Access, [Arm; 2]) {
    let fields: Vec<&str> = line.split('\t').collect();
    let space = match fields[0] {
        "a64" => Space::A64,
        "a32" => Space::A32,
        "a32-64" => Space::A32Wide,
        other => panic!("{other}: no such space"),
    };
    let encoding = [1, 2, 3, 4, 5].map(|field: usize| fields[field].parse().expect("a number"));
    let goes = [7, 8].map(|field: usize| match fields[field] {
        "EL1" => Arm::Guest,
        "EL2" => Arm::Trapped,
        "EL3" => Arm::Secure,
        "direct" => Arm::Direct,
        other => panic!("{other}: no such place"),
    });
    (Access { space, encoding, from_el0: fields[6].starts_with("EL0"), reads: fields[6].ends_with('R') }, goes)
}

/// Every access that there can be of the system registers: op0 2 and 3, coprocessors 14 and 15.
pub fn all() -> impl Iterator<Item = Access> {
    let narrow = [(Space::A64, 2), (Space::A64, 3), (Space::A32, 14), (Space::A32, 15)];
    let encodings = narrow.into_iter().flat_map(|(space, first)| {
        (0..1u16 << 14).map(move |rest| {
            let [op1, crn, crm, op2] = [rest >> 11, rest >> 7 & 15, rest >> 3 & 15, rest & 7].map(|field| field as u8);
            (space, [first, op1, crn, crm, op2])
        })
    });
    let wide = [14, 15].into_iter().flat_map(|coprocessor| {
        (0..=255u8).map(move |rest| (Space::A32Wide, [coprocessor, rest >> 4, 0, rest & 15, 0]))
    });
    encodings.chain(wide).flat_map(|(space, encoding)| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(from_el0, reads)| Access {
            space,
            encoding,
            from_el0,
            reads,
        })
    })
}

/// What the tables say.
pub fn ours(access: &Access) -> Ours {
    let [first, op1, crn, crm, op2] = access.encoding;
    let coprocessor = if first == 14 { Coprocessor::P14 } else { Coprocessor::P15 };
    let direction = if access.reads { Direction::Read } else { Direction::Write };
    let rights = match access.space {
        Space::A64 => {
            let register = SysReg::new(first, op1, crn, crm, op2);
            if is_reserved_feature(register) && access.reads && !access.from_el0 {
                return Ours::Defined;
            }
            lookup(register).map(|row| (row.rights, row.handler == Handler::Undefined))
        }
        Space::A32 => aarch32::lookup(CpReg::new(coprocessor, op1, crn, crm, op2)).map(|row| (row.rights, false)),
        Space::A32Wide => aarch32::lookup_wide(CpReg64::new(coprocessor, op1, crm)).map(|row| (row.rights, false)),
    };
    match rights {
        None => Ours::NoRow,
        Some((rights, is_undefined)) if is_undefined || !rights.allow(direction, access.from_el0) => Ours::Refused,
        Some(_) => Ours::Defined,
    }
}

/// Do both say the same? What never comes to EL2 needs no row.
pub fn agree(arm: [Arm; 2], ours: Ours) -> bool {
    match arm[0] {
        Arm::Trapped => ours == Ours::Defined,
        Arm::Guest | Arm::Secure | Arm::Direct | Arm::Undefined => ours != Ours::Defined,
    }
}

/// The reason why they do not, if there is one.
pub fn explanation(access: &Access, arm: [Arm; 2], ours: Ours) -> Option<&'static Explanation> {
    EXPLANATIONS.iter().find(|explanation| explanation.covers(access, arm[0], ours))
}
