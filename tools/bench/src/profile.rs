// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the instructions of one operation go under Lazaret, by function.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;

use super::execution::log::{self, Execution};
use super::execution::{capture, count, flame, symbols::Symbols, windows};
use super::operations::{IPC, SWITCH};
use super::subject::Job;
use super::table::write_aligned;
use super::{Bench, Subject, native, switch};
use lazaret_machine::Qemu;

/// One operation's path.
pub struct Profile {
    /// Its name.
    pub op: String,
    /// Instructions of one operation, by program, function, inlined functions.
    pub stacks: BTreeMap<Vec<String>, f64>,
    /// By kind.
    pub kinds: count::Kinds,
}

/// Parts of a function that are worth a line of their own.
const PARTS: usize = 6;
/// And how much they must be.
const WORTH: f64 = 4.0;

impl Profile {
    /// Runs that operation and watches it.
    pub fn take(bench: &Bench<'_>, op: &str) -> anyhow::Result<Self> {
        let guest = lazaret_guests::BARE_PACKAGE;
        let (trace, programs, packages) = match op {
            SWITCH => (between_guests(bench, op)?, vec![(2, "microkernel")], ["microkernel", "vmm"]),
            op if IPC.contains(&op) => {
                let machine = native::machine(bench, Subject::Lazaret, native::TRACED)?;
                let programs = vec![(2, "microkernel"), (0, native::TRACED)];
                (marked(bench, op, machine)?, programs, ["microkernel", "kernel-tests"])
            }
            _ => {
                let bootargs = format!("mode=trace id={op}");
                let machine = bench.machine(Subject::Lazaret, Job::new(&bootargs, ""))?;
                let programs = vec![(2, "microkernel"), (0, "vmm"), (1, guest)];
                (marked(bench, op, machine)?, programs, ["microkernel", "vmm"])
            }
        };
        let mut symbols = Symbols::load(&bench.build(&[packages[0], packages[1], guest])?, &programs)?;
        let kinds = count::Kinds::of(&trace);
        Ok(Self { op: op.into(), stacks: count::stacks(&trace, &mut symbols), kinds })
    }

    /// For people.
    pub fn text(&self) -> String {
        let kinds = &self.kinds;
        let mut out = format!(
            "{}: {:.1} instructions: at EL0 {:.1}, in the kernel {:.1}, in the guest {:.1}\n\
             {:.1} system-register writes, {:.1} reads, {:.1} barriers, {:.1} TLBI, {:.1} exceptions to EL2, {:.1} ERET\n\n",
            self.op,
            kinds.all,
            kinds.levels[0],
            kinds.levels[2],
            kinds.levels[1],
            kinds.system_writes,
            kinds.system_reads,
            kinds.barriers,
            kinds.tlb,
            kinds.exceptions,
            kinds.returns
        );
        let mut lines = vec![["function", "program", "instructions"].map(String::from).to_vec()];
        for function in count::functions(&self.stacks) {
            let own = function.name.clone();
            lines.push(vec![function.name, function.program, format!("{:.1}", function.count)]);
            let inlined = function.parts.into_iter().filter(|(name, count)| *name != own && *count >= WORTH);
            let line = |(name, count)| vec![format!("  {name}"), String::new(), format!("{count:.1}")];
            lines.extend(inlined.take(PARTS).map(line));
        }
        write_aligned(&mut out, &lines);
        out
    }

    /// The flame graph.
    pub fn svg(&self) -> String {
        let title =
            format!("{}: {:.0} instructions, by program, function and what is inlined in it", self.op, self.kinds.all);
        flame::svg(&title, &self.stacks)
    }
}

/// What a count of instructions hides, of every operation of the guest.
pub fn hidden(bench: &Bench<'_>, subject: Subject) -> anyhow::Result<BTreeMap<String, count::Kinds>> {
    let machine = bench.machine(subject, Job::new("mode=trace id=all", ""))?;
    let traces = all_marked(bench, machine).with_context(|| format!("{} was not watched", subject.name()))?;
    Ok(traces.iter().map(|trace| (trace.op.clone(), count::Kinds::of(trace))).collect())
}

/// An operation that a program announces and puts between two marks.
fn marked(bench: &Bench<'_>, op: &str, machine: (Qemu, PathBuf)) -> anyhow::Result<Execution> {
    let trace = all_marked(bench, machine)?.into_iter().find(|trace| trace.op == op);
    trace.with_context(|| format!("the bench has no operation '{op}'"))
}

fn all_marked(bench: &Bench<'_>, (qemu, image): (Qemu, PathBuf)) -> anyhow::Result<Vec<Execution>> {
    let folder = bench.folder()?;
    let announced = capture::run(qemu, &image, &folder, bench.timeout)?;
    log::read(&folder.join("trace.log"), &announced)
}

/// The end of a guest's time slice, to the other's first instruction.
fn between_guests(bench: &Bench<'_>, op: &str) -> anyhow::Result<Execution> {
    let log = bench.folder()?.join("trace.log");
    let kernel = bench.kernel_memory()?;
    switch::run_clean(bench, |qemu| windows::watched(qemu, &kernel, &log))?;
    let trace = windows::middle(&log, op);
    // Half a gigabyte.
    let _ = std::fs::remove_file(&log);
    trace
}
