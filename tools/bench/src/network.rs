// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a packet costs from one guest to another: half of a round trip, through both VMMs and the switch, with what both
//! guests' drivers and interrupts cost.

use anyhow::Context;

use super::Bench;
use super::measured::{Row, parse_rows};
use super::subject::Job;
use lazaret_build::{Request, system};
use lazaret_programs::Config;

/// The VM that measures; its neighbour's configuration is that of the tests.
const CONFIG: &str = "name = bare_a\nguest = bare64\nram_size = 0x1_000_000\nbootargs = mode=virtio id=network\n";
const JOB: Job<'_> = Job::new("", r"GUEST virtio: \d+ passed, 0 failed");

/// The rows: the shortest and the longest frame.
pub fn rows(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let folder = bench.folder()?;
    std::fs::write(folder.join("virtio_a.vmmcfg"), CONFIG)?;
    let request = Request {
        config: Config::Release,
        search_path: vec![folder],
        ..Request::new(bench.workspace.test_system("virtio"))
    };
    let built = system::build(bench.workspace, &request)?;
    let run = bench.watch(&bench.qemu()?, &built.path, JOB).context("packets were not measured")?;
    let rows = parse_rows(&run.output);
    anyhow::ensure!(!rows.is_empty(), "the guest did not say what packets cost");
    Ok(rows)
}
