// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line's own promises: exit codes and written files.

use std::io::Read;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::Context;
use lazaret_build::Request;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("audit", audit),
    ("audit-planted", audit_planted),
    ("build-writes-image-report-line", build),
    ("build-takes-the-user-s-files", build_given),
    ("build-elsewhere-is-the-same", build_elsewhere),
    ("interrupted-commands-show-what-there-is", interrupted),
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
    expect(&["audit", "--system", &two_bare()], 0, "all as the description grants them")?;
    let json = lazaret(&["audit", "--json", "--system", &two_bare()])?;
    let json: serde_json::Value = serde_json::from_slice(&json.stdout)?;
    anyhow::ensure!(json["as_described"] == true && json["capabilities"][0]["holder"].is_string(), "{json}");
    Ok(())
}

fn audit_planted() -> anyhow::Result<()> {
    expect(&["audit", "--plant-capability", "--system", &two_bare()], 1, "that nothing grants")?;
    expect(&["audit", "--plant-capability", "--json", "--system", &two_bare()], 1, "\"as_described\": false")
}

fn build() -> anyhow::Result<()> {
    // The command makes it.
    let folder = machine::new_folder()?.join("out");
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

/// A program on the search path, or beside the description, comes before the one that the build makes, and the report says
/// so.
fn build_given() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("two_bare")))?;
    let folder = machine::new_folder()?;
    // The same program with a byte behind it.
    let own = [std::fs::read(built.executables.join("vmm"))?, vec![0]].concat();
    std::fs::write(folder.join("vmm.elf"), &own)?;
    let (path, out) = (folder.display().to_string(), folder.join("out"));
    let output = out.display().to_string();
    let note = "vmm.elf, not the one that comes with Lazaret";
    expect(&["build", "--system", &two_bare(), "--search-path", &path, "-o", &output], 0, note)?;
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("report.json"))?)?;
    let files = report["files"].as_array().context("no files in the report")?;
    let vmm = files.iter().find(|file| file["file"] == "vmm.elf").context("no vmm.elf in the report")?;
    let hash = lazaret_programs::sha256(&own);
    anyhow::ensure!(vmm["replaces_ours"] == true && vmm["sha256"] == hash, "{vmm}");
    anyhow::ensure!(files.iter().filter(|file| file["replaces_ours"] == true).count() == 1, "{files:?}");
    // Beside the description, with the description's other files.
    for file in std::fs::read_dir(machine::description("two_bare").with_file_name(""))? {
        let file = file?.path();
        std::fs::copy(&file, folder.join(file.file_name().unwrap_or_default()))?;
    }
    let beside = folder.join("two_bare.system").display().to_string();
    expect(&["build", "--system", &beside, "-o", &output], 0, note)
}

/// The same tree somewhere else makes the same programs, with what a debugger reads, and the same image.
fn build_elsewhere() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let (here, there) = (workspace.root(), workspace.target().join("lazaret/else where"));
    let _ = std::fs::remove_dir_all(&there);
    let list = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listed = std::process::Command::new("git").args(list).current_dir(here).output()?;
    for file in String::from_utf8(listed.stdout)?.lines().filter(|file| here.join(file).is_file()) {
        std::fs::create_dir_all(there.join(file).with_file_name(""))?;
        std::fs::copy(here.join(file), there.join(file))?;
    }
    // The start script builds the program that is run here and there.
    expect(&["build", "--help"], 0, "Usage")?;
    build_in(here, workspace.target(), &there.join("one"))?;
    build_in(&there, &there.join("target"), &there.join("other"))?;
    let images = ["one", "other"].map(|output| std::fs::read(there.join(output).join("lazaret.img")));
    let [one, other] = images;
    anyhow::ensure!(one? == other?, "the images differ");
    let programs = |target: &Path| target.join("lazaret/qemu_virt_aarch64/release/programs");
    for name in ["microkernel", "root-task", "serial", "vmm", "bare-aarch64"] {
        let read = |target: &Path| std::fs::read(programs(target).join(name)).context(name);
        anyhow::ensure!(read(workspace.target())? == read(&there.join("target"))?, "{name} differs");
    }
    Ok(std::fs::remove_dir_all(there)?)
}

/// Builds a system with the tree at that place.
fn build_in(root: &Path, target: &Path, output: &Path) -> anyhow::Result<()> {
    let mut command = std::process::Command::new(Workspace::find().target().join("debug/lazaret-cli"));
    command.args(["build", "--system", "tests/systems/two_bare.system", "-o"]).arg(output).current_dir(root);
    command.env("LAZARET_ROOT", root).env("CARGO_TARGET_DIR", target);
    let said = command.output()?;
    anyhow::ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    Ok(())
}

/// Ctrl-C ends the work of these commands, not what they have to say.
fn interrupted() -> anyhow::Result<()> {
    let one_bare = machine::description("one_bare").display().to_string();
    let trace = ["trace", "--system", &one_bare, "--timeout", "100000", "--until", "never said"];
    interrupt(&trace, 0, "bare: ", "MSR, MRS or system instruction", |seen, _| seen.contains("GUEST workout"))?;
    let inject = ["inject", "--runs", "100000", "--jobs", "1"];
    interrupt(&inject, 1, "interrupted before all runs were done\n", "runs, seed 1", |_, child| has_machine(child))
}

/// Runs a command, types Ctrl-C when it has got that far, and looks what it says.
fn interrupt(
    arguments: &[&str],
    code: i32,
    says: &str,
    also: &str,
    is_due: impl Fn(&str, u32) -> bool,
) -> anyhow::Result<()> {
    let mut command = std::process::Command::new(Workspace::find().root().join("tools/lazaret"));
    command.env("CI", "true").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut out = child.stdout.take().context("no pipe")?;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let text = || seen.lock().map(|seen| seen.clone()).unwrap_or_default();
    let reader = std::thread::spawn({
        let seen = std::sync::Arc::clone(&seen);
        move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut buffer) {
                let Ok(mut seen) = seen.lock() else { return };
                seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        }
    });
    while !is_due(&text(), child.id()) {
        anyhow::ensure!(child.try_wait()?.is_none(), "{arguments:?} has ended by itself\n{}", text());
        std::thread::sleep(Duration::from_millis(200));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let status = child.wait()?;
    let _ = reader.join();
    let text = text();
    let is_right = status.code() == Some(code) && text.contains(says) && text.contains(also);
    anyhow::ensure!(is_right, "{arguments:?}: {status}\n{text}");
    Ok(())
}

/// Has a process started a machine?
fn has_machine(process: u32) -> bool {
    // Any of its threads may have.
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let is_qemu =
        |child: &str| std::fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|c| c.contains("qemu"));
    children.collect::<String>().split_whitespace().any(is_qemu)
}

fn run() -> anyhow::Result<()> {
    let two_bare = two_bare();
    let run = |more: &[&'static str], code, text| expect(&[&["run", "--system", &two_bare], more].concat(), code, text);
    run(&["--until", "system started", "--timeout", "3600"], 0, "seen after")?;
    run(&["--until", "never said", "--timeout", "3"], 1, "not seen")?;
    expect(&["run", "--system", "no-such.system"], 2, "no-such.system")
}

/// The counters and the last exits of a guest, and a timeline that a JSON reader reads; a system without a region for
/// it says so.
fn trace() -> anyhow::Result<()> {
    let timeline = machine::new_folder()?.join("trace.json");
    let one_bare = machine::description("one_bare").display().to_string();
    let arguments = ["trace", "--system", &one_bare, "--until", "GUEST workout", "--timeout", "3600", "-o"];
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
    let folder = machine::new_folder()?.join("shim");
    expect(&["shim", "-o", &folder.display().to_string()], 0, "libdebug_shim.a, debug_shim.h, glue.md")?;
    let library = std::fs::read(folder.join("libdebug_shim.a"))?;
    let header = std::fs::read_to_string(folder.join("debug_shim.h"))?;
    let mut names = header.lines().filter_map(|line| line.strip_prefix("void ")?.split_once('(')).map(|(name, _)| name);
    anyhow::ensure!(names.clone().count() == 6, "{header}");
    let missing = names.find(|name| !library.windows(name.len()).any(|window| window == name.as_bytes()));
    anyhow::ensure!(missing.is_none(), "the library has no {missing:?}");
    Ok(())
}
