// SPDX-License-Identifier: MIT OR Apache-2.0
//! `build`: image, report and QEMU's command line in a folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::arguments::{QemuArguments, SourceArguments};
use lazaret_board::Board;
use lazaret_build::Request;
use lazaret_build::system;
use lazaret_diagnostic::{make_folder, may_write, write_file};
use lazaret_machine::card;
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

/// `build`
#[derive(Debug, Args)]
pub struct BuildArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// The folder for image, report and command line; for a real board, to be copied onto a card
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Instead of a system a self-test for the first run on a board, which prints PASS or FAIL of each check
    #[arg(long)]
    pub selftest: bool,
    /// Write into a card's folder that is there already
    #[arg(long)]
    pub force: bool,
}

impl BuildArguments {
    /// What is built to be kept lets no program speak by the kernel, unless that is asked for; a self-test has to.
    fn config(&self) -> Config {
        self.source.system.config.unwrap_or(if self.selftest { Config::Debug } else { Config::Release })
    }
}

/// The self-test's program, and the package that it is in.
const SELF_TEST: &str = "self-test";
const SELF_TEST_PACKAGE: &str = "kernel-tests";

/// Writes the folder, or nothing when something is wrong.
pub fn run(workspace: &Workspace, arguments: &BuildArguments) -> anyhow::Result<ExitCode> {
    let request = Request { config: arguments.config(), ..arguments.source.request(workspace) };
    let folder = &arguments.output;
    let board = system::board(workspace, &request.board, request.config)?;
    if board.has_card() {
        card::may_write(folder, arguments.force)?;
    }
    // A mistake in the description makes no folder, and a folder that cannot be made costs no build.
    if !arguments.selftest {
        system::check_given(workspace, &request)?;
    }
    make_folder(folder)?;
    let image = folder.join(&board.image);
    may_write(&image)?;
    if arguments.selftest {
        return self_test(workspace, &request, board, folder);
    }
    let built = system::build(workspace, &request)?;
    write_file(&image, &built.image.bytes)?;
    let line = QemuArguments::default().qemu_for(workspace, &built)?.line(&super::short(&image));
    write_file(&folder.join("qemu.sh"), format!("#!/bin/sh\nexec {line}\n"))?;
    let text = lazaret_report::text(&built, &request, &line);
    write_file(&folder.join("report.txt"), text)?;
    let json = lazaret_report::json(&built, &request, &line);
    write_file(&folder.join("report.json"), serde_json::to_vec_pretty(&json)?)?;
    built.sizes.iter().for_each(|size| println!("{}", size.line()));
    for origin in &built.origins {
        println!("{}: {}, SHA-256 {}", origin.file, origin.from, origin.sha256);
    }
    built.inputs.iter().filter(|input| input.replaces_ours).for_each(|input| println!("{input}"));
    built.stand_ins.iter().for_each(|moved| println!("{moved}"));
    built.kernel.iter().for_each(|kernel| println!("{kernel}"));
    built.will_not_start.iter().for_each(|why| eprintln!("lazaret: {why}"));
    println!("{line}");
    println!("the same with Microkit: {}", lazaret_report::microkit(&built, &request));
    let mut files = vec![built.board.image.clone()];
    if built.board.has_card() {
        let system = request.system.file_name().unwrap_or_default().to_string_lossy();
        files.extend(card::write(workspace, &built.board, &system, &built.image.bytes, folder)?);
    }
    println!("{}: {}, report.txt, report.json, qemu.sh", folder.display(), files.join(", "));
    Ok(ExitCode::SUCCESS)
}

/// No system: a root task that checks the machine, then the kernel, and says PASS or FAIL of each.
fn self_test(workspace: &Workspace, request: &Request, board: Board, folder: &Path) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(request.config.prints(), "the kernel of the configuration 'release' lets no program speak");
    let setting = Setting { workspace, board: &board.name, config: request.config };
    let executables = setting.build(&Toolchain::detect()?, &["microkernel", SELF_TEST_PACKAGE])?;
    let read = |name: &str| std::fs::read(executables.join(name)).with_context(|| name.to_string());
    let image = lazaret_image::pack(&read("microkernel")?, &read(SELF_TEST)?, None)?.bytes;
    let path = folder.join(&board.image);
    write_file(&path, &image)?;
    let mut files = vec![board.image.clone()];
    if board.has_card() {
        files.extend(card::write(workspace, &board, "the self-test", &image, folder)?);
    }
    let line = QemuArguments::default().qemu(workspace, &board)?.line(&super::short(&path));
    println!("{line}");
    println!("{}: {}; its last line is TEST-SUITE PASS or FAIL", folder.display(), files.join(", "));
    Ok(ExitCode::SUCCESS)
}
