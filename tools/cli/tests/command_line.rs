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
