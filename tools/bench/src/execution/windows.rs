// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel does between an interrupt in a guest and the return to one, in a log of the kernel's code alone.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;

use anyhow::Context;

use super::log::{Execution, Step, code, destination, executed};
use lazaret_machine::Qemu;

/// QEMU with such a log, of code at these addresses.
pub fn watched(mut qemu: Qemu, code: &Range<u64>, log: &Path) -> Qemu {
    let filter = format!("{:#x}+{:#x}", code.start, code.end - code.start);
    let log = log.display().to_string();
    let options =
        ["-accel", "tcg,one-insn-per-tb=on", "-d", "in_asm,exec,nochain,int", "-dfilter", &filter, "-D", &log];
    qemu.more.extend(options.map(String::from));
    qemu
}

/// The middle one by length of all that went from guest to guest without a program of EL0 in between.
pub fn middle(log: &Path, op: &str) -> anyhow::Result<Execution> {
    let file = std::fs::File::open(log).with_context(|| log.display().to_string())?;
    let mut found = windows(BufReader::new(file))?;
    found.sort_by_key(Vec::len);
    let steps = found.get(found.len() / 2).context("no guest was interrupted for another")?.clone();
    Ok(Execution { op: op.into(), count: 1, steps, exceptions: 1 })
}

fn windows(log: impl BufRead) -> anyhow::Result<Vec<Vec<Step>>> {
    let (mut found, mut words) = (Vec::new(), HashMap::new());
    let (mut interrupt, mut window): (bool, Option<Vec<Step>>) = (false, None);
    for line in log.lines() {
        let line = line?;
        if let Some(pc) = executed(&line) {
            let word = words.get(&pc).copied();
            window.iter_mut().for_each(|window| window.push(Step { pc, word, level: 2 }));
        } else if let Some((pc, word)) = code(&line) {
            words.insert(pc, word);
        } else if line.starts_with("Taking exception ") {
            interrupt = line.contains("[IRQ]");
        } else if line.starts_with("...from EL") {
            interrupt &= line.starts_with("...from EL1 to EL2");
        } else if line.starts_with("...to EL2") {
            window = interrupt.then(Vec::new);
        } else if destination(&line) == Some(1) {
            found.extend(window.take());
        } else if destination(&line).is_some() {
            window = None;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_interrupts_that_lead_to_a_guest_count() {
        let step = |pc: u64| format!("Trace 0: 0x7f [00000000/{pc:016x}/00000261/ff022201] \n");
        let enter = |what: &str, from: u8| {
            format!("Taking exception 5 [{what}] on CPU 0\n...from EL{from} to EL2\n...to EL2 PC 0x0 PSTATE 0x3c9\n")
        };
        let leave = |to: u8| format!("Exception return from AArch64 EL2 to AArch64 EL{to} PC 0x0\n");
        let log = [
            enter("IRQ", 1),
            "0x00000010:  d50342df  msr daifset, #2\n".into(),
            step(0x10),
            step(0x14),
            leave(1),
            enter("IRQ", 1),
            step(0x10),
            leave(0),
            enter("SVC", 0),
            step(0x18),
            leave(1),
            enter("IRQ", 0),
            step(0x10),
            leave(1),
        ];
        let found = windows(log.concat().as_bytes()).unwrap();
        let steps = [Step { pc: 0x10, word: Some(0xd503_42df), level: 2 }, Step { pc: 0x14, word: None, level: 2 }];
        assert_eq!(found, [steps]);
    }
}
