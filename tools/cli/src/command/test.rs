// SPDX-License-Identifier: MIT OR Apache-2.0
//! `test`: everything that can be tested here, each with its time, and one closing line.

mod subject;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use regex::Regex;

use lazaret_board::Board;
use lazaret_programs::toolchain::{first_line, host_cargo};
use lazaret_programs::workspace::Workspace;
use subject::{QEMU_TESTS, SCENARIOS_AT_ONCE, SUBJECTS};

/// `test`
#[derive(Debug, Args)]
pub struct TestArguments {
    /// Only tests whose name contains this; or a subject: proof, mutate, abi2, virtio, debugger, sel4, miri, vgic-oracle
    pub filter: Option<String>,
    /// Only the scenarios in QEMU, on this board, instead of everything on every tested board
    #[arg(long)]
    pub board: Option<String>,
    /// Only what takes seconds
    #[arg(long)]
    pub quick: bool,
    /// All mutants, the model thirty times as far, every syndrome, scenarios that take long
    #[arg(long)]
    pub full: bool,
    /// An installed seL4 (SEL4_PREFIX): what must be the same on it is tried on it as well
    #[arg(long, value_name = "PREFIX")]
    pub kernel: Option<PathBuf>,
}

/// The kernel's host tests under an interpreter that notices undefined behaviour.
const MIRI: &str = "miri";
/// By which rules references may be used.
const BORROWS: [(&str, &str); 2] = [("Stacked Borrows", ""), ("Tree Borrows", "-Zmiri-tree-borrows")];
/// Tests read files; addresses are physical ones by design; what the cores share lives until a test's process ends.
const MIRI_FLAGS: &str = "-Zmiri-disable-isolation -Zmiri-permissive-provenance -Zmiri-ignore-leaks";

/// What was counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed), skipped: 0 }
    }
}

/// Runs the tests; exit code 1 if one failed or none ran.
pub fn run(workspace: &Workspace, arguments: &TestArguments) -> anyhow::Result<ExitCode> {
    let filter = arguments.filter.as_deref();
    let mut total = Count::default();
    let is_everything = arguments.board.is_none();
    arguments.board.as_deref().map(|board| Board::load(&workspace.kernel_config(), board)).transpose()?;
    if filter.is_none() && is_everything {
        total.add(style(workspace, "rustfmt", "format", &["fmt", "--all", "--check"])?);
        let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        total.add(style(workspace, "cargo-clippy", "clippy", &clippy)?);
    }
    if filter == Some(MIRI) && is_everything {
        return miri(workspace, arguments).map(closed);
    }
    if let Some((name, commands)) = SUBJECTS.iter().find(|(name, _)| filter == Some(name) && is_everything) {
        for command in *commands {
            total.add(counted(workspace, name, command, None, arguments)?);
        }
        return Ok(closed(total));
    }
    let host = ["test", "--workspace", "--exclude", QEMU_TESTS, "--locked", "--no-fail-fast", "--", "--quiet"];
    if is_everything {
        total.add(counted(workspace, "host tests", &host, filter, arguments)?);
    }
    let mut scenarios = vec!["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE];
    if arguments.quick {
        scenarios.push("--skip=linux");
    }
    total.add(counted(workspace, "QEMU scenarios", &scenarios, filter, arguments)?);
    Ok(closed(total))
}

/// Under both kinds of rules; nothing without the toolchain.
fn miri(workspace: &Workspace, arguments: &TestArguments) -> anyhow::Result<Count> {
    const CARGO: [&str; 3] = ["run", "nightly", "cargo"];
    let mut total = Count::default();
    if first_line(Command::new("rustup").args(CARGO).args(["miri", "--version"])).is_none() {
        println!(
            "miri: skipped, it is not installed (rustup toolchain install nightly --component miri --component rust-src)"
        );
        return Ok(Count { skipped: 1, ..total });
    }
    for (rules, flags) in BORROWS {
        let mut command = Command::new("rustup");
        command.args(CARGO).args(["miri", "test", "-p", "microkernel", "--lib", "--locked"]);
        command.env("MIRIFLAGS", format!("{MIRI_FLAGS} {flags}")).env_remove("RUSTC").env_remove("CARGO");
        total.add(count(workspace, &format!("miri, {rules}"), command, arguments)?);
    }
    Ok(total)
}

/// The closing line; exit code 1 if something failed or nothing ran.
fn closed(total: Count) -> ExitCode {
    let skipped = if total.skipped > 0 { format!(", {} skipped", total.skipped) } else { String::new() };
    println!("{} passed, {} failed{skipped}", total.passed, total.failed);
    ExitCode::from(u8::from(total.failed > 0 || total.passed == 0))
}

/// A check that passes or fails as a whole; it is no failure when its tool is not installed.
fn style(workspace: &Workspace, tool: &str, name: &str, arguments: &[&str]) -> anyhow::Result<Count> {
    if first_line(Command::new(tool).arg("--version")).is_none() {
        println!("{name}: skipped, {tool} is not installed (rustup component add)");
        return Ok(Count::default());
    }
    let start = Instant::now();
    let mut cargo = Command::new(host_cargo());
    let passed = cargo.args(arguments).current_dir(workspace.root()).status().context("cannot run cargo")?.success();
    println!("{name}: {} in {:.1} s", if passed { "ok" } else { "FAILED" }, start.elapsed().as_secs_f32());
    Ok(Count::one(passed))
}

/// A run of `cargo test`, its output shown as it comes, its closing lines added up.
fn counted(
    workspace: &Workspace,
    name: &str,
    command: &[&str],
    filter: Option<&str>,
    arguments: &TestArguments,
) -> anyhow::Result<Count> {
    let mut cargo = Command::new(host_cargo());
    cargo.args(command).args(filter);
    count(workspace, name, cargo, arguments)
}

/// The same for any command that ends as `cargo test` does.
fn count(workspace: &Workspace, name: &str, mut cargo: Command, arguments: &TestArguments) -> anyhow::Result<Count> {
    println!("== {name}");
    let start = Instant::now();
    cargo.current_dir(workspace.root()).stdout(Stdio::piped());
    if arguments.full {
        cargo.env("LAZARET_FULL", "1");
    }
    if let Some(board) = &arguments.board {
        cargo.env("LAZARET_TEST_BOARD", board);
    }
    if let Some(kernel) = &arguments.kernel {
        let kernel = kernel.canonicalize().with_context(|| kernel.display().to_string())?;
        cargo.env("LAZARET_KERNEL", kernel);
    }
    cargo.env("LAZARET_ROOT", workspace.root());
    let mut child = cargo.spawn().context("cannot run cargo")?;
    let lines = BufReader::new(child.stdout.take().context("no pipe")?).lines();
    let mut count = Count::default();
    for line in lines {
        let line = line?;
        count.add(closing_line(&line));
        println!("{line}");
    }
    // A package that does not compile has no closing line.
    if !child.wait()?.success() && count.failed == 0 {
        count.failed += 1;
    }
    println!("{name}: {} passed, {} failed, {:.1} s\n", count.passed, count.failed, start.elapsed().as_secs_f32());
    Ok(count)
}

fn closing_line(line: &str) -> Count {
    let pattern = Regex::new(r"^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored").expect("a constant");
    let number = |text: &str| text.parse().unwrap_or(0);
    pattern
        .captures(line)
        .map(|found| Count { passed: number(&found[1]), failed: number(&found[2]), skipped: number(&found[3]) })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 0 filtered out; finished in 1.2s";
        assert_eq!(closing_line(line), Count { passed: 12, failed: 3, skipped: 4 });
        assert_eq!(closing_line("running 3 tests"), Count::default());
    }
}
