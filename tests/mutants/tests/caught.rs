// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every mutant with `LAZARET_FULL` set or with `mutants` as a filter, one with `mutant-NAME`, those of a folder of
//! `components` with `mutants-FOLDER`, none with another filter, otherwise every twentieth. A line for each, with what caught it.
//!
//! The shim's mutants must also make the proof fail: all of them with `LAZARET_FULL` or `mutants`, and nothing but that
//! with `proof-mutants`. `abi2-mutants` are those of the kernel's extension and of the VMM's use of it: every twentieth, or
//! all with `LAZARET_FULL`.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;
use mutants::{Copy, Mutant, Suite, Verdict, all, unprovable};

/// Without `LAZARET_FULL`.
const SAMPLE: usize = 20;

/// What is asked of the chosen mutants.
#[derive(Clone, Copy)]
struct Wanted {
    /// A test catches it.
    test: bool,
    /// The proof fails, if it is the shim's.
    proof: bool,
}

fn main() -> anyhow::Result<()> {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let full = std::env::var_os("LAZARET_FULL").is_some();
    let both = Wanted { test: true, proof: true };
    let (chosen, wanted): (Vec<Mutant>, Wanted) = match filter.strip_prefix("mutant") {
        Some("" | "s") => (all().collect(), both),
        Some(folder) if folder.starts_with("s-") => {
            (all().filter(|mutant| mutant.file.starts_with(&folder[2..])).collect(), both)
        }
        Some(name) => (all().filter(|mutant| name == format!("-{}", mutant.name)).collect(), both),
        None if filter == "proof-mutants" => {
            (all().filter(Mutant::is_of_shim).collect(), Wanted { test: false, proof: true })
        }
        // Of the kernel and its users; a sample unless all are asked for.
        None if filter == "abi2-mutants" => {
            let step = if full { 1 } else { SAMPLE };
            (all().filter(Mutant::is_of_kernel_abi).step_by(step).collect(), Wanted { test: true, proof: false })
        }
        None if filter.is_empty() && full => (all().collect(), both),
        None if filter.is_empty() => (all().step_by(SAMPLE).collect(), Wanted { test: true, proof: false }),
        None => (Vec::new(), both),
    };
    let failed = if chosen.is_empty() { 0 } else { run(&chosen, wanted)? };
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let passed = chosen.len() - failed;
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed > 0 {
        bail!("{failed} mutants are not caught");
    }
    Ok(())
}

fn run(chosen: &[Mutant], wanted: Wanted) -> anyhow::Result<usize> {
    let start = Instant::now();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copy = Copy::new(&root, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants"))?;
    let meets = |mutant: &Mutant, suite| match suite {
        Suite::Proof => wanted.proof && mutant.is_of_shim(),
        other => wanted.test && mutant.suites().contains(&other),
    };
    let is_used = |suite: &Suite| chosen.iter().any(|mutant| meets(mutant, *suite));
    for suite in Suite::ALL.into_iter().filter(is_used) {
        let verdict = copy.unchanged(suite)?;
        if verdict != Verdict::Survived {
            bail!("{} fails without a mutant: {verdict:?}", suite.name());
        }
    }
    let mut failed = 0;
    for mutant in chosen {
        let by_test = !wanted.test || is_caught(mutant, copy.mutated(mutant, mutant.suites())?, None);
        let by_proof = !meets(mutant, Suite::Proof)
            || is_caught(mutant, copy.mutated(mutant, &[Suite::Proof])?, unprovable(mutant.name));
        failed += usize::from(!by_test || !by_proof);
    }
    println!("{} mutants, {failed} survivors, {:.0} s", chosen.len(), start.elapsed().as_secs_f32());
    Ok(failed)
}

/// Whether the verdict is as it should be. `excuse`: why nothing can catch it there.
fn is_caught(mutant: &Mutant, verdict: Verdict, excuse: Option<&str>) -> bool {
    let name = mutant.name;
    match (verdict, excuse) {
        (Verdict::Caught(by), None) => println!("mutant-{name} ... caught by {by}"),
        (Verdict::Survived, Some(reason)) => println!("mutant-{name} ... passes the proof: {reason}"),
        (Verdict::Caught(by), Some(_)) => {
            println!("mutant-{name} ... caught by {by}, though it is listed as one that is not");
            return false;
        }
        (Verdict::Survived, None) => {
            println!("mutant-{name} ... SURVIVED ({})", mutant.file);
            return false;
        }
        (Verdict::NotRust(output), _) => {
            println!("mutant-{name} ... does not compile\n{output}");
            return false;
        }
    }
    true
}
