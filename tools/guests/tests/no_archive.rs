// SPDX-License-Identifier: MIT OR Apache-2.0
//! Without a Debian archive the kernel cannot be had, and the message says what to do.

use std::process::Command;

use lazaret_guests::{ARM64, Debian};

/// Runs in a process of its own, whose apt knows no archive.
#[test]
#[ignore = "started by the other test"]
fn child() {
    let folder = std::env::temp_dir().join(format!("lazaret-no-archive-{}", std::process::id()));
    let error = Debian::new(folder.clone(), &ARM64).kernel().map(|(_, origin)| origin).unwrap_err();
    println!("MESSAGE {}", lazaret_diagnostic::describe(&error));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_message_names_guest_kernel() {
    if Command::new("apt-get").arg("--version").output().is_err() {
        return println!("no apt-get here: nothing to look at");
    }
    let config = std::env::temp_dir().join(format!("lazaret-apt-{}.conf", std::process::id()));
    std::fs::write(&config, "Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"/dev/null\";\n").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--ignored", "--nocapture"]).env("APT_CONFIG", &config);
    let output = child.output().unwrap();
    std::fs::remove_file(config).unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let message = text.split_once("MESSAGE ").map(|(_, message)| message).unwrap_or_else(|| panic!("{output:?}"));
    assert!(message.starts_with("Error: Debian's arm64 packages cannot be had"), "{message}");
    assert!(message.contains("--guest-kernel FILE"), "{message}");
}
