// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same root task on our kernel and on an installed seL4.

use std::path::PathBuf;
use std::time::Duration;

use lazaret_build::Request;
use lazaret_build::target::Target;
use lazaret_machine::{Script, Watch};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;

use crate::machine;

/// What a root task without a system prints until a line comes; kept in a file as well.
pub fn output(kernel: Option<PathBuf>, program: &str, until: &str, seconds: u64) -> anyhow::Result<String> {
    let workspace = Workspace::find();
    let request = Request { kernel, board: machine::board().into(), ..Request::new("") };
    let target = Target::of(&workspace, &request)?;
    let package = if program == "sel4-oracle" { program } else { "kernel-tests" };
    let executables = target.build(&Toolchain::detect()?, &[target.first_program(), package])?;
    let (image, _) = target.pack(&executables, program, None)?;
    let name = if target.kernel.is_some() { format!("{program}-sel4") } else { program.to_string() };
    let path = target.output.join(format!("{name}.img"));
    lazaret_diagnostic::write_file(&path, image.bytes)?;
    let qemu = machine::qemu_for_sel4(&target.board)?.on_core(target.kernel.as_ref().map(|kernel| kernel.cpu));
    let mut watch = Watch::script(Script::new().expect(until), Duration::from_secs(seconds));
    watch.faults_expected = true;
    watch.log = Some(target.output.join(format!("{name}.txt")));
    let run = watch.run(qemu.command(&path))?;
    run.expect_seen()?;
    Ok(run.output)
}
