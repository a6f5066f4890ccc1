// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux whose VMM is killed at random instructions while it boots, computes, debugs and powers off; and what it and
//! the machine beside it print meanwhile.

use std::time::Duration;

use regex::Regex;

use super::case::Random;
use super::emulator::Look;
use super::exit_kind::NOWHERE;
use super::gdb::{Gdb, PC};
use super::outcome::{apart, said};
use super::path::walk;
use super::testbed::Testbed;

use lazaret_machine::interrupt::interrupted;
use lazaret_machine::rejoin;
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// The consoles: the victim's, and the other's.
const GUESTS: [&str; 2] = ["linux", "bare"];
/// Linux's last line.
const LAST: &str = "reboot: Power down";
/// Instructions of the VMM after an exit at most; an exit that takes less is let go.
const STEPS: u64 = 300;
/// Between two kills. QEMU has much to translate again after each, and the guest's clock does not wait for that.
pub(crate) const PAUSE_MS: std::ops::Range<u64> = 100..400;

/// What was found.
#[derive(Debug)]
pub struct Kills {
    /// Kills until Linux was off.
    pub kills: u64,
    /// Lines that each guest should have printed and did not, or the reverse.
    pub differ: Vec<String>,
    /// Lines compared.
    pub lines: usize,
}

/// The system, and the program of the Linux's VMM.
const ONE_VCPU: (&str, &str) = ("crash_linux", "vmm");
const SEVERAL_VCPUS: (&str, &str) = ("crash_smp", "vmm-smp");

/// One run without kills, one with so many, of a Linux with one vCPU or with several.
pub fn run(workspace: &Workspace, several: bool, kills: u64, seed: u64) -> anyhow::Result<Kills> {
    let (system, program) = if several { SEVERAL_VCPUS } else { ONE_VCPU };
    let request = Testbed::request(workspace, system, Config::Release);
    let testbed = Testbed::of_program(workspace, &request, "vmm_linux", program)?.with_pauses();
    let (machine, gdb) = testbed.start()?;
    gdb.detach()?;
    let good = transcripts(&machine.output(until_off)?)?;
    let (machine, mut gdb) = testbed.start()?;
    let (mut random, mut done) = (Random::new(seed), 0);
    while done < kills && !interrupted() {
        gdb.run()?;
        std::thread::sleep(Duration::from_millis(PAUSE_MS.start + random.below(PAUSE_MS.end - PAUSE_MS.start)));
        gdb.interrupt()?;
        if machine.has_said(LAST) {
            break;
        }
        done += u64::from(kill(&testbed, &mut gdb, random.below(STEPS))?);
    }
    gdb.detach()?;
    let output = machine.output(until_off)?;
    let is = transcripts(&output)?;
    let differ = good.iter().zip(&is).flat_map(|(good, is)| differences(good, is)).collect();
    Ok(Kills { kills: done, differ, lines: good.iter().map(Vec::len).sum() })
}

/// At the VMM's next exit, so many instructions later; `false` if that is over before.
fn kill(testbed: &Testbed, gdb: &mut Gdb, steps: u64) -> anyhow::Result<bool> {
    testbed.to(gdb, &[testbed.reply + 4], 0)?;
    let reached = walk(testbed, gdb, steps)?;
    if reached {
        gdb.set_register(PC, NOWHERE)?;
    }
    Ok(reached)
}

fn until_off(output: &str) -> Look {
    let is_off = |name: &&str| output.contains(&format!("{name}: powered off"));
    let over = GUESTS.iter().all(is_off) || output.contains("KRN|PANIC");
    if over { Look::Over } else { Look::Unfinished }
}

/// Each guest's own lines, without what depends on time: stamps, durations, numbers of processes, and Linux's surprise
/// at an interrupt that took long because a debugger stopped the machine in it.
fn transcripts(output: &str) -> anyhow::Result<[Vec<String>; 2]> {
    let varies = Regex::new(r"^\[ *\d+\.\d+\] |process \d+|audit\(\d+\.\d+|\d+ ?ms\b")?;
    let [consoles, ..] = apart(output);
    let rejoined = rejoin(&consoles);
    Ok(GUESTS.map(|name| {
        let own = said(&rejoined, name);
        let own = own.lines().filter(|line| !line.starts_with("VMM|") && !line.contains("hrtimer: interrupt took"));
        own.map(|line| varies.replace_all(line, "").trim_end().to_string()).collect()
    }))
}

/// Lines of only one of two. Their order is time's affair: Linux's threads print when they run.
fn differences(good: &[String], is: &[String]) -> Vec<String> {
    let missing = |from: &[String], sign: char, others: &[String]| -> Vec<String> {
        let mut others: Vec<_> = others.iter().collect();
        let mut is_missing = |line: &&String| match others.iter().position(|other| other == line) {
            Some(at) => {
                others.swap_remove(at);
                false
            }
            None => true,
        };
        from.iter().filter(|line| is_missing(line)).map(|line| format!("{sign} {line}")).collect()
    };
    [missing(good, '-', is), missing(is, '+', good)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_other_lines_in_between_make_no_difference() {
        let good = "linux| [    0.000000] Booting\nlinux| process 57 done\nlinux| pages in 0ms\nbare| round 1\n";
        let torn = "linux| [    0.010000] BoMON|WARN: 'vmm_linux' was started again\noting\nbare| rou\n\
                    linux| VMM|INFO: linux: powered off\nbare+ nd 1\nlinux| process 9 done\nlinux| pages in 18ms\n";
        let (good, torn) = (transcripts(good).unwrap(), transcripts(torn).unwrap());
        assert_eq!(good, torn);
        assert!(differences(&good[0], &torn[0]).is_empty());
    }

    #[test]
    fn what_is_lost_or_doubled_is_found() {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        assert_eq!(differences(&lines("abc"), &lines("ac")), ["- b"]);
        assert_eq!(differences(&lines("abc"), &lines("abbc")), ["+ b"]);
        assert!(differences(&lines("abc"), &lines("acb")).is_empty());
    }
}
