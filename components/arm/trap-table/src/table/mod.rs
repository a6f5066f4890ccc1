// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table: a file for each section, and all of them in the order of the encodings. To add a register, add its row to
//! its section; the order within a section is free.

use arm_syndrome::SysReg;

use crate::index::Index;
use crate::{Handler, Rights, Row};

/// Rows of one section, whose name is the constant `SECTION` beside them. They are separated by semicolons: `bank n` is the four registers of breakpoint and watchpoint n, `counters n m` the
/// eight event counters (or types) that share CRm m, `features` ID registers with CRm, op2 and what is hidden of them, anything
/// else one register.
macro_rules! table {
    (@ [$($row:expr,)*]) => { [$($row,)*] };
    (@ [$($row:expr,)*] bank $n:literal; $($rest:tt)*) => {
        table!(@ [$($row,)*
            banked($n, 4, concat!("DBGBVR", $n, "_EL1"), DebugRegister::Bvr($n)),
            banked($n, 5, concat!("DBGBCR", $n, "_EL1"), DebugRegister::Bcr($n)),
            banked($n, 6, concat!("DBGWVR", $n, "_EL1"), DebugRegister::Wvr($n)),
            banked($n, 7, concat!("DBGWCR", $n, "_EL1"), DebugRegister::Wcr($n)),
        ] $($rest)*)
    };
    (@ [$($row:expr,)*] counters $kind:literal $crm:literal: $($n:literal)*; $($rest:tt)*) => {
        table!(@ [$($row,)* $(counter($crm, $n, concat!($kind, $n, "_EL0")),)*] $($rest)*)
    };
    (@ [$($row:expr,)*] features $($name:ident $crm:literal $op2:literal $hidden:expr),*; $($rest:tt)*) => {
        table!(@ [$($row,)* $(features($crm, $op2, stringify!($name), $hidden),)*] $($rest)*)
    };
    (@ [$($row:expr,)*] $name:ident $op0:literal $op1:literal $crn:literal $crm:literal $op2:literal
        $rights:ident $reset:expr, $handler:expr; $($rest:tt)*) => {
        table!(@ [$($row,)* Row {
            register: SysReg::new($op0, $op1, $crn, $crm, $op2),
            name: stringify!($name),
            rights: Rights::$rights,
            reset: $reset,
            handler: $handler,
            section: SECTION,
        },] $($rest)*)
    };
    ($($rows:tt)*) => { table!(@ [] $($rows)*) };
}

mod debug;
mod features;
mod performance;
mod shared;
mod timer;

pub(crate) use debug::ALL_DISABLED;

/// The sections, with their headings.
pub static SECTIONS: [(&str, &[Row]); 5] = PARTS;

const PARTS: [(&str, &[Row]); 5] = [
    ("Debug registers", debug::ROWS),
    ("ID registers", features::ROWS),
    ("Performance monitors", performance::ROWS),
    ("Physical timer", timer::ROWS),
    ("Shared by all guests", shared::ROWS),
];

const LENGTH: usize = {
    let (mut length, mut part) = (0, 0);
    while part < PARTS.len() {
        length += PARTS[part].1.len();
        part += 1;
    }
    length
};

/// Every register of a guest that traps and is not undefined.
pub static TRAP_TABLE: [Row; LENGTH] = ROWS;

const ROWS: [Row; LENGTH] = in_order();

/// The rows of all sections by their encodings.
const fn in_order() -> [Row; LENGTH] {
    let mut rows = [RESERVED; LENGTH];
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut i = 0;
        while i < PARTS[part].1.len() {
            let row = PARTS[part].1[i];
            let mut at = count;
            while at > 0 && rows[at - 1].register.packed() > row.register.packed() {
                rows[at] = rows[at - 1];
                at -= 1;
            }
            rows[at] = row;
            count += 1;
            i += 1;
        }
        part += 1;
    }
    rows
}

/// Strictly ascending, and so without a double.
const _: () = {
    let mut i = 1;
    while i < ROWS.len() {
        assert!(ROWS[i - 1].register.packed() < ROWS[i].register.packed(), "one register in two rows");
        i += 1;
    }
};

/// The row of an ID register that the architecture keeps for later: reads as zero.
static RESERVED_FEATURE: Row = RESERVED;

const RESERVED: Row = Row {
    register: SysReg::new(3, 0, 0, 0, 0),
    name: "unknown",
    rights: Rights::ReadOnly,
    reset: 0,
    handler: Handler::RazWi,
    section: features::SECTION,
};

/// The space of ID registers that `HCR_EL2.TID3` traps, of both widths: c0, c1 to c7.
pub(crate) const fn is_feature(op1: u8, crn: u8, crm: u8) -> bool {
    op1 == 0 && crn == 0 && crm >= 1 && crm <= 7
}

/// An ID register without a row of its own.
pub fn is_reserved_feature(register: SysReg) -> bool {
    register.op0() == 3 && is_feature(register.op1(), register.crn(), register.crm()) && lookup(register).is_none()
}

/// The handler of a register that has a row: for other tables.
pub(crate) const fn handler_of(register: SysReg) -> Handler {
    let mut i = 0;
    while i < ROWS.len() {
        if ROWS[i].register.packed() == register.packed() {
            return ROWS[i].handler;
        }
        i += 1;
    }
    panic!("no such row")
}

static INDEX: Index = Index::of(&ROWS);

/// The row of a register.
#[inline]
pub fn lookup(register: SysReg) -> Option<&'static Row> {
    TRAP_TABLE.get(INDEX.find(register)?)
}

/// What an access goes by: the register's row, or that of the ID registers without one. `None`: it is undefined.
#[inline]
pub fn resolve(register: SysReg) -> Option<&'static Row> {
    match lookup(register) {
        None if is_reserved_feature(register) => Some(&RESERVED_FEATURE),
        row => row,
    }
}
