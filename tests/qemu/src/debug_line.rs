// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug line, from sockets on the host to protection domains that say what they hear, and the command that starts a
//! debugger there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use lazaret_build::Request;
use lazaret_machine::{DebugLine, RunEnd, Script, Watch};
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("debug-line", echoes), ("debug-line-absent", absent), ("debug-command", command)];

/// For an answer, however busy the host is: a machine that ends closes the connection.
const PATIENCE: Duration = Duration::from_secs(600);
/// Bytes that go both ways at once: many times what the rings hold.
const SIZE: usize = 64 << 10;

/// Every byte, those that mean something in a frame in a row, and then anything.
fn contents(seed: u32) -> Vec<u8> {
    let special = [0x7e, 0x7e, 0x7d, 0x7d, 0x5e, 0x5d, 0x7e, 0x00];
    // Knuth's multiplicative hash.
    let any = (0..SIZE as u32).map(|n| ((n ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8);
    (0..=255).chain(special).chain(any).collect()
}

fn connect(line: &DebugLine, client: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(line.port(client)?.address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends them all, and reads meanwhile as many as come back.
fn there_and_back(stream: &TcpStream, bytes: &[u8]) -> anyhow::Result<()> {
    let (mut back, mut out) = (vec![0; bytes.len()], stream);
    thread::scope(|scope| {
        let sent = scope.spawn(|| out.write_all(bytes));
        { stream }.read_exact(&mut back).context("what comes back")?;
        sent.join().map_err(|_| anyhow::anyhow!("the sender"))?.context("what is sent")
    })?;
    let wrong = back.iter().zip(bytes).position(|(back, sent)| back != sent);
    anyhow::ensure!(wrong.is_none(), "of {} bytes number {} comes back as another", bytes.len(), wrong.unwrap_or(0));
    Ok(())
}

/// Both of two clients get their bytes back unchanged, at once, again after somebody else was there, and beside a client that
/// does not read.
fn echoes() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("debug_line")))?;
    let mut qemu = machine::qemu(&built.board)?;
    let clients = built.debug_clients.clone().context("the system has a debug line")?;
    let line = DebugLine::open(&mut qemu, &clients)?;
    let (stop, command) = (Arc::new(AtomicBool::new(false)), qemu.command(&built.path));
    let stopped = Arc::clone(&stop);
    let watch = thread::spawn(move || Watch::endless(Script::new(), stopped).run(command));
    let judged = judge(&line);
    stop.store(true, Relaxed);
    let run = watch.join().map_err(|_| anyhow::anyhow!("the machine's thread"))??;
    judged.with_context(|| format!("{:?}\n{}", run.end, run.output))?;
    anyhow::ensure!(run.end == RunEnd::Stopped, "{:?}\n{}", run.end, run.output);
    Ok(())
}

fn judge(line: &DebugLine) -> anyhow::Result<()> {
    let (a, b) = (connect(line, "echo_a")?, connect(line, "echo_b")?);
    there_and_back(&a, &contents(1)).context("echo_a alone")?;
    there_and_back(&b, &contents(2)).context("echo_b alone")?;
    let both = |when: &str| {
        thread::scope(|scope| {
            let other = scope.spawn(|| there_and_back(&b, &contents(4)));
            there_and_back(&a, &contents(3)).with_context(|| format!("echo_a {when}"))?;
            other.join().map_err(|_| anyhow::anyhow!("the other"))?.with_context(|| format!("echo_b {when}"))
        })
    };
    both("beside the other")?;
    let mut refused = connect(line, "echo_a")?;
    anyhow::ensure!(refused.read(&mut [0]).unwrap_or(0) == 0, "a second debugger is let in");
    // Of what is too much for a client that does not read the rest is lost, and nothing of the others'.
    let mut deaf = connect(line, "deaf")?;
    deaf.write_all(&contents(5))?;
    both("beside one that does not read")?;
    drop(a);
    let a = connect(line, "echo_a")?;
    there_and_back(&a, &contents(6)).context("echo_a again")
}

/// Where there is no second UART the driver is stopped, and the monitor says so.
fn absent() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("debug_line")))?;
    let qemu = machine::qemu(&built.board)?;
    let run = Watch::script(Script::new().expect("never"), Duration::from_secs(60)).run(qemu.command(&built.path))?;
    anyhow::ensure!(
        matches!(&run.end, RunEnd::Fault(line) if line.contains("'debug_line'")),
        "{:?}\n{}",
        run.end,
        run.output
    );
    Ok(())
}

/// The command gives gdb the VM's port, ends with it, and with its answer. Somebody else stands in for gdb.
fn command() -> anyhow::Result<()> {
    let folder = machine::new_folder()?;
    let gdb = folder.join("gdb");
    let script = "#!/bin/bash\n\
        set -e\n\
        [[ $* == *'-batch '*'-ex target remote 127.0.0.1:'*'-x '* ]]\n\
        all=\"$*\"; port=${all#*127.0.0.1:}; port=${port%% *}\n\
        exec 3<>/dev/tcp/127.0.0.1/$port\n\
        printf '$g#67' >&3\n\
        read -r -N 5 answer <&3\n\
        [[ $answer == '$g#67' ]]\n\
        exit \"$(cat \"${*: -1}\")\"\n";
    std::fs::write(&gdb, script)?;
    std::fs::set_permissions(&gdb, PermissionsExt::from_mode(0o755))?;
    let system = machine::description("debug_line");
    crate::command_line::expect(&["check", "--system", text(&system)?], 0, "")?;
    for (status, code) in [(0, 0), (3, 1)] {
        let batch = folder.join("batch");
        std::fs::write(&batch, status.to_string())?;
        let said = debug(&gdb, &["echo_b", "--batch", text(&batch)?, "--system", text(&system)?], code)?;
        anyhow::ensure!(said.contains("gdb: echo_b at 127.0.0.1:") && said.contains("console: "), "{said}");
    }
    let said = debug(&gdb, &["nobody", "--system", text(&system)?], 2)?;
    anyhow::ensure!(said.contains("echo_a, echo_b, deaf"), "{said}");
    let said = debug(&gdb, &["a", "--system", text(&machine::description("two_bare"))?], 2)?;
    anyhow::ensure!(said.contains("no debug line") && said.contains("components/examples/debug.system"), "{said}");
    let said = debug(Path::new("no-such-gdb"), &["echo_a", "--system", text(&system)?], 2)?;
    anyhow::ensure!(said.contains("cannot start no-such-gdb"), "{said}");
    Ok(())
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| path.display().to_string())
}

/// Runs the start script with that gdb; what it says, if its exit code is that.
fn debug(gdb: &Path, arguments: &[&str], code: i32) -> anyhow::Result<String> {
    let mut command = Command::new(Workspace::find().root().join("tools/lazaret"));
    command.env("CI", "true").env("LAZARET_GDB", gdb).arg("debug").args(arguments).stdin(std::process::Stdio::null());
    let output = command.output()?;
    let said = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    anyhow::ensure!(output.status.code() == Some(code), "debug {arguments:?}: {}\n{said}", output.status);
    Ok(said)
}
