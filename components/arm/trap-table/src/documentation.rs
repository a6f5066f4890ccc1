// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table for people: what `lazaret docs traps` writes.

use core::fmt;

use crate::aarch32::{DIFFERENCES32, Names, Section};
use crate::{
    DIFFERENCES, DebugRegister, Difference, Encoding, Handler, Rights, Row, SECTIONS, TimerRegister, Way, masks,
};

const HEAD: &str = "\
<!-- Written by `lazaret docs traps`; a test compares it with the source. -->
# What a guest finds in registers that trap

Every register that the hypervisor's traps catch, by sections: debug, ID registers, performance monitors, the physical
timer, and what all guests of a core share. Each guest starts with all of them trapped; once it has used one of the lazily switched ones
(*bank*), they are its own on the hardware (*owned*) until another guest needs them. The rest traps at any time, or is defined so that nothing passes from one guest to another.

* access: R, W, RW, or UNDEF (an undefined instruction, in the guest)
* mask: the bits of a written value that are kept, or of an ID register that are shown; the others read as zero
* numbered registers beyond the core's counts (`ID_AA64DFR0_EL1`) are UNDEF, as on hardware
* AArch32: the names that a 32-bit guest has for it; their encodings are below
* section: of the Arm Architecture Reference Manual, DDI 0487, issue K
* test: the scenario in QEMU in which two guests try to find each other's values (`lazaret test NAME`)
";

const COLUMNS: &str = "
| register | encoding | EL0 | EL1 | AArch32 | reset | mask | kept in | trapped | owned | section | test |
|---|---|---|---|---|---|---|---|---|---|---|---|
";

const TAIL: &str = "
## Spaces
| encodings | registers | what happens | by |
|---|---|---|---|
| s2_1_* | trace (`TRC*`) | UNDEF; `ID_AA64DFR0_EL1.TraceVer` promises none | `CPTR_EL2.TTA` |
| s3_0_c9_c9_*, s3_0_c9_c10_* | profiling (`PMS*`, `PMB*`) | UNDEF; `PMSVer` promises none | `MDCR_EL2.{TPMS, E2PB}` |
| s3_0_c9_c11_*, s3_0_c1_c2_1 | trace buffer (`TRB*`), `TRFCR_EL1` | UNDEF; none promised | `MDCR_EL2.{E2TB, TTRF}` |
| the others of s3_0_c0_c1_0 to s3_0_c0_c7_7 | none yet | read 0, as on hardware | `HCR_EL2.TID3` |
| all others of op0 = 2 | none in Armv8.5-A | UNDEF | the table: what has no row is undefined |

What has no row is UNDEF. Up to Armv8.5-A that is Arm's own answer, or stands in `tests/proof/src/explained.rs` with its reason: a test compares
every encoding of op0 = 2 and 3 and of CP14 and CP15, at EL1 and at EL0, with Arm's released pseudocode of that version. What later
versions add there is UNDEF as well, whether the core has it or not.
";

const KVM: &str = "
## Where KVM differs
`lazaret test differential` has a guest try every encoding of op0 = 2, of ID registers and of performance monitors,
read and written, at EL1 and at EL0, here and under KVM. What differs is in this table, or the test fails.

| registers | access | here | under KVM | why |
|---|---|---|---|---|
";

const KVM32: &str = "
The 32-bit guest does the same with every MRC, MCR, MRRC and MCRR of CP14, of CP15's ID registers and of its performance
monitors. CP15's c0, c4 to c7 are left out: a guest that reads them under KVM 6.1 never goes on, for KVM gives it 0 and
leaves the PC where it is.

| registers | access | here | under KVM | why |
|---|---|---|---|---|
";

/// The whole document, in Markdown.
#[derive(Clone, Copy, Debug)]
pub struct Documentation;

impl fmt::Display for Documentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for (heading, rows) in SECTIONS {
            write!(f, "\n## {heading}{COLUMNS}")?;
            rows.iter().try_for_each(|row| row.document(f))?;
        }
        f.write_str(TAIL)?;
        Section.fmt(f)?;
        f.write_str(KVM)?;
        DIFFERENCES.iter().try_for_each(|difference| difference.document(f))?;
        f.write_str(KVM32)?;
        DIFFERENCES32.iter().try_for_each(|difference| difference.document(f))
    }
}

impl Difference {
    fn document(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} |", self.registers)?;
        for (n, way) in self.ways.iter().enumerate() {
            let text = match way {
                Way::El1Read => "EL1 R",
                Way::El1Write => "EL1 W",
                Way::El0Read => "EL0 R",
                Way::El0Write => "EL0 W",
            };
            write!(f, "{}{text}", if n == 0 { " " } else { ", " })?;
        }
        writeln!(f, " | {} | {} | {} |", self.ours, self.theirs, self.why)
    }
}

impl Row {
    /// What an access does while the bank is the guest's. `MDCR_EL2.{TDOSA, TDRA, TPM}` are never clear.
    fn owned(&self) -> &'static str {
        match self.handler {
            Handler::Undefined => "UNDEF",
            _ if !self.register.is_lazy() => "as trapped",
            Handler::RazWi | Handler::Constant(_) => "hardware; no debugger listens, emptied before the next owner",
            _ => "hardware",
        }
    }

    /// The scenario that tries to break the isolation between two guests; an operation holds nothing to be found.
    pub fn isolation_test(&self) -> Option<&'static str> {
        (!self.is_operation()).then(|| self.handler.isolation_test())
    }

    fn document(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (el0, el1) = self.rights.columns();
        let (kept_in, trapped) = self.handler.columns();
        let owned = self.owned();
        let (name, register, section) = (self.name, self.register, self.section);
        write!(f, "| `{name}` | {register} | {el0} | {el1} | {} | ", Names(register))?;
        match self.handler {
            Handler::DebugFeatures | Handler::Features { .. } => f.write_str("the core's | ")?,
            _ => write!(f, "{:#x} | ", self.reset)?,
        }
        match self.handler.mask() {
            Some(mask) => write!(f, "{mask:#x}")?,
            None => f.write_str("-")?,
        }
        writeln!(f, " | {kept_in} | {trapped} | {owned} | {section} | {} |", self.isolation_test().unwrap_or("-"))
    }
}

impl Rights {
    /// EL0's and EL1's.
    pub(crate) const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::ReadWrite => ("UNDEF", "RW"),
            Self::ReadOnly => ("UNDEF", "R"),
            Self::WriteOnly => ("UNDEF", "W"),
            Self::El0ReadWrite => ("RW", "RW"),
            Self::El0ReadOnly => ("R", "R"),
            Self::Nothing => ("UNDEF", "UNDEF"),
        }
    }
}

impl Handler {
    /// What of a written value is kept; none where nothing is.
    pub(crate) const fn mask(self) -> Option<u64> {
        match self {
            Self::Backed(DebugRegister::Bvr(_) | DebugRegister::Wvr(_)) => Some(masks::ADDRESS),
            Self::Backed(DebugRegister::Bcr(_)) => Some(masks::BCR),
            Self::Backed(DebugRegister::Wcr(_)) => Some(masks::WCR),
            Self::Backed(DebugRegister::Mdscr) => Some(masks::MDSCR),
            Self::Backed(DebugRegister::Mdccint) => Some(masks::MDCCINT),
            Self::Backed(DebugRegister::Vcr32) => Some(masks::VCR),
            Self::ClaimSet | Self::ClaimClear => Some(masks::CLAIM),
            Self::Timer(TimerRegister::Control) => Some(masks::TIMER_CONTROL),
            Self::OsLockAccess => Some(1),
            Self::Features { hidden } => Some(!hidden),
            _ => None,
        }
    }

    /// Where it is kept, and what an access does while it traps.
    pub(crate) const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::RazWi => ("nowhere", "reads 0, writes ignored"),
            Self::Constant(_) => ("nowhere", "reads the reset value, writes ignored"),
            Self::Backed(DebugRegister::Mdscr) => ("vCPU", "kept; loaded at each resume"),
            Self::Backed(_) => ("bank", "kept; a write makes the bank pending"),
            Self::OsLockAccess => ("vCPU", "sets the guest's own lock, never the core's"),
            Self::OsLockStatus => ("vCPU", "the guest's own lock"),
            Self::ClaimSet => ("bank", "reads 0xff, sets tags"),
            Self::ClaimClear => ("bank", "reads the tags, clears tags"),
            Self::Features { hidden: 0 } => ("nowhere", "the core's"),
            Self::Features { .. } => ("nowhere", "the core's, as far as a guest gets what it promises"),
            Self::DebugFeatures => ("nowhere", "the core's counts; nothing else promised"),
            Self::Timer(TimerRegister::Count) => ("nowhere", "the counter less the VM's offset"),
            Self::Timer(_) => ("VMM", "kept; PPI 30 follows it"),
            Self::Undefined => ("nowhere", "UNDEF"),
        }
    }

    const fn isolation_test(self) -> &'static str {
        match self {
            Self::Backed(DebugRegister::Mdccint) => "bare-sweep",
            Self::Backed(_) | Self::ClaimSet | Self::ClaimClear => "bare-two-vms",
            Self::Undefined | Self::DebugFeatures | Self::Features { .. } => "bare-workout",
            _ => "bare-sweep",
        }
    }
}
