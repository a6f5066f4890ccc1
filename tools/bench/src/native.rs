// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel's own calls cost, without a VM: a root task that times them.

use std::path::PathBuf;

use anyhow::Context;

use super::measured::Row;
use super::subject::Job;
use super::{Bench, Measured, Subject};
use lazaret_build::Request;
use lazaret_build::target::Target;
use lazaret_machine::Qemu;
use lazaret_programs::Config;
use lazaret_programs::toolchain::Toolchain;

const PROGRAM: &str = "kernel-bench";
/// The same calls between two marks.
pub const TRACED: &str = "kernel-trace";
const JOB: Job<'_> = Job::new("", r"GUEST native: \d+ passed");

/// Runs it on our kernel or an installed seL4; gives all that it prints.
pub fn output(bench: &Bench<'_>, subject: Subject) -> anyhow::Result<String> {
    let (mut qemu, image) = machine(bench, subject, PROGRAM)?;
    qemu.more.extend(["-semihosting-config".into(), "enable=on,userspace=on,target=native".into()]);
    let context = || format!("the calls of {}'s kernel were not measured", subject.name());
    Ok(bench.watch(&qemu, &image, JOB).with_context(context)?.output)
}

pub fn rows(bench: &Bench<'_>, subject: Subject) -> anyhow::Result<Vec<Row>> {
    Ok(Measured::parse(&output(bench, subject)?)?.rows)
}

/// QEMU and an image with one of the programs as root task.
pub fn machine(bench: &Bench<'_>, subject: Subject, program: &str) -> anyhow::Result<(Qemu, PathBuf)> {
    let request = Request { config: Config::Release, kernel: bench.kernel(subject)?, ..Request::new("") };
    let target = Target::of(bench.workspace, &request)?;
    let executables = target.build(&Toolchain::detect()?, &[target.first_program(), "kernel-tests"])?;
    let (image, _) = target.pack(&executables, program, None)?;
    let path = bench.folder()?.join("native.img");
    std::fs::write(&path, image.bytes)?;
    Ok((bench.qemu()?, path))
}
