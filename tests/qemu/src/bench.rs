// SPDX-License-Identifier: MIT OR Apache-2.0
//! What exits cost, and whom: no more than the committed figures say, and nobody but their own guest. Counts of instructions
//! are exact, so these are no timed tests.

use std::time::Duration;

use anyhow::Context;
use lazaret_bench::kept::{self, Kept};
use lazaret_bench::steal::{SETTINGS, Steal};
use lazaret_bench::{Bench, Subject, goal};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;

pub const SCENARIOS: &[Scenario] = &[("bench-figures", figures), ("bench-steal", steal)];

/// Exits that their own guest did not pay before VMMs were passive: by the slow path, with an interrupt, and a wait.
const NEIGHBOURS: [&str; 3] = ["undefined", "sgi", "wfi"];

/// A guest whose neighbour has a passive VMM gets the time that it is promised.
fn steal() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let steal = Steal::take(&bench(&workspace, goal::CPU), SETTINGS[1], &NEIGHBOURS)?;
    print!("{}", steal.text());
    anyhow::ensure!(steal.broken().is_empty(), "{}", steal.broken().join("\n"));
    Ok(())
}

fn bench<'a>(workspace: &'a Workspace, cpu: &str) -> Bench<'a> {
    let timeout = Duration::from_secs(120);
    Bench { workspace, cpu: cpu.into(), kernels: vec![], kvm_kernel: None, linux: false, timeout }
}

fn figures() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let text = std::fs::read_to_string(workspace.root().join(kept::FILE)).context(kept::FILE)?;
    let compiler = Toolchain::detect()?.version();
    let mut grown = Vec::new();
    println!("  skipped: a Linux boot, which `tools/lazaret bench` measures");
    for kept in Kept::read(&text)?.into_iter().map(Kept::without_linux) {
        let bench = bench(&workspace, &kept.cpu);
        let (measured, problems) = bench.measure(Subject::Lazaret)?;
        problems.into_iter().try_for_each(Err)?;
        if compiler != kept.compiler {
            println!("  {}: the figures were made with {}, this is {compiler}", kept.cpu, kept.compiler);
        }
        kept.savings(&measured).iter().for_each(|saved| println!("  {}, saved: {saved}", kept.cpu));
        grown.extend(kept.growth(&measured, &compiler).iter().map(|change| format!("{}, {change}", kept.cpu)));
        let broken = measured.functions.iter().find(|function| function.failed > 0);
        anyhow::ensure!(broken.is_none(), "{}: {broken:?}", kept.cpu);
    }
    let help = "if that is meant, say why in the commit and write the file anew";
    anyhow::ensure!(grown.is_empty(), "{}\n{help}: {}", grown.join("\n"), kept::UPDATE);
    Ok(())
}
