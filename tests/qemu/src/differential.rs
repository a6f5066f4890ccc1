// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same guest under KVM: it finds the same registers, or the table says why not.

use std::time::Duration;

use lazaret_bench::{Bench, differential};
use lazaret_programs::workspace::Workspace;

use crate::Scenario;

pub const SCENARIOS: &[Scenario] = &[("differential", || compare(false)), ("differential-32-bit", || compare(true))];

fn compare(is_narrow: bool) -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let timeout = Duration::from_secs(400);
    let bench = Bench {
        workspace: &workspace,
        cpu: "cortex-a57".into(),
        kernels: vec![],
        kvm_kernel: None,
        linux: false,
        timeout,
    };
    let comparison = differential::compare(&bench, is_narrow)?;
    comparison.reasons().iter().for_each(|(why, count)| println!("  {count} rows: {why}"));
    println!("  differential: {}", comparison.summary());
    let unexplained: Vec<_> = comparison.unexplained().map(ToString::to_string).collect();
    anyhow::ensure!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
    Ok(())
}
