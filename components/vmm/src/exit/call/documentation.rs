// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table for people: what `lazaret docs calls` writes.

use super::table::{Argument, Known};
use super::{CALLS, CONVENTION_64, Call};
use core::fmt;

const HEAD: &str = "\
<!-- Written by `lazaret docs calls`; a test compares it with the source. -->
# What a guest can call

By HVC or by SMC, which are the same here. The function's number is in w0, the answer comes in x0; no other register changes. Everything that is not in this table answers
NOT_SUPPORTED (-1): the other functions of PSCI (SYSTEM_RESET2, MEM_PROTECT, SYSTEM_SUSPEND and so on), firmware's remedies for predictors, all other owners' numbers, yielding calls, and numbers with a bit of 23 to 16 set.

* callers: a 32-bit caller has no SMC64 forms (those with bit 30), by the SMC Calling Convention (Arm DEN0028, 2.5)
* arguments that count: from x1 on; all others have no effect. *32* is the lower half of the register in either form, *as wide* all of it in the SMC64 form and the lower half in the SMC32 form
* known to: which function says that it is there, for the same callers
* an immediate other than 0: NOT_SUPPORTED, whatever is in the registers. The convention reserves those of SMC, and leaves those of HVC to the hypervisor (DEN0028, 2.9); this one has none. The immediate of a 32-bit caller's
  SMC is in no syndrome, so it counts as 0

| function | numbers | callers | arguments that count | known to | answer |
|---|---|---|---|---|---|
";

/// The page.
#[derive(Debug)]
pub struct Documentation;

impl fmt::Display for Documentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        CALLS.iter().try_for_each(|call| row(f, call))
    }
}

fn row(f: &mut fmt::Formatter<'_>, call: &Call) -> fmt::Result {
    write!(f, "| `{}` | {:#010x}", call.name, call.function)?;
    match call.has_both_forms() {
        true => write!(f, ", {:#010x} | both; the second 64-bit only | ", call.function | CONVENTION_64)?,
        false => f.write_str(" | both | ")?,
    }
    list(f, call.arguments.iter(), |f, argument| match argument {
        Argument::Word(name) => write!(f, "`{name}` (32)"),
        Argument::AsWide(name) => write!(f, "`{name}` (as wide)"),
    })?;
    f.write_str(" | ")?;
    list(f, call.known.iter(), |f, known| {
        f.write_str(match known {
            Known::PsciFeatures => "`PSCI_FEATURES`",
            Known::ArchFeatures => "`SMCCC_ARCH_FEATURES`",
        })
    })?;
    writeln!(f, " | {} |", call.does)
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (n, item) in items.enumerate() {
        if n > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}
