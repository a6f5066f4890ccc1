// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every mutant with `LAZARET_FULL` set or with `mutants` as a filter, one with `mutant-NAME`, none with another
//! filter, otherwise every tenth. A line for each, with what caught it.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;
use mutants::{Copy, Mutant, Suite, Verdict, all};

/// Without `LAZARET_FULL`.
const SAMPLE: usize = 10;

fn main() -> anyhow::Result<()> {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let full = std::env::var_os("LAZARET_FULL").is_some();
    let chosen: Vec<Mutant> = match filter.strip_prefix("mutant") {
        Some("" | "s") => all().collect(),
        Some(name) => all().filter(|mutant| name == format!("-{}", mutant.name)).collect(),
        None if filter.is_empty() => all().step_by(if full { 1 } else { SAMPLE }).collect(),
        None => Vec::new(),
    };
    let failed = if chosen.is_empty() { 0 } else { run(&chosen)? };
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let passed = chosen.len() - failed;
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed > 0 {
        bail!("{failed} mutants are not caught");
    }
    Ok(())
}

fn run(chosen: &[Mutant]) -> anyhow::Result<usize> {
    let start = Instant::now();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copy = Copy::new(&root, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants"))?;
    for suite in Suite::ALL {
        let verdict = copy.unchanged(suite)?;
        if verdict != Verdict::Survived {
            bail!("{} fails without a mutant: {verdict:?}", suite.name());
        }
    }
    let mut failed = 0;
    for mutant in chosen {
        match copy.mutated(mutant)? {
            Verdict::Caught(by) => println!("mutant-{} ... caught by {by}", mutant.name),
            Verdict::Survived => {
                failed += 1;
                println!("mutant-{} ... SURVIVED ({})", mutant.name, mutant.file);
            }
            Verdict::NotRust(output) => {
                failed += 1;
                println!("mutant-{} ... does not compile\n{output}", mutant.name);
            }
        }
    }
    println!("{} mutants, {failed} survivors, {:.0} s", chosen.len(), start.elapsed().as_secs_f32());
    Ok(failed)
}
