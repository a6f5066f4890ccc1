// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person at the console sees, and when, by the machine's clock.

use anyhow::Context;
use lazaret_build::Request;
use lazaret_machine::Script;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("console-prompts", prompts), ("console-prompts-without-budget", without_budget)];

/// How long a prompt may take, in milliseconds of the machine's time.
const LIMIT: u64 = 100;
/// What the guest does after its prompts.
const WAYS: [&str; 5] = ["spins", "polls", "calls", "waits", "rubs"];

/// Each prompt is there within 100 ms, whatever the guest does then.
fn prompts() -> anyhow::Result<()> {
    judge(&Request::new(machine::description("prompts")))
}

/// Where the description gives the driver no budget below its period, as Microkit's default is: it cannot wait.
fn without_budget() -> anyhow::Result<()> {
    let text = std::fs::read_to_string(machine::description("prompts"))?;
    let changed = text.replacen(r#"priority="200" budget="900" period="1000""#, r#"priority="200""#, 1);
    anyhow::ensure!(changed != text, "the driver has no budget in prompts.system");
    let path = machine::new_folder()?.join("prompts.system");
    std::fs::write(&path, changed)?;
    let files = machine::description("prompts").parent().map(Into::into).into_iter().collect();
    judge(&Request { search_path: files, ..Request::new(path) })
}

fn judge(request: &Request) -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST prompt: 0 passed, 0 failed").expect("TICK");
    let run = machine::run_counted(&machine::build(request)?, script, 600)?;
    WAYS.iter()
        .try_for_each(|way| in_time(&run.output, way).with_context(|| format!("the prompt of a guest that {way}")))
}

/// In the output a line stands where it began. The other guest's first line after the prompt says when that was at the
/// latest.
fn in_time(output: &str, way: &str) -> anyhow::Result<()> {
    let lines: Vec<&str> = output.lines().collect();
    let begins = format!("prompt| PROMPT {way} at ");
    let announced = lines.iter().find_map(|line| line.strip_prefix(&begins)).context("it is not announced")?;
    let (at, frequency) = announced.split_once(" of ").context("its announcement")?;
    let prompt = format!("prompt| {way}> ");
    let shown = lines.iter().position(|line| line.starts_with(&prompt)).context("it never came")?;
    anyhow::ensure!(lines[shown].contains("over at "), "its line does not go on: {:?}", lines[shown]);
    let then = lines[shown..].iter().find_map(|line| line.strip_prefix("ticks| TICK ")).context("no tick after it")?;
    let (at, then, frequency): (u64, u64, u64) = (at.parse()?, then.parse()?, frequency.parse()?);
    let took = then.saturating_sub(at) * 1000 / frequency;
    println!("  {way}: there after at most {took} ms");
    anyhow::ensure!(took < LIMIT, "it was there after {took} ms or later");
    Ok(())
}
