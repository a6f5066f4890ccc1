// SPDX-License-Identifier: MIT OR Apache-2.0
//! What exits cost: no more than the committed figures say. Counts of instructions are exact, so this is no timed test.

use std::time::Duration;

use anyhow::Context;
use lazaret_bench::kept::{self, Kept};
use lazaret_bench::{Bench, Subject};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;

pub const SCENARIOS: &[Scenario] = &[("bench-figures", figures)];

fn figures() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let text = std::fs::read_to_string(workspace.root().join(kept::FILE)).context(kept::FILE)?;
    let compiler = Toolchain::detect()?.version();
    let mut grown = Vec::new();
    println!("  skipped: a Linux boot, which `tools/lazaret bench` measures");
    for kept in Kept::read(&text)?.into_iter().map(Kept::without_linux) {
        let timeout = Duration::from_secs(120);
        let bench = Bench {
            workspace: &workspace,
            cpu: kept.cpu.clone(),
            kernels: vec![],
            kvm_kernel: None,
            linux: false,
            timeout,
        };
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
