// SPDX-License-Identifier: MIT OR Apache-2.0
//! Coprocessor 14: the debug registers, in the order of the encodings. The encodings are the architecture's, not KVM's,
//! whose row of DBGDTRRXint and DBGDTRTXint says CRm 3 where it is 5.

use arm_syndrome::{Coprocessor::P14, CpReg, CpReg64, SysReg};

use super::{Handler32, Row32};
use crate::handler::OSLM;
use crate::table::ALL_DISABLED;
use crate::{DebugRegister, Handler, Rights, masks};

/// DBGDEVID: watchpoints can mask addresses (1), breakpoints cannot (15); nothing else.
const DEVICE_ID: u32 = 0x0f10;

/// Rows are separated by semicolons: `bank n` is the four registers of breakpoint and watchpoint n, `high n` is
/// DBGBXVR n, anything else one register with its AArch64 name's encoding, if it has one.
macro_rules! table {
    (@ [$($row:expr,)*]) => { [$($row,)*] };
    (@ [$($row:expr,)*] bank $n:literal; $($rest:tt)*) => {
        table!(@ [$($row,)*
            bank($n, 4, concat!("DBGBVR", $n), Handler32::ValueLow($n)),
            bank($n, 5, concat!("DBGBCR", $n), Handler32::Same(Handler::Backed(DebugRegister::Bcr($n)))),
            bank($n, 6, concat!("DBGWVR", $n), Handler32::Same(Handler::Backed(DebugRegister::Wvr($n)))),
            bank($n, 7, concat!("DBGWCR", $n), Handler32::Same(Handler::Backed(DebugRegister::Wcr($n)))),
        ] $($rest)*)
    };
    (@ [$($row:expr,)*] high $n:literal; $($rest:tt)*) => {
        table!(@ [$($row,)* Row32 {
            register: CpReg::new(P14, 0, 1, $n, 1),
            name: concat!("DBGBXVR", $n),
            rights: Rights::ReadWrite,
            reset: 0,
            handler: Handler32::ValueHigh($n),
            also: Some(SysReg::new(2, 0, 0, $n, 4)),
        },] $($rest)*)
    };
    (@ [$($row:expr,)*] $name:ident $opc1:literal $crn:literal $crm:literal $opc2:literal
        $rights:ident $reset:expr, $handler:expr $(, $op0:literal $op1:literal $n:literal $m:literal $op2:literal)?;
        $($rest:tt)*) => {
        table!(@ [$($row,)* Row32 {
            register: CpReg::new(P14, $opc1, $crn, $crm, $opc2),
            name: stringify!($name),
            rights: Rights::$rights,
            reset: $reset,
            handler: $handler,
            also: also(&[$(SysReg::new($op0, $op1, $n, $m, $op2))?]),
        },] $($rest)*)
    };
    ($($rows:tt)*) => { table!(@ [] $($rows)*) };
}

const fn also(register: &[SysReg]) -> Option<SysReg> {
    register.first().copied()
}

const fn bank(n: u8, op2: u8, name: &'static str, handler: Handler32) -> Row32<CpReg> {
    Row32 {
        register: CpReg::new(P14, 0, 0, n, op2),
        name,
        rights: Rights::ReadWrite,
        reset: 0,
        handler,
        also: Some(SysReg::new(2, 0, 0, n, op2)),
    }
}

const IGNORED: Handler32 = Handler32::Same(Handler::RazWi);

/// What MCR and MRC reach.
pub static CP14: [Row32<CpReg>; 102] = ROWS;

const ROWS: [Row32<CpReg>; 102] = table! {
    DBGDIDR 0 0 0 0 El0ReadOnly 0, Handler32::DebugId;
    DBGDTRRXext 0 0 0 2 ReadWrite 0, IGNORED, 2 0 0 0 2;
    bank 0;
    DBGDSCRint 0 0 1 0 El0ReadOnly masks::TX_FULL as u32, Handler32::Status, 2 3 0 1 0;
    bank 1;
    DBGDCCINT 0 0 2 0 ReadWrite 0, Handler32::Same(Handler::Backed(DebugRegister::Mdccint)), 2 0 0 2 0;
    DBGDSCRext 0 0 2 2 ReadWrite 0, Handler32::StatusAndControl, 2 0 0 2 2;
    bank 2;
    DBGDTRTXext 0 0 3 2 ReadWrite 0, IGNORED, 2 0 0 3 2;
    bank 3;
    bank 4;
    // One encoding: DBGDTRRXint when read, DBGDTRTXint when written.
    DBGDTRRXint 0 0 5 0 El0ReadWrite 0, IGNORED, 2 3 0 5 0;
    bank 5;
    DBGWFAR 0 0 6 0 ReadWrite 0, IGNORED;
    DBGOSECCR 0 0 6 2 ReadWrite 0, IGNORED, 2 0 0 6 2;
    bank 6;
    DBGVCR 0 0 7 0 ReadWrite 0, Handler32::Same(Handler::Backed(DebugRegister::Vcr32)), 2 4 0 7 0;
    bank 7;
    bank 8;
    bank 9;
    bank 10;
    bank 11;
    bank 12;
    bank 13;
    bank 14;
    bank 15;
    DBGDRAR 0 1 0 0 El0ReadOnly 0, IGNORED, 2 0 1 0 0;
    high 0;
    DBGOSLAR 0 1 0 4 WriteOnly 0, Handler32::OsLockKey, 2 0 1 0 4;
    high 1;
    DBGOSLSR 0 1 1 4 ReadOnly OSLM as u32, Handler32::Same(Handler::OsLockStatus), 2 0 1 1 4;
    high 2;
    high 3;
    DBGOSDLR 0 1 3 4 ReadWrite 0, IGNORED, 2 0 1 3 4;
    high 4;
    DBGPRCR 0 1 4 4 ReadWrite 0, IGNORED, 2 0 1 4 4;
    high 5;
    high 6;
    high 7;
    high 8;
    high 9;
    high 10;
    high 11;
    high 12;
    high 13;
    high 14;
    high 15;
    DBGDSAR 0 2 0 0 El0ReadOnly 0, IGNORED;
    DBGDEVID2 0 7 0 7 ReadOnly 0, IGNORED;
    DBGDEVID1 0 7 1 7 ReadOnly 0, IGNORED;
    DBGDEVID 0 7 2 7 ReadOnly DEVICE_ID, Handler32::Same(Handler::Constant(DEVICE_ID as u64));
    DBGCLAIMSET 0 7 8 6 ReadWrite 0xff, Handler32::Same(Handler::ClaimSet), 2 0 7 8 6;
    DBGCLAIMCLR 0 7 9 6 ReadWrite 0, Handler32::Same(Handler::ClaimClear), 2 0 7 9 6;
    DBGAUTHSTATUS 0 7 14 6 ReadOnly ALL_DISABLED as u32, Handler32::Same(Handler::Constant(ALL_DISABLED)), 2 0 7 14 6;
};

/// What MRRC reaches.
pub static CP14_WIDE: [Row32<CpReg64>; 2] = WIDE;

const WIDE: [Row32<CpReg64>; 2] = [wide(1, "DBGDRAR", Some(SysReg::new(2, 0, 1, 0, 0))), wide(2, "DBGDSAR", None)];

const fn wide(crm: u8, name: &'static str, also: Option<SysReg>) -> Row32<CpReg64> {
    Row32 { register: CpReg64::new(P14, 0, crm), name, rights: Rights::El0ReadOnly, reset: 0, handler: IGNORED, also }
}

/// Strictly ascending, and so without a double; each state with one row (one half of it with one row).
const _: () = {
    let mut i = 0;
    while i < ROWS.len() {
        assert!(i == 0 || ROWS[i - 1].register.packed() < ROWS[i].register.packed(), "rows out of order");
        let mut j = 0;
        while j < i {
            if let (Some((one, halves)), Some((other, its))) = (ROWS[i].handler.backing(), ROWS[j].handler.backing()) {
                assert!(one != other || halves & its == 0, "two rows with one backing");
            }
            j += 1;
        }
        i += 1;
    }
    assert!(WIDE[0].register.packed() < WIDE[1].register.packed(), "rows out of order");
};
