// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel's own calls cost, without a VM: a root task that times them.

use std::path::PathBuf;

use anyhow::Context;

use super::measured::Row;
use super::subject::Job;
use super::{Bench, Measured};
use lazaret_machine::Qemu;

const PROGRAM: &str = "kernel-bench";
/// The same calls between two marks.
pub const TRACED: &str = "kernel-trace";
const JOB: Job<'_> = Job::new("", r"GUEST native: \d+ passed");

/// Runs it; gives all that it prints.
pub fn output(bench: &Bench<'_>) -> anyhow::Result<String> {
    let (mut qemu, image) = machine(bench, PROGRAM)?;
    qemu.more.extend(["-semihosting-config".into(), "enable=on,userspace=on,target=native".into()]);
    let run = bench.watch(&qemu, &image, JOB).context("the kernel's calls were not measured")?;
    Ok(run.output)
}

pub fn rows(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    Ok(Measured::parse(&output(bench)?)?.rows)
}

/// QEMU and an image with one of the programs as root task.
pub fn machine(bench: &Bench<'_>, program: &str) -> anyhow::Result<(Qemu, PathBuf)> {
    let executables = bench.build(&["microkernel", "kernel-tests"])?;
    let read = |name: &str| std::fs::read(executables.join(name)).with_context(|| name.to_string());
    let packed = lazaret_image::pack(&read("microkernel")?, &read(program)?, None)?;
    let path = bench.folder()?.join("native.img");
    std::fs::write(&path, packed.bytes)?;
    Ok((bench.qemu()?, path))
}
