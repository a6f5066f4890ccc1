// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's log: `in_asm`, `exec` and `int`, one instruction a block.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::Context;

use super::capture::Announced;

/// An executed instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its address.
    pub pc: u64,
    /// Its word, if QEMU told it.
    pub word: Option<u32>,
    /// The exception level, 0 to 3.
    pub level: u8,
}

/// What was executed between an operation's marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The operation.
    pub op: String,
    /// How many times.
    pub count: u64,
    /// Every instruction.
    pub steps: Vec<Step>,
    /// Exceptions taken to EL2.
    pub exceptions: u64,
}

/// Reads the parts of the log that belong to operations.
pub fn read(log: &Path, announced: &[Announced]) -> anyhow::Result<Vec<Execution>> {
    let mut file = File::open(log).with_context(|| log.display().to_string())?;
    let mut words = HashMap::new();
    let mut traces = Vec::new();
    for one in announced {
        let level = first_level(part(&mut file, one)?)?.unwrap_or(one.level);
        let reader = Reader { words: &mut words, trace: start(one), inside: false, level };
        traces.push(reader.read(part(&mut file, one)?, one)?);
    }
    Ok(traces)
}

/// What was logged while the operation was done.
fn part<'a>(file: &'a mut File, one: &Announced) -> anyhow::Result<impl BufRead + use<'a>> {
    file.seek(SeekFrom::Start(one.log_from))?;
    Ok(BufReader::new(file.take(one.log_to.saturating_sub(one.log_from))))
}

/// The level that the log begins at: logging can start in the middle of an interrupt's handling.
fn first_level(part: impl BufRead) -> anyhow::Result<Option<u8>> {
    for line in part.lines() {
        if let Some(level) = origin(&line?) {
            return Ok(Some(level));
        }
    }
    Ok(None)
}

fn start(one: &Announced) -> Execution {
    Execution { op: one.op.clone(), count: one.count, steps: Vec::new(), exceptions: 0 }
}

struct Reader<'a> {
    words: &'a mut HashMap<(u8, u64), u32>,
    trace: Execution,
    inside: bool,
    level: u8,
}

impl Reader<'_> {
    fn read(mut self, part: impl BufRead, one: &Announced) -> anyhow::Result<Execution> {
        // A block is executed right after it is translated, so its code is that of the level then.
        let mut fresh: Vec<(u64, u32)> = Vec::new();
        let mut done = false;
        for line in part.lines() {
            let line = line?;
            if let Some(pc) = executed(&line) {
                fresh.drain(..).for_each(|(pc, word)| _ = self.words.insert((self.level, pc), word));
                done |= self.step(pc, one)?;
            } else if let Some(level) = destination(&line) {
                self.level = level;
                self.trace.exceptions += u64::from(self.inside && level == 2);
            } else if let Some(code) = code(&line) {
                fresh.push(code);
            }
        }
        anyhow::ensure!(done, "the log of '{}' does not reach its second mark", one.op);
        Ok(self.trace)
    }

    /// Whether it was the second mark.
    fn step(&mut self, pc: u64, one: &Announced) -> anyhow::Result<bool> {
        if self.level == one.level && pc == one.begin {
            self.inside = true;
        } else if self.level == one.level && pc == one.end && self.inside {
            self.inside = false;
            return Ok(true);
        } else if self.inside {
            let word = self.words.get(&(self.level, pc)).copied();
            anyhow::ensure!(word.is_some(), "'{}' runs code at EL{} {pc:#x} that QEMU never told", one.op, self.level);
            self.trace.steps.push(Step { pc, word, level: self.level });
        }
        Ok(false)
    }
}

/// `Trace 0: 0x7efc98291e40 [00000000/0000000040200c80/00000261/ff022201] `
pub(super) fn executed(line: &str) -> Option<u64> {
    let fields = line.strip_prefix("Trace ")?.split_once('[')?.1;
    u64::from_str_radix(fields.split('/').nth(1)?, 16).ok()
}

/// `...from EL1 to EL2`, and `Exception return from AArch64 EL2 to AArch64 EL1 PC 0x...`.
fn origin(line: &str) -> Option<u8> {
    let rest = line.strip_prefix("...from EL").or_else(|| line.strip_prefix("Exception return from AArch64 EL"))?;
    level(rest)
}

/// `...to EL2 PC 0x40200c80 PSTATE 0x3c9`, and `Exception return from AArch64 EL2 to AArch64 EL1 PC 0x...`.
pub(super) fn destination(line: &str) -> Option<u8> {
    let rest = match line.strip_prefix("...to EL") {
        Some(rest) => rest,
        None => line.strip_prefix("Exception return from AArch64 EL")?.split_once(" to AArch64 EL")?.1,
    };
    level(rest)
}

fn level(text: &str) -> Option<u8> {
    text.bytes().next()?.checked_sub(b'0').filter(|level| *level < 4)
}

/// `0x40200c80:  d10443ff  sub sp, sp, #0x110`
pub(super) fn code(line: &str) -> Option<(u64, u32)> {
    let (address, rest) = line.strip_prefix("0x")?.split_once(':')?;
    let word = rest.split_whitespace().next()?;
    Some((u64::from_str_radix(address, 16).ok()?, u32::from_str_radix(word, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
        ----------------\nIN: \n0x40081000:  d65f03c0  ret\n\n\
        Trace 0: 0x7f [00004000/0000000040081000/00000121/ff022201] \n\
        Taking exception 13 [Hypervisor Call] on CPU 0\n...from EL1 to EL2\n...to EL2 PC 0x40200c00 PSTATE 0x3c9\n\
        IN: \n0x40200c00:  d50342df  msr daifset, #2\n\
        Trace 0: 0x7f [00000000/0000000040200c00/00000261/ff022201] \n\
        Exception return from AArch64 EL2 to AArch64 EL1 PC 0x40081004\n\
        IN: \nOBJD-T: c0035fd6\n\
        Trace 0: 0x7f [00004000/0000000040081004/00000121/ff022201] \n";

    #[test]
    fn follows_levels_and_words_between_the_marks() {
        let announced = Announced::parse("TRACE op=hvc count=1 begin=0x40081000 end=0x40081004").unwrap();
        let trace = of(LOG, &announced).unwrap();
        assert_eq!(trace.steps, [Step { pc: 0x4020_0c00, word: Some(0xd503_42df), level: 2 }]);
        assert_eq!(trace.exceptions, 1);
        let cut = LOG.split_once("Exception return").unwrap().0;
        assert!(of(cut, &announced).unwrap_err().to_string().contains("second mark"));
        let untold = LOG.replace("d50342df", "OBJD-T:");
        assert!(of(&untold, &announced).unwrap_err().to_string().contains("EL2 0x40200c00"));
    }

    fn of(log: &str, announced: &Announced) -> anyhow::Result<Execution> {
        let level = first_level(log.as_bytes())?.unwrap();
        Reader { words: &mut HashMap::new(), trace: start(announced), inside: false, level }
            .read(log.as_bytes(), announced)
    }

    #[test]
    fn a_log_can_begin_at_any_level() {
        let interrupted = "Exception return from AArch64 EL2 to AArch64 EL1 PC 0x40081000\n";
        let guest = "Taking exception 13 [Hypervisor Call] on CPU 0\n...from EL1 to EL2\n";
        assert_eq!(first_level(format!("{interrupted}{guest}").as_bytes()).unwrap(), Some(2));
        assert_eq!(first_level(guest.as_bytes()).unwrap(), Some(1));
        assert_eq!(first_level("Trace 0: 0x7f [0/0/0/0]\n".as_bytes()).unwrap(), None);
    }
}
