// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line's own promises: exit codes and written files.

use std::path::PathBuf;
use std::process::Output;

use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("audit", audit),
    ("audit-planted", audit_planted),
    ("build-writes-image-report-line", build),
    ("run-exit-codes", run),
    ("shim-as-a-library", shim),
    ("trace-table-and-timeline", trace),
];

/// Runs the start script as a user does.
fn lazaret(arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = std::process::Command::new(Workspace::find().root().join("tools/lazaret"));
    Ok(command.env("CI", "true").args(arguments).stdin(std::process::Stdio::null()).output()?)
}

/// The command ends with that exit code and says that text.
pub fn expect(arguments: &[&str], code: i32, text: &str) -> anyhow::Result<()> {
    let output = lazaret(arguments)?;
    let all = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    if output.status.code() != Some(code) || !all.contains(text) {
        anyhow::bail!("{}: {}, wanted {code} and '{text}'\n{all}", arguments.join(" "), output.status);
    }
    Ok(())
}

fn two_bare() -> String {
    machine::description("two_bare").display().to_string()
}

fn audit() -> anyhow::Result<()> {
    expect(&["audit", "--system", &two_bare()], 0, "holder")
}

fn audit_planted() -> anyhow::Result<()> {
    expect(&["audit", "--plant-capability", "--system", &two_bare()], 1, "that nothing grants")
}

fn build() -> anyhow::Result<()> {
    let folder: PathBuf = Workspace::find().target().join("lazaret/build-test");
    let _ = std::fs::remove_dir_all(&folder);
    expect(&["build", "--system", &two_bare(), "-o", &folder.display().to_string()], 0, "qemu-system-aarch64")?;
    for file in ["lazaret.img", "report.txt", "report.json", "qemu.sh"] {
        anyhow::ensure!(folder.join(file).is_file(), "no {file}");
    }
    let report = std::fs::read_to_string(folder.join("report.txt"))?;
    for word in ["microkernel text", "SHA-256", "# Memory", "# Capabilities", "vmm_bare_a"] {
        anyhow::ensure!(report.contains(word), "the report does not say: {word}\n{report}");
    }
    Ok(())
}

fn run() -> anyhow::Result<()> {
    let two_bare = two_bare();
    let run = |more: &[&'static str], code, text| expect(&[&["run", "--system", &two_bare], more].concat(), code, text);
    run(&["--until", "system started", "--timeout", "60"], 0, "seen after")?;
    run(&["--until", "never said", "--timeout", "3"], 1, "not seen")?;
    expect(&["run", "--system", "no-such.system"], 2, "no-such.system")
}

/// The counters and the last exits of a guest, and a timeline that a JSON reader reads; a system without a region for
/// it says so.
fn trace() -> anyhow::Result<()> {
    let timeline = Workspace::find().target().join("lazaret/trace-test.json");
    let _ = std::fs::remove_file(&timeline);
    let one_bare = machine::description("one_bare").display().to_string();
    let arguments = ["trace", "--system", &one_bare, "--until", "GUEST workout", "--timeout", "60", "-o"];
    let output = lazaret(&[&arguments[..], &[&timeline.display().to_string()]].concat())?;
    let text = String::from_utf8_lossy(&output.stdout);
    for word in
        [r"bare: \d+ exits", r"\d+  MSR, MRS or system instruction", r"0x4[0-9a-f]{7}  done +write 4 bytes at UART"]
    {
        anyhow::ensure!(regex::Regex::new(word)?.is_match(&text), "no '{word}' in\n{text}");
    }
    let events: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&timeline)?)?;
    let slices = events["traceEvents"].as_array().map_or(0, |events| events.iter().filter(|e| e["ph"] == "X").count());
    anyhow::ensure!(slices > 1000, "{slices} slices in {}", timeline.display());
    expect(&["trace", "--system", &two_bare()], 2, "no region for traces")
}

/// The library has every function that its header names.
fn shim() -> anyhow::Result<()> {
    let folder = Workspace::find().target().join("lazaret/shim-test");
    let _ = std::fs::remove_dir_all(&folder);
    expect(&["shim", "-o", &folder.display().to_string()], 0, "libdebug_shim.a, debug_shim.h, glue.md")?;
    let library = std::fs::read(folder.join("libdebug_shim.a"))?;
    let header = std::fs::read_to_string(folder.join("debug_shim.h"))?;
    let mut names = header.lines().filter_map(|line| line.strip_prefix("void ")?.split_once('(')).map(|(name, _)| name);
    anyhow::ensure!(names.clone().count() == 6, "{header}");
    let missing = names.find(|name| !library.windows(name.len()).any(|window| window == name.as_bytes()));
    anyhow::ensure!(missing.is_none(), "the library has no {missing:?}");
    Ok(())
}
