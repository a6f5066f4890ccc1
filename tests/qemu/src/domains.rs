// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protection domains without a VM: what Microkit promises them.

use std::time::Duration;

use lazaret_cli::runner::{Qemu, Script, Watch};
use lazaret_cli::system::Request;
use lazaret_cli::workspace::Workspace;

use crate::{Scenario, machine};

pub const SCENARIOS: &[Scenario] = &[("protection-domains", domains)];

fn domains() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("protection_domains")))?;
    let mut watch = Watch::script(script(), Duration::from_secs(60));
    watch.faults_expected = true;
    let run = watch.run(Qemu::of(&Workspace::find(), &built.board)?.command(&built.path))?;
    run.expect_seen()
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
