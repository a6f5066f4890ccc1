// SPDX-License-Identifier: MIT OR Apache-2.0
//! `run`: builds the image and starts it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use regex::Regex;

use crate::arguments::{QemuArguments, SourceArguments};
use lazaret_build::system::{self, Built};
use lazaret_diagnostic::Problem;
use lazaret_machine::{DebugLine, Drive, Forward, Input, Patience, Run, RunEnd, Script, Watch, serial, user_network};
use lazaret_programs::workspace::Workspace;

/// `run`
#[derive(Debug, Args)]
pub struct RunArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to run it.
    #[command(flatten)]
    pub qemu: QemuArguments,
    /// End with success when this regular expression is seen in a line; several are waited for one after the other
    #[arg(long, value_name = "REGEX")]
    pub until: Vec<String>,
    /// End with failure after that many seconds
    #[arg(long, value_name = "S")]
    pub timeout: Option<u64>,
    /// A serial device: watch a real board's console there, and start nothing; another file: write the console's
    /// output there as well
    #[arg(long, value_name = "DEV|FILE")]
    pub serial: Option<PathBuf>,
    /// Start this image and build nothing; if it has a debug line, --system says who is on it
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// The machine's disk: a raw or qcow2 image. The system writes it
    #[arg(long, value_name = "FILE")]
    pub drive: Option<PathBuf>,
    /// The system cannot write the disk
    #[arg(long, requires = "drive")]
    pub read_only: bool,
    /// What the machine's network card is connected to; 'user': QEMU's own network, which reaches what you reach
    #[arg(long, value_enum, value_name = "NET")]
    pub net: Option<Net>,
    /// A TCP port of this host, for its own programs only, leads to a guest's: PORT:GUEST_PORT for the first guest, which
    /// has the address 10.0.2.15, or PORT:ADDRESS:GUEST_PORT. It implies --net user
    #[arg(long, value_name = "FORWARD")]
    pub forward: Vec<Forward>,
    /// More of QEMU's own arguments
    #[arg(last = true, value_name = "QEMU-ARGUMENTS")]
    pub more: Vec<String>,
}

/// What the machine is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Net {
    /// QEMU's own network.
    User,
    /// It has no network card.
    None,
}

/// For whoever sits in front of the machine.
const KEYS: &str =
    "(ctrl-a x leaves; ctrl-] and a digit, 0 or 1, choose the virtual machine that hears the keyboard; in Linux
 gdb -x /etc/try.gdb /bin/debuggee tries a breakpoint, poweroff ends it; Enter asks the bare guest how it goes)";

/// Seconds for an installed kernel, if nothing else is said.
const BOOT_LIMIT: u64 = 300;

/// Runs until the pattern is seen, or until the person at the terminal ends it.
pub fn run(workspace: &Workspace, arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let until =
        arguments.until.iter().map(|text| Regex::new(text)).collect::<Result<Vec<_>, _>>().context("--until")?;
    if let Some(device) = arguments.serial.as_deref().filter(|path| serial::is_device(path)) {
        return attach(device, watch(until, arguments.timeout));
    }
    let drive = arguments.drive.as_deref().map(|path| Drive::open(path, arguments.read_only)).transpose()?;
    if let Some(drive) = drive.as_ref().filter(|drive| drive.is_read_only() && !arguments.read_only) {
        eprintln!("{}: may not be written: the disk is read-only", drive.path().display());
    }
    let has_network = match (arguments.net, arguments.forward.is_empty()) {
        (Some(Net::None), false) => {
            return Err(Problem::new("--forward: there is no network card with --net none", "leave --net away"));
        }
        (None, is_empty) => !is_empty,
        (net, _) => net == Some(Net::User),
    };
    let (image, mut qemu, debug_clients) = match &arguments.image {
        Some(image) => {
            let board = system::board(workspace, &arguments.source.system.board, arguments.source.system.config())?;
            // What is in the image nobody can tell; who names its description as well has the ports of its debug line.
            let described = arguments.source.system.system.as_ref().map(|_| arguments.source.request(workspace));
            let clients = described.map(|request| system::debug_clients(workspace, &request)).transpose()?.flatten();
            (image.clone(), arguments.qemu.qemu(workspace, &board)?, clients)
        }
        None => {
            let request = arguments.qemu.request(workspace, arguments.source.request(workspace))?;
            let built = system::build(workspace, &request)?;
            built.sizes.iter().for_each(|size| eprintln!("{}", size.line()));
            built.inputs.iter().filter(|input| input.replaces_ours).for_each(|input| eprintln!("{input}"));
            built.stand_ins.iter().for_each(|moved| eprintln!("{moved}"));
            built.will_not_start.iter().for_each(|why| eprintln!("lazaret: {why}"));
            hint(drive.is_some(), "--drive", "block.elf", &built);
            hint(has_network, "--net", "network.elf", &built);
            let qemu = arguments.qemu.qemu_for(workspace, &built)?;
            (built.path, qemu, built.debug_clients)
        }
    };
    if let Some(drive) = &drive {
        qemu = qemu.with_drive(drive)?;
    }
    if has_network {
        qemu = qemu.with_network(&user_network(&arguments.forward))?;
    }
    qemu.more.extend(arguments.more.iter().cloned());
    let debug_line = debug_clients.map(|clients| DebugLine::open(&mut qemu, &clients)).transpose()?;
    let image = super::short(&image);
    eprintln!("{}", qemu.line(&image));
    for port in debug_line.iter().flat_map(DebugLine::ports) {
        eprintln!("gdb: {} at {}", port.vm, port.address);
    }
    // Nobody may be there to see that an installed kernel stops at boot.
    let limit = (arguments.source.kernel.is_some() && !until.is_empty()).then_some(BOOT_LIMIT);
    let mut watch = watch(until, arguments.timeout.or(limit));
    watch.log = arguments.serial.clone();
    if watch.input == Input::Terminal {
        eprintln!("{KEYS}");
    }
    Ok(verdict(&watch.run(qemu.command(&image))?, "QEMU"))
}

/// A device that nobody drives is one that the guests do not find.
fn hint(is_given: bool, option: &str, driver: &str, built: &Built) {
    if is_given && !built.inputs.iter().any(|input| input.file == driver) {
        eprintln!(
            "lazaret: {option}: this system has no {driver}: unless a driver of yours is in it, nothing uses the device"
        );
    }
}

/// A board that runs already, or is about to be switched on: nothing is built.
fn attach(device: &Path, watch: Watch) -> anyhow::Result<ExitCode> {
    if watch.input == Input::Terminal {
        eprintln!("(ctrl-a x leaves; ctrl-] and a digit choose the virtual machine that hears the keyboard)");
    }
    Ok(verdict(&watch.attach(device)?, &device.display().to_string()))
}

fn watch(until: Vec<Regex>, timeout: Option<u64>) -> Watch {
    let stop_when_done = !until.is_empty();
    let script = until.into_iter().fold(Script::new(), Script::until);
    Watch {
        script,
        stop_when_done,
        patience: timeout.map(Duration::from_secs).map(Patience::Clock),
        echo: true,
        log: None,
        hear: None,
        input: if stop_when_done { Input::Script } else { Input::Terminal },
        faults_expected: false,
        stop: None,
        at_end: None,
    }
}

fn verdict(run: &Run, what: &str) -> ExitCode {
    let seconds = run.elapsed.as_secs_f32();
    let (text, code) = match &run.end {
        RunEnd::Seen => (format!("seen after {seconds:.1} s"), 0),
        RunEnd::Missing(pattern) => (format!("{what} ended after {seconds:.1} s before this was seen: {pattern}"), 1),
        RunEnd::Ended(true) => (format!("{what} ended after {seconds:.1} s"), 0),
        RunEnd::Ended(false) => (format!("{what} failed"), 1),
        RunEnd::TimedOut(pattern) => {
            let last = run.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("(none)");
            (format!("not seen in {seconds:.0} s: {pattern}\nits last line: {last}"), 1)
        }
        RunEnd::Interrupted => (format!("interrupted after {seconds:.1} s"), 1),
        RunEnd::Stopped => (format!("stopped after {seconds:.1} s"), 1),
        RunEnd::Fault(line) => (format!("fault: {line}"), 1),
    };
    eprintln!("\nlazaret: {text}");
    ExitCode::from(code)
}
