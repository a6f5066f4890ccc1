// SPDX-License-Identifier: MIT OR Apache-2.0
//! A disk with a Debian on it: made, started, and reached by ssh.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use lazaret_build::Request;
use lazaret_machine::{Drive, Forward, Script, user_network};
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("linux-debian", debian)];

/// What the guest is told by ssh: that it is a Debian whose packages are all installed, with a name and the way out; and to
/// end.
const TOLD: &str = "cat /etc/hostname /etc/debian_version; dpkg --audit && apt-get check -qq && echo packages: fine; \
                    findmnt -n -o SOURCE /; systemctl is-system-running --wait; systemctl poweroff";

/// The disk is made, the system on it starts, and somebody who has the key logs in from the host.
fn debian() -> anyhow::Result<()> {
    if Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_err() {
        println!("  linux-debian: skipped, there is no ssh here (openssh-client)");
        return Ok(());
    }
    let workspace = Workspace::find();
    let folder = machine::new_folder()?;
    let (image, key) = (folder.join("debian.img"), folder.join("debian-key"));
    let public = key.with_extension("pub");
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key))?;
    let size = "1G".parse().map_err(anyhow::Error::msg)?;
    let request = lazaret_disk::Request { output: image.clone(), size, ssh_key: Some(public), more: Vec::new() };
    lazaret_disk::make(&workspace, &request, |_| {})?;

    // A port that is free now.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let built = machine::build(&Request::new(workspace.root().join("components/examples/debian.system")))?;
    let forward: Forward = format!("{port}:22").parse().map_err(anyhow::Error::msg)?;
    let qemu = machine::qemu(&built.board)?
        .with_drive(&Drive::open(&image, false)?)?
        .with_network(&user_network(&[forward]))?;
    let is_over = Arc::new(AtomicBool::new(false));
    let over = is_over.clone();
    let host = thread::spawn(move || answer(&key, port, &over));
    let script = Script::new().expect("debian login:").expect("reboot: Power down");
    let followed = machine::follow(&built, qemu, script, 900);
    is_over.store(true, Ordering::Relaxed);
    let answer = host.join().map_err(|_| anyhow::anyhow!("the host's part"))?;
    followed?;
    for wanted in ["debian\n", "packages: fine\n", "/dev/vda\n", "running\n"] {
        ensure!(answer.contains(wanted), "no {wanted:?} in {answer:?}");
    }
    std::fs::remove_file(image)?;
    Ok(())
}

/// What a guest's shell prints, as soon as somebody is there.
fn answer(key: &Path, port: u16, is_over: &AtomicBool) -> String {
    let options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "LogLevel=ERROR"];
    while !is_over.load(Ordering::Relaxed) {
        let mut ssh = Command::new("ssh");
        ssh.args(options.iter().flat_map(|option| ["-o", option])).arg("-F/dev/null").arg("-i").arg(key);
        ssh.args(["-p", &port.to_string(), "root@127.0.0.1", TOLD]).stdin(Stdio::null());
        if let Some(output) = ssh.output().ok().filter(|output| !output.stdout.is_empty()) {
            return String::from_utf8_lossy(&output.stdout).into_owned();
        }
        thread::sleep(Duration::from_millis(500));
    }
    String::new()
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    ensure!(command.status().with_context(|| name.clone())?.success(), "{name} failed");
    Ok(())
}
