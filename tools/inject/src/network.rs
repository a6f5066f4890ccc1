// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux that sends bytes to somebody who sends them back, over one connection after the other, while its VMM and the
//! switch are killed in turn at random instructions: a connection that breaks or brings something else is found.

use super::pair::{Pair, ROUNDS, missing};

use lazaret_programs::workspace::Workspace;

/// QEMU's network, with somebody at 10.0.2.100, port 7, who sends back the bytes of a round and hangs up.
const ECHO: &str = "user,guestfwd=tcp:10.0.2.100:7-cmd:head -c 65536";

/// A victim comes by some hundred times in a round.
const SPARED: u64 = 120;

/// What was found.
#[derive(Debug, Default)]
pub struct Kills {
    /// Of the VMM and of the switch.
    pub kills: [u64; 2],
    /// Rounds whose bytes did not come back as they were.
    pub missed: Vec<usize>,
    /// All rounds.
    pub rounds: usize,
}

/// One run with so many kills, or as many as there is time for before Linux is done.
pub fn run(workspace: &Workspace, kills: u64, seed: u64) -> anyhow::Result<Kills> {
    let pair = Pair::new(workspace, "crash_network", "network")?.on(|vmm| vmm.with_network(ECHO))?.sparing(SPARED);
    let (kills, output) = pair.run(kills, seed, there)?;
    Ok(Kills { kills, missed: missing(&output, there), rounds: ROUNDS })
}

/// What Linux says of a round whose bytes came back.
fn there(n: usize) -> String {
    format!("network: round {n} is there")
}
