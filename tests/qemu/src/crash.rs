// SPDX-License-Identifier: MIT OR Apache-2.0
//! VMMs that are killed, and other faults: one of each kind; the campaign is `tools/lazaret inject`.

use lazaret_inject::case::{FAULT_KINDS, FaultKind};
use lazaret_inject::outcome::Outcome;
use lazaret_inject::result::{Row, is_forbidden};
use lazaret_inject::serror::{self, Place};
use lazaret_machine::rejoin;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;

pub const SCENARIOS: &[Scenario] =
    &[("crash-one-of-each-kind", one_of_each), ("crash-points", points), ("serror", played_serror)];

fn one_of_each() -> anyhow::Result<()> {
    let numbers: Vec<u64> = (0..FAULT_KINDS.len() as u64).collect();
    let (campaign, errors) = lazaret_inject::run(&Workspace::find(), 1, &numbers, Some(1))?;
    anyhow::ensure!(errors.is_empty(), "{errors:#?}");
    let forbidden: Vec<_> = campaign.rows.iter().filter(|row| is_forbidden(row)).collect();
    anyhow::ensure!(forbidden.is_empty(), "{forbidden:#?}");
    for kind in [FaultKind::Killed, FaultKind::DroppedReply] {
        let restarted = |row: &Row| row.kind == kind && row.outcome == Outcome::Restarted;
        anyhow::ensure!(campaign.rows.iter().any(restarted), "{kind:?} did not restart: {:#?}", campaign.rows);
    }
    Ok(())
}

/// Whether a protection domain had a fault. That its budget ended is none: time is the host's here, and that may be slow.
fn is_blamed_on_a_component(output: &str) -> bool {
    let mut monitor = output.lines().filter(|line| line.starts_with("MON|WARN:")).peekable();
    std::iter::from_fn(|| Some((monitor.next()?, monitor.peek().copied().unwrap_or_default())))
        .any(|(line, next)| line.ends_with("' faulted") && !next.contains("budget used up"))
}

/// One that comes when the kernel waits for it is the guest's, and nobody else's; any other of the kernel is its end.
fn played_serror() -> anyhow::Result<()> {
    const TAKEN: &str = "FAIL exception";
    const FATAL: &str = "KRN|ERROR: exception 7 in the kernel";
    let workspace = Workspace::find();
    // Another machine's line may come between the two halves of one.
    let output = rejoin(&serror::run(&workspace, Place::Drain, &[TAKEN, "round 12, 0 failed"])?);
    let of_class = output.lines().filter(|line| line.contains(TAKEN)).collect::<Vec<_>>();
    anyhow::ensure!(of_class.len() == 1 && of_class[0].contains("SError"), "{output}");
    anyhow::ensure!(!is_blamed_on_a_component(&output), "{output}");
    anyhow::ensure!(output.contains("round 12, 0 failed") && !output.contains("KRN|ERROR"), "{output}");
    let output = serror::run(&workspace, Place::Elsewhere, &[FATAL])?;
    anyhow::ensure!(output.contains(FATAL), "{output}");
    Ok(())
}

/// Every 300th instruction; all of them: `tools/lazaret inject crash-points`.
fn points() -> anyhow::Result<()> {
    let points = lazaret_inject::points::run(&Workspace::find(), 300, 20)?;
    println!("  {} kinds of exit, {} crash points, {} differ", points.kinds.len(), points.total(), points.differ.len());
    anyhow::ensure!(points.differ.is_empty(), "{:#?}", points.differ);
    let open: Vec<_> = points.kinds.iter().filter(|(_, kind)| !kind.is_complete() || kind.missed > 0).collect();
    anyhow::ensure!(open.is_empty(), "not to the end: {open:#?}");
    anyhow::ensure!(points.kinds.len() >= 30 && points.total() > 70, "{points:#?}");
    Ok(())
}
