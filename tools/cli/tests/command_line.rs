// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program itself on bad input: exit code 2, a message that names the place, and nothing written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn lazaret(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lazaret-cli"));
    let Output { status, stdout, stderr } = command.current_dir(root()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

const BAD: &str = "tests/sdf/map_overlap.system";
const BAD_LINE: &str = "Error: Map of 'two' at [0x4003000..0x4004000) overlaps the map of 'one'";

#[test]
fn check_shows_the_message() {
    let (code, out, err) = lazaret(&["check", BAD]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with(BAD_LINE), "{err}");
    assert!(err.contains("tests/sdf/map_overlap.system:10:23"), "{err}");
}

#[test]
fn check_takes_every_bad_description_of_the_tests() {
    let expectation = |stem: &str| std::fs::read_to_string(root().join(format!("tests/sdf/{stem}.txt"))).unwrap();
    // One of each kind of fault; the library's own test has them all.
    for stem in ["xml_not_xml", "pd_unknown_attribute", "pd_missing_name", "number_letters", "map_unaligned"]
        .into_iter()
        .chain(["end_unknown_pd", "channel_duplicate_id", "image_x86", "vm_without_vcpu", "memory_too_much"])
    {
        let (code, _, err) = lazaret(&["check", &format!("tests/sdf/{stem}.system")]);
        assert_eq!(code, Some(2), "{stem}");
        assert_eq!(err.lines().next(), expectation(stem).lines().next(), "{stem}");
    }
}

#[test]
fn check_prints_json() {
    let (code, out, _) = lazaret(&["check", "--json", BAD]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &value["valid"], &value["errors"][0]["row"]), (Some(2), &false.into(), &10.into()));
}

#[test]
fn build_writes_nothing() {
    let folder = std::env::temp_dir().join(format!("lazaret-build-{}", std::process::id()));
    let (code, _, err) = lazaret(&["build", "--system", BAD, "-o", folder.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(err.contains(BAD_LINE), "{err}");
    assert!(!folder.exists());
}

#[test]
fn graph_writes_nothing() {
    let file = std::env::temp_dir().join(format!("lazaret-graph-{}.svg", std::process::id()));
    let (code, out, err) = lazaret(&["graph", "--system", BAD, "-o", file.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with(BAD_LINE), "{err}");
    assert!(!file.exists());
}

#[test]
fn what_is_not_there_is_named() {
    let (code, _, err) = lazaret(&["check", "no/such.system"]);
    assert!(code == Some(2) && err.contains("no/such.system"), "{err}");
    let (code, _, err) = lazaret(&["check", "--board", "pdp11"]);
    assert!(code == Some(2) && err.contains("pdp11") && err.contains("qemu_virt_aarch64"), "{err}");
}

#[test]
fn a_guest_kernel_that_is_none_is_refused_before_anything_is_built() {
    for (file, why) in [("README.md", "not an arm64 Linux kernel image"), ("no/such/file", "No such file")] {
        let (code, _, err) = lazaret(&["build", "--guest-kernel", file, "-o", "no/such/folder"]);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(why) && err.contains(file), "{err}");
        assert!(!root().join("no").exists());
    }
}

/// A place where nothing can be written, whoever is asked.
const NOWHERE: &str = "no/such/folder/x";

#[test]
fn an_output_that_cannot_be_written_is_named_before_the_work() {
    let nowhere = NOWHERE;
    for arguments in [
        &["docs", "traps", "-o", nowhere][..],
        &["graph", "-o", nowhere],
        &["trace", "--from", "README.md", "-o", nowhere],
        &["inject", "--json", nowhere],
        &["inject", "--report", nowhere],
        &["inject", "merge", "README.md", "--json", nowhere],
        &["bench", "--json", nowhere],
        &["bench", "--svg", nowhere],
        &["bench", "--profile", "empty", "--svg", nowhere],
        &["build", "-o", "README.md/x"],
        &["build", "--selftest", "-o", "README.md/x"],
        &["shim", "-o", "README.md/x"],
    ] {
        let (code, out, err) = lazaret(arguments);
        let named = arguments[arguments.len() - 1];
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(&format!("cannot write {named}")), "{arguments:?}: {err}");
    }
}

#[test]
fn arguments_without_sense_are_refused() {
    for (arguments, why) in [
        (&["inject", "--runs", "0"][..], "--runs"),
        (&["inject", "--jobs", "0"], "--jobs"),
        (&["inject", "--runs", "1", "--shard", "1/3"], "1/3"),
        (&["inject", "linux", "--kills", "0"], "--kills"),
        (&["inject", "crash-points", "--stride", "0"], "--stride"),
        (&["graph", "-o", "picture.png"], ".svg"),
        (&["bench", "--svg", "picture.png"], ".svg"),
        (&["bench", "--growth", "--svg", "picture.pdf"], ".svg"),
    ] {
        let (code, out, err) = lazaret(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(why), "{arguments:?}: {err}");
    }
    assert!(!root().join("picture.png").exists());
}

#[test]
fn usage_names_what_users_start() {
    for arguments in [&["--help"][..], &["inject", "--help"], &["check", "--no-such"], &["nosuch"]] {
        let (_, out, err) = lazaret(arguments);
        let usage = [out, err].concat();
        assert!(usage.contains("Usage: tools/lazaret") && !usage.contains("lazaret-cli"), "{arguments:?}: {usage}");
    }
}

/// On a machine without apt-get nothing is advised that needs it, and on one without timeout(1) that is no fault.
#[test]
fn doctor_advises_what_can_be_done() {
    let empty = std::env::temp_dir().join(format!("lazaret-doctor-{}", std::process::id()));
    std::fs::create_dir_all(&empty).unwrap();
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_lazaret-cli"));
    let Output { status, stdout, .. } = doctor.arg("doctor").current_dir(root()).env("PATH", &empty).output().unwrap();
    std::fs::remove_dir_all(empty).unwrap();
    let out = String::from_utf8(stdout).unwrap();
    assert_eq!(status.code(), Some(1), "{out}");
    assert!(!out.contains("apt-get install") && !out.contains("tools/lazaret installs"), "{out}");
    assert!(out.contains("what Debian has as: qemu-system-arm") && out.contains("yours to install"), "{out}");
    let absent = |what: &str| out.lines().any(|line| line.starts_with("absent") && line.contains(what));
    assert!(absent("timeout") && !absent("QEMU"), "{out}");
}

#[test]
fn an_unknown_operation_is_refused_with_the_list_of_them() {
    let (code, _, err) = lazaret(&["bench", "--profile", "nosuch"]);
    assert_eq!(code, Some(2), "{err}");
    for operation in lazaret_bench::operations::OPERATIONS {
        assert!(err.contains(operation), "{operation}: {err}");
    }
}

#[test]
fn a_cpu_that_qemu_does_not_have_is_refused_before_anything_is_built() {
    if Command::new("qemu-system-aarch64").arg("--version").output().is_err() {
        eprintln!("skipped: there is no qemu-system-aarch64 to ask for its CPUs");
        return;
    }
    let target = std::env::temp_dir().join(format!("lazaret-cpu-{}", std::process::id()));
    for command in [&["run"][..], &["trace"], &["audit"], &["bench"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_lazaret-cli"));
        program.args(command).args(["--cpu", "z80"]).env("CARGO_TARGET_DIR", &target).current_dir(root());
        let Output { status, stderr, .. } = program.output().unwrap();
        let err = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{command:?}: {err}");
        assert!(err.contains("has no CPU 'z80'") && err.contains("cortex-a57"), "{command:?}: {err}");
        assert!(!target.exists(), "{command:?} has built something");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for command in ["check --json", "docs traps", "check --help"] {
        let line = format!("'{}' {command} | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_lazaret-cli"));
        // Many times: the reader may be gone before or after the first byte.
        for _ in 0..5 {
            let Output { stdout, stderr, .. } =
                Command::new("bash").args(["-c", &line]).current_dir(root()).output().unwrap();
            let (code, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
            assert!(["0", "141"].contains(&code.trim()), "{command}: {code} {err}");
            assert!(!err.contains("panicked") && !err.contains("pipe"), "{command}: {err}");
        }
    }
}

#[test]
fn colour_is_for_terminals_and_for_who_wants_it() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no script(1) to play a terminal");
        return;
    }
    let seen = |no_colour: &str| {
        let line = format!("'{}' check {BAD}", env!("CARGO_BIN_EXE_lazaret-cli"));
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &line, "/dev/null"]).current_dir(root()).env("NO_COLOR", no_colour);
        String::from_utf8(terminal.stdin(std::process::Stdio::null()).output().unwrap().stdout).unwrap()
    };
    assert!(seen("").contains("\x1b["), "{:?}", seen(""));
    let plain = seen("1");
    assert!(plain.contains(BAD_LINE) && !plain.contains('\x1b'), "{plain:?}");
}

/// A description's own folder and the search path come before what a build makes: a file there is looked at.
#[test]
fn a_user_s_file_is_taken_for_a_built_one_of_the_same_name() {
    let folder = std::env::temp_dir().join(format!("lazaret-given-{}", std::process::id()));
    for other in ["here", "there"].map(|name| folder.join(name)) {
        std::fs::create_dir_all(&other).unwrap();
    }
    let description = folder.join("here/own.system");
    let text =
        "<system><protection_domain name=\"a\"><program_image path=\"serial.elf\" /></protection_domain></system>";
    std::fs::write(&description, text).unwrap();
    let system = description.to_str().unwrap();
    let there = folder.join("there").display().to_string();
    for (place, more) in [("here", vec![]), ("there", vec!["--search-path", &there])] {
        let file = folder.join(place).join("serial.elf");
        std::fs::write(&file, "no program").unwrap();
        for command in [vec!["check", "--system", system], vec!["build", "--system", system, "-o", "no/such/folder"]] {
            let (code, _, err) = lazaret(&[command, more.clone()].concat());
            assert_eq!(code, Some(2), "{err}");
            assert!(err.contains("Program image 'serial.elf' is not an ELF file"), "{err}");
        }
        std::fs::remove_file(file).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}
