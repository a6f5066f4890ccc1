// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers, each reached by the instruction that names it.

use super::{instruction, mrs, msr};
use crate::pattern::Kind;

/// MDSCR_EL1: software step.
pub const SS: u64 = 1 << 0;
/// MDSCR_EL1: debug exceptions from EL1 itself.
pub const KDE: u64 = 1 << 13;
/// MDSCR_EL1: breakpoints and watchpoints.
pub const MDE: u64 = 1 << 15;
/// DBGBCR: E, PMC = EL1, BAS = the whole instruction.
pub const AT_EL1: u64 = 1 | 0b01 << 1 | 0xf << 5;

/// Calls `$do!` with the name of register `$n` of a kind.
macro_rules! numbered {
    ($n:expr, $do:ident, $prefix:literal $(, $value:expr)?) => {
        numbered!(@ $n, $do, $prefix, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $(, $value)?)
    };
    (@ $n:expr, $do:ident, $prefix:literal, [$($i:literal)*], $value:expr) => {
        match $n { $($i => $do!(concat!($prefix, $i, "_el1"), $value),)* _ => () }
    };
    (@ $n:expr, $do:ident, $prefix:literal, [$($i:literal)*]) => {
        match $n { $($i => $do!(concat!($prefix, $i, "_el1")),)* _ => 0 }
    };
}

/// Reads register `n` of `kind`.
pub fn read(kind: Kind, n: u8) -> u64 {
    match kind {
        Kind::Bvr => numbered!(n, mrs, "dbgbvr"),
        Kind::Bcr => numbered!(n, mrs, "dbgbcr"),
        Kind::Wvr => numbered!(n, mrs, "dbgwvr"),
        Kind::Wcr => numbered!(n, mrs, "dbgwcr"),
    }
}

/// Writes register `n` of `kind`.
pub fn write(kind: Kind, n: u8, value: u64) {
    match kind {
        Kind::Bvr => numbered!(n, msr, "dbgbvr", value),
        Kind::Bcr => numbered!(n, msr, "dbgbcr", value),
        Kind::Wvr => numbered!(n, msr, "dbgwvr", value),
        Kind::Wcr => numbered!(n, msr, "dbgwcr", value),
    }
}

/// How many of a kind there are, by `ID_AA64DFR0_EL1`.
pub fn count(kind: Kind) -> u8 {
    let at = match kind {
        Kind::Bvr | Kind::Bcr => 12,
        Kind::Wvr | Kind::Wcr => 20,
    };
    (mrs!("id_aa64dfr0_el1") >> at & 0xf) as u8 + 1
}

/// `MDSCR_EL1`.
pub fn mdscr() -> u64 {
    mrs!("mdscr_el1")
}

/// Writes `MDSCR_EL1`; in force from the next instruction.
pub fn set_mdscr(value: u64) {
    msr!("mdscr_el1", value);
    instruction!("isb");
}

/// Runs `code` at EL1 with PSTATE.D clear.
pub fn with_debug_exceptions(code: impl FnOnce()) {
    instruction!("msr daifclr, #8");
    code();
    instruction!("msr daifset, #8");
}

/// `BRK` with a comment that means nothing to the handler.
pub fn brk() {
    instruction!("brk #0x10");
}

/// Takes every debug exception away, by one instruction.
pub fn disarm() {
    msr!("mdscr_el1", 0);
}

/// Steps over one NOP at EL1.
pub fn step_once() {
    super::probe::step();
}

/// Arms breakpoint 0 at a NOP and runs into it; the handler disarms.
pub fn hit_once() {
    write(Kind::Bvr, 0, super::probe::nop_address());
    write(Kind::Bcr, 0, AT_EL1);
    set_mdscr(MDE | KDE);
    with_debug_exceptions(super::probe::nop);
}

/// `OSLAR_EL1`.
pub fn set_os_lock(locked: bool) {
    msr!("oslar_el1", locked.into());
    instruction!("isb");
}

/// Unlocks by one instruction.
pub fn unlock() {
    msr!("oslar_el1", 0);
}

/// `OSLSR_EL1`.
pub fn os_lock_status() -> u64 {
    mrs!("oslsr_el1")
}

/// `OSDLR_EL1`.
pub fn clear_double_lock() {
    msr!("osdlr_el1", 0);
}

/// `MDRAR_EL1`.
pub fn rom_address() -> u64 {
    mrs!("mdrar_el1")
}

/// `MDCCSR_EL0`.
pub fn channel_status() -> u64 {
    mrs!("mdccsr_el0")
}

pub fn claim_tags() -> u64 {
    mrs!("dbgclaimclr_el1")
}

/// Sets claim tags.
pub fn set_claim_tags(tags: u64) {
    msr!("dbgclaimset_el1", tags);
}

/// Clears claim tags.
pub fn clear_claim_tags(tags: u64) {
    msr!("dbgclaimclr_el1", tags);
}

/// `DBGDTRTX_EL0`: a word for whoever listens.
pub fn set_channel_data(word: u64) {
    msr!("dbgdtrtx_el0", word);
    instruction!("isb");
}

/// `DBGDTRRX_EL0`.
pub fn channel_data() -> u64 {
    mrs!("dbgdtrrx_el0")
}

/// `MDCCSR_EL0.TXfull`: nobody took the last word yet.
pub fn channel_is_full() -> bool {
    mrs!("mdccsr_el0") & 1 << 29 != 0
}

/// Reads to XZR, writes XZR to `DBGBVR0_EL1`, and says whether SP is what it was.
pub fn zero_register_is_not_sp() -> bool {
    let (before, after): (u64, u64);
    // SAFETY: only moves SP to general registers.
    unsafe {
        core::arch::asm!(
            "mov {before}, sp", "mrs xzr, dbgbvr0_el1", "msr dbgbvr0_el1, xzr", "mov {after}, sp",
            before = out(reg) before, after = out(reg) after, options(nostack)
        );
    }
    before == after
}

/// All off and zero, whatever was there.
pub fn reset() {
    set_mdscr(0);
    clear_double_lock();
    set_os_lock(false);
    for kind in [Kind::Bcr, Kind::Wcr, Kind::Bvr, Kind::Wvr] {
        (0..count(kind)).for_each(|n| write(kind, n, 0));
    }
    clear_claim_tags(0xff);
    instruction!("isb");
}
