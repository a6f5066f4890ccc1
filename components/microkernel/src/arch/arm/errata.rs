// SPDX-License-Identifier: MIT OR Apache-2.0
//! Known errors of cores that touch what keeps guests apart: stage 2, address translation, the timer, what a guest can
//! stop the core with. Each has what is done about it, and where.
//!
//! Numbers and effects are those of Arm's errata notices, as Linux, KVM and Xen cite them. A core that is not here has
//! no row, and so no promise: [`Summary`] says so at boot.

use core::fmt;

/// What is done about an erratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// The kernel does what the notice asks for, here.
    Mitigated(&'static str),
    /// It cannot happen here, for this reason.
    NotHere(&'static str),
    /// Nothing that a kernel can do keeps a guest from using it: the core is not used. An emulator's has no such error.
    Refused(&'static str),
}
use Handling::{Mitigated, NotHere, Refused};

/// An erratum of some revisions of one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// Arm's number.
    pub number: u32,
    /// The core.
    pub part: Part,
    /// The last revision that has it, as variant and revision of MIDR_EL1: `0x12` is r1p2.
    pub last: u8,
    /// What goes wrong.
    pub effect: &'static str,
    /// What is done.
    pub handling: Handling,
}

/// Cores of Arm's, by their part number in MIDR_EL1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[allow(missing_docs, reason = "the names are the cores'")]
pub enum Part {
    CortexA53 = 0xd03,
    CortexA55 = 0xd05,
    CortexA57 = 0xd07,
    CortexA72 = 0xd08,
}
use Part::{CortexA53, CortexA55, CortexA57, CortexA72};

/// The board is no emulator, whose cores have the names of real ones and not their errors.
pub const ON_SILICON: bool = crate::board::MACHINE_EMULATED == 0;
/// The one that costs each entry of a guest something.
pub const STALE_LOADS: u32 = 845_719;

/// Every revision.
const ALL: u8 = 0xff;

const fn row(number: u32, part: Part, last: u8, effect: &'static str, handling: Handling) -> Erratum {
    Erratum { number, part, last, effect, handling }
}

const OUT_OF_CONTEXT: &str = "a speculative AT in the middle of a switch leaves a wrong translation in the TLB";
const ONE_AT: Handling = Mitigated(
    "the kernel has one AT, behind a DSB and an ISB that speculation does not pass, with the guest's whole context \
     loaded: el2/fault.rs, `translate`",
);
const DACR_FIRST: Handling = Mitigated("CONTEXTIDR_EL1 is written after DACR32_EL2: el2/el1.rs, `load`");
const DACR_LATE: &str = "DACR32_EL2 of a 32-bit guest is not synchronised";
const CLEAN: &str = "cleaning a line by its address can stop the core or lose data";
const GUESTS_CLEAN: Handling = Refused("guests clean their memory by its address");
const NO_HARDWARE_UPDATE: Handling =
    NotHere("the kernel's stage 2 has no hardware update of access flags or dirty bits (VTCR_EL2.HA, HD: el2/tlb.rs)");

/// All of them, by core and number.
pub const ERRATA: &[Erratum] = &[
    row(819_472, CortexA53, 0x01, CLEAN, GUESTS_CLEAN),
    row(824_069, CortexA53, 0x02, CLEAN, GUESTS_CLEAN),
    row(826_319, CortexA53, 0x02, CLEAN, GUESTS_CLEAN),
    row(827_319, CortexA53, 0x02, CLEAN, GUESTS_CLEAN),
    row(
        843_419,
        CortexA53,
        0x04,
        "ADRP at the end of a page, with a load or store behind it, computes a wrong address",
        Mitigated(
            "the linker leaves no such sequence: tools/programs passes --fix-cortex-a53-843419 for every program",
        ),
    ),
    row(
        STALE_LOADS,
        CortexA53,
        0x04,
        "a load of 32-bit code may return what a 64-bit load at EL2 or EL1 has read shortly before",
        Mitigated("CONTEXTIDR_EL1 is written before a guest is entered: el2/native.rs, `forget_loads`"),
    ),
    row(1_530_924, CortexA53, ALL, OUT_OF_CONTEXT, ONE_AT),
    row(
        1_024_718,
        CortexA55,
        0x20,
        "the hardware's update of dirty bits can lose a change of the tables",
        NO_HARDWARE_UPDATE,
    ),
    row(1_530_923, CortexA55, ALL, OUT_OF_CONTEXT, ONE_AT),
    row(
        832_075,
        CortexA57,
        0x12,
        "exclusive stores among loads of device memory stop the core for good",
        Refused("a guest can do both"),
    ),
    row(
        834_220,
        CortexA57,
        0x12,
        "a stage-1 fault is told as a stage-2 fault",
        Refused("a guest's program reaches devices that its kernel keeps from it"),
    ),
    row(852_523, CortexA57, ALL, DACR_LATE, DACR_FIRST),
    row(1_319_537, CortexA57, ALL, OUT_OF_CONTEXT, ONE_AT),
    row(
        1_742_098,
        CortexA57,
        ALL,
        "an interrupt between two AES instructions of a 32-bit program is taken at a wrong address",
        NotHere("the wrong address is one of that program's own; a guest's kernel that cares hides the instructions"),
    ),
    row(853_709, CortexA72, ALL, DACR_LATE, DACR_FIRST),
    row(1_319_367, CortexA72, ALL, OUT_OF_CONTEXT, ONE_AT),
    row(
        1_655_431,
        CortexA72,
        ALL,
        "an interrupt between two AES instructions of a 32-bit program is taken at a wrong address",
        NotHere("the wrong address is one of that program's own; a guest's kernel that cares hides the instructions"),
    ),
];

const ARM: u64 = 0x41;

/// Fields of MIDR_EL1.
const fn implementer(midr: u64) -> u64 {
    midr >> 24 & 0xff
}
const fn part(midr: u64) -> u64 {
    midr >> 4 & 0xfff
}
const fn revision(midr: u64) -> u8 {
    (midr >> 16 & 0xf0 | midr & 0xf) as u8
}

/// The errata of the core with this MIDR_EL1.
pub fn of(midr: u64) -> impl Iterator<Item = &'static Erratum> {
    ERRATA
        .iter()
        .filter(move |row| implementer(midr) == ARM && part(midr) == row.part as u64 && revision(midr) <= row.last)
}

/// The first erratum for which a real core with this MIDR_EL1 is not used.
pub fn refusal(midr: u64) -> Option<&'static Erratum> {
    of(midr).find(|row| matches!(row.handling, Refused(_)))
}

/// One line for the console: what the core has, and what becomes of it.
pub struct Summary(pub u64);

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midr = self.0;
        let known = implementer(midr) == ARM && ERRATA.iter().any(|row| row.part as u64 == part(midr));
        write!(f, "core {midr:#x} (r{}p{})", revision(midr) >> 4, revision(midr) & 0xf)?;
        if !known {
            return f.write_str(": its errata are not known here");
        }
        for row in of(midr) {
            let what = match row.handling {
                Mitigated(_) => "mitigated",
                NotHere(_) => "not here",
                Refused(_) => "an emulator has it not",
            };
            write!(f, ", {} {what}", row.number)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    const A53_R0P4: u64 = 0x410f_d034;
    const A57_R1P0: u64 = 0x411f_d070;
    const A57_R1P3: u64 = 0x411f_d073;
    const A72_R0P3: u64 = 0x410f_d083;
    const SOMEBODY_S: u64 = 0x500f_d070;

    fn numbers(midr: u64) -> Vec<u32> {
        of(midr).map(|row| row.number).collect()
    }

    #[test]
    fn revisions_count() {
        assert_eq!(numbers(A53_R0P4), [843_419, 845_719, 1_530_924]);
        assert_eq!(numbers(A53_R0P4 - 2), [824_069, 826_319, 827_319, 843_419, 845_719, 1_530_924]);
        assert_eq!(numbers(A57_R1P3), [852_523, 1_319_537, 1_742_098]);
        assert_eq!(numbers(A72_R0P3), [853_709, 1_319_367, 1_655_431]);
        assert_eq!(numbers(SOMEBODY_S), []);
    }

    #[test]
    fn cores_that_a_guest_can_stop_are_refused() {
        assert_eq!(refusal(A57_R1P0).map(|row| row.number), Some(832_075));
        assert_eq!(refusal(A53_R0P4 - 2).map(|row| row.number), Some(824_069));
        for midr in [A57_R1P3, A53_R0P4, A72_R0P3, SOMEBODY_S] {
            assert_eq!(refusal(midr), None);
        }
    }

    #[test]
    fn the_console_s_line() {
        let line = Summary(A72_R0P3).to_string();
        assert_eq!(line, "core 0x410fd083 (r0p3), 853709 mitigated, 1319367 mitigated, 1655431 not here");
        assert!(Summary(SOMEBODY_S).to_string().ends_with("are not known here"));
        assert!(Summary(A57_R1P0).to_string().contains("832075 an emulator has it not"));
    }

    /// A file that a row names is there, and says what the row says that it has.
    #[test]
    fn places_are_there() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/arch/arm");
        for row in ERRATA {
            let Mitigated(text) = row.handling else { continue };
            let Some((file, name)) = text.rsplit_once(": ").and_then(|(_, place)| place.split_once(", ")) else {
                continue;
            };
            let source = std::fs::read_to_string(folder.join(file)).expect(file);
            assert!(source.contains(name.trim_matches('`')), "{}: {file} has no {name}", row.number);
        }
    }

    #[test]
    fn rows_are_in_order() {
        assert!(ERRATA.is_sorted_by_key(|row| (row.part as u16, row.number)));
    }
}
