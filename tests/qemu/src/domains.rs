// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protection domains without a VM: what Microkit promises them.

use std::time::Duration;

use lazaret_build::Request;
use lazaret_machine::{Patience, RunEnd, Script, Watch};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("protection-domains", domains), ("policy-halt", halt)];

fn domains() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("protection_domains")))?;
    let mut watch = Watch::script(script(), Duration::from_secs(60));
    watch.faults_expected = true;
    let run = watch.run(machine::qemu(&built.board)?.command(&built.path))?;
    run.expect_seen()
}

/// One fault ends everything, if the policy says so; without a policy the others go on.
fn halt() -> anyhow::Result<()> {
    const COUNTS: &str = "native: round";
    const HALTED: &str = "'orphan' has faulted: the system is halted";
    let run = |name: &str, script: Script, patience| {
        let built = machine::build(&Request::new(machine::description(name)))?;
        let mut watch = Watch::script(script, Duration::from_secs(60));
        (watch.faults_expected, watch.patience) = (true, patience);
        watch.run(machine::qemu(&built.board)?.command(&built.path))
    };
    run(
        "stop",
        Script::new().expect("'orphan' faulted").expect(COUNTS),
        Some(Patience::Work(Duration::from_secs(60))),
    )?
    .expect_seen()?;
    // A machine that is halted rests, and the other one does not before it has said that.
    let rest = Some(Patience::Rest(Duration::from_secs(60)));
    let halted = run("halt", Script::new().expect(HALTED).expect(COUNTS), rest)?;
    anyhow::ensure!(halted.end == RunEnd::TimedOut(COUNTS.into()), "{:?}\n{}", halted.end, halted.output);
    anyhow::ensure!(!halted.output.contains(COUNTS), "{}", halted.output);
    Ok(())
}

/// What they say.
pub fn script() -> Script {
    Script::new()
        .expect("system started: 6 protection domains, 0 virtual machines")
        .expect("reader: PASS")
        .expect("'server' is now passive")
        .expect("server: PASS")
        .expect("client: PASS")
        .expect("parent: PASS")
        .expect("protection domain 'orphan' faulted")
        .expect("memory fault: read from 0x1000: nothing is mapped there")
        .expect("x28 ")
}
