// SPDX-License-Identifier: MIT OR Apache-2.0
//! The AArch32 part of what `lazaret docs traps` writes.

use core::fmt;

use arm_syndrome::{Coprocessor, SysReg};

use super::{CP14, CP14_WIDE, CP15, Handler32, Row32};
use crate::{Handler, masks};

const HEAD: &str = "
## AArch32: coprocessor 14
What MCR and MRC (and in the last two rows MRRC) of a 32-bit guest find, and those of a 32-bit program in a 64-bit guest.
Nothing is kept twice: a register with an AArch64 name is (a part of) that one.

* QEMU: `no` where QEMU 10.0 does not have the register at its encoding, or keeps nothing in it. Those rows are tested
  with made-up syndromes and a fake register file only (`components/arm/trap-table/tests/aarch32.rs`,
  `components/vmm/src/exit/trap/tests.rs`)

| register | encoding | EL0 | EL1 | reset | mask | AArch64 | what an access does | QEMU |
|---|---|---|---|---|---|---|---|---|
";

const TAIL: &str = "
## AArch32: other spaces
| encodings | registers | what happens | by |
|---|---|---|---|
| p14, LDC and STC | DBGDTRTXint, DBGDTRRXint | UNDEF, with or without writeback | nobody is at the channel's other end |
| p14 1 * | trace | UNDEF | `CPTR_EL2.TTA` |
| p14 6 * | ThumbEE | UNDEF, by the core | not in Armv8 |
| p14, all others | none in Armv8.5-A | UNDEF | the table: what has no row is undefined |
| p15, c0 c1 to c7 | ID registers, and those without a row | the core's as in the table above; 0 | `HCR_EL2.TID3` |
| p15, c1 c0 1 and 3 | ACTLR, ACTLR2 | read 0, writes ignored | `HCR_EL2.TACR` |
| p15, c7 c6, c10, c14 2 | DCISW, DCCSW, DCCISW | ignored | `HCR_EL2.TSW` |
| p15, c9 c12 to c14, c14 c8 to c15; MCRR c9 | performance monitors | as in the table above | `MDCR_EL2.TPM` |
| p15, c9, c10, c11, c15 | implementation defined | UNDEF | `HCR_EL2.TIDCP`, `HSTR_EL2.{T11, T15}` |
| p15, c14 c2; MCRR 2 c14; MRRC 0 c14 | the physical timer, its counter | as in the table above | `CNTHCTL_EL2.{EL1PCEN, EL1PCTEN}` |
| VMRS MVFR0 to MVFR2 | | the core's | `HCR_EL2.TID3` |
";

/// Rows that QEMU 10.0 does not have, or keeps nothing in.
const NOT_IN_QEMU: [&str; 8] =
    ["DBGAUTHSTATUS", "DBGBXVR", "DBGDCCINT", "DBGDEVID", "DBGDTRRXint", "DBGPRCR", "DBGVCR", "DBGWFAR"];

/// The section, in Markdown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section;

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        CP14.iter().try_for_each(|row| row.document(f))?;
        CP14_WIDE.iter().try_for_each(|row| row.document(f))?;
        f.write_str(TAIL)
    }
}

/// The AArch32 names of an AArch64 register, for a column of its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names(pub SysReg);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = CP14.iter().chain(&CP15).filter(|row| row.also == Some(self.0));
        let Some(first) = names.next() else { return f.write_str("-") };
        write!(f, "`{}`", first.name)?;
        if first.register.coprocessor() == Coprocessor::P15 {
            write!(f, " {}", first.register)?;
        }
        names.try_for_each(|row| write!(f, ", `{}`", row.name))
    }
}

impl<K: fmt::Display> Row32<K> {
    fn document(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (el0, el1) = self.rights.columns();
        write!(f, "| `{}` | {} | {el0} | {el1} | ", self.name, self.register)?;
        match self.handler {
            Handler32::DebugId => f.write_str("the core's | ")?,
            _ => write!(f, "{:#x} | ", self.reset)?,
        }
        match self.handler.mask() {
            Some(mask) => write!(f, "{mask:#x} | ")?,
            None => f.write_str("- | ")?,
        }
        match self.also {
            Some(register) => write!(f, "{register}")?,
            None => f.write_str("-")?,
        }
        let numbered = self.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let modelled = if NOT_IN_QEMU.contains(&numbered) { "no" } else { "yes" };
        writeln!(f, " | {} | {modelled} |", self.handler.what())
    }
}

impl Handler32 {
    const fn mask(self) -> Option<u64> {
        const LOW: u64 = u32::MAX as u64;
        match self {
            Self::Same(handler) => match handler.mask() {
                Some(mask) => Some(mask & LOW),
                None => None,
            },
            Self::ValueLow(_) => Some(masks::ADDRESS & LOW),
            Self::ValueHigh(_) => Some(LOW),
            Self::StatusAndControl => Some(masks::DSCR),
            Self::Status | Self::OsLockKey | Self::DebugId => None,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Same(Handler::Backed(_)) => "kept; a write makes the bank pending",
            Self::Same(handler) => handler.columns().1,
            Self::ValueLow(_) => "the low half, the high one stays; a write makes the bank pending",
            Self::ValueHigh(_) => "the high half, of context-aware breakpoints; a write makes the bank pending",
            Self::StatusAndControl => "kept in the vCPU; loaded at each resume",
            Self::Status => "DBGDSCRext's bits, and TXfull; to APSR_nzcv as well",
            Self::OsLockKey => "0xc5acce55 sets the guest's own lock, any other value clears it; never the core's",
            Self::DebugId => "the core's counts, debug v8.0",
        }
    }
}
