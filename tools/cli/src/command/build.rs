// SPDX-License-Identifier: MIT OR Apache-2.0
//! `build`: image, report and QEMU's command line in a folder.

use std::process::ExitCode;

use anyhow::Context;

use crate::arguments::{BuildArguments, QemuArguments};
use crate::workspace::Workspace;
use crate::{card, report, system};

/// Writes the folder, or nothing when something is wrong.
pub fn run(workspace: &Workspace, arguments: &BuildArguments) -> anyhow::Result<ExitCode> {
    let request = arguments.source.request(workspace);
    let folder = &arguments.output;
    if system::board(workspace, &request.board, request.config)?.has_card() {
        card::may_write(folder, arguments.force)?;
    }
    let built = system::build(workspace, &request)?;
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let image = folder.join(&built.board.image);
    std::fs::copy(&built.path, &image).with_context(|| image.display().to_string())?;
    let line = QemuArguments::default().qemu_for(workspace, &built)?.line(&super::short(&image));
    std::fs::write(folder.join("qemu.sh"), format!("#!/bin/sh\nexec {line}\n"))?;
    let text = report::text(&built, &request, &line);
    std::fs::write(folder.join("report.txt"), text)?;
    std::fs::write(folder.join("report.json"), serde_json::to_vec_pretty(&report::json(&built, &request, &line))?)?;
    built.sizes.iter().for_each(|size| println!("{}", size.line()));
    for origin in &built.origins {
        println!("{}: {}, SHA-256 {}", origin.file, origin.from, origin.sha256);
    }
    built.stand_ins.iter().for_each(|moved| println!("{moved}"));
    println!("{line}");
    println!("the same with Microkit: {}", report::microkit(&built, &request));
    let mut files = vec![built.board.image.clone()];
    if built.board.has_card() {
        files.extend(card::write(workspace, &built, &request, folder)?);
    }
    println!("{}: {}, report.txt, report.json, qemu.sh", folder.display(), files.join(", "));
    Ok(ExitCode::SUCCESS)
}
