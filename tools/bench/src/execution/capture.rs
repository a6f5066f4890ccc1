// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a guest that announces its operations, with QEMU's log on during each.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use lazaret_machine::{Patience, Process, Qemu, interrupt};

/// An operation that the guest announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Its name.
    pub op: String,
    /// How many times it is done between the marks.
    pub count: u64,
    /// The first mark.
    pub begin: u64,
    /// The second.
    pub end: u64,
    /// The exception level of both.
    pub level: u8,
    /// Where in the log it starts.
    pub log_from: u64,
    /// And ends.
    pub log_to: u64,
}

impl Announced {
    /// `TRACE op=NAME count=N begin=A end=A`, and `level=N` if that is not 1.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let value = |key: &str| line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        let address = |key| u64::from_str_radix(value(key)?.strip_prefix("0x")?, 16).ok();
        let (begin, end) = (address("begin")?, address("end")?);
        let count = value("count")?.parse().ok()?;
        let level = value("level").map_or(Some(1), |level| level.parse().ok())?;
        Some(Self { op: value("op")?.into(), count, begin, end, level, log_from: 0, log_to: 0 })
    }
}

/// Runs the machine to the end of its job, for so much work at most; the log is written to `folder`.
pub fn run(mut qemu: Qemu, kernel: &Path, folder: &Path, work: Duration) -> anyhow::Result<Vec<Announced>> {
    let path = |name: &str| folder.join(name);
    let (monitor, guest, log) = (path("monitor"), path("semihosting"), path("trace.log"));
    for old in [&monitor, &guest, &log] {
        let _ = std::fs::remove_file(old);
    }
    let socket = |path: &Path| format!("{},server=on,wait=off", path.display());
    qemu.more.extend(["-monitor".into(), format!("unix:{}", socket(&monitor))]);
    qemu.more.extend(["-chardev".into(), format!("socket,id=guest,path={}", socket(&guest))]);
    qemu.more.extend(["-semihosting-config".into(), "enable=on,userspace=on,target=native,chardev=guest".into()]);
    qemu.more.extend(["-D".into(), log.display().to_string()]);
    let mut command = qemu.command(kernel);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    interrupt::keep_from(&mut command);
    let mut process = Process(command.spawn().context("cannot start QEMU")?);
    let output = drain(&mut process.0);
    let (start, id) = (Instant::now(), process.0.id());
    // Ctrl-C is a limit as well.
    let is_over = || interrupt::interrupted() || Patience::Work(work).is_over(start, Some(id));
    let guest = connect(&guest, &is_over)?;
    let mut monitor = Monitor::new(connect(&monitor, &is_over)?)?;
    let announced = follow(guest, &mut monitor, &log, &is_over);
    drop(process);
    let output = output.join().unwrap_or_default();
    announced.with_context(|| format!("the guest said: {}", tail(&output)))
}

/// QEMU must never wait for somebody to read.
fn drain(child: &mut Child) -> std::thread::JoinHandle<String> {
    let out = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.map(|mut out| out.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).replace('\r', "")
    })
}

fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

fn connect(path: &Path, is_over: &dyn Fn() -> bool) -> anyhow::Result<UnixStream> {
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            Err(error) if is_over() => return Err(error).context("QEMU's socket"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// QEMU's monitor answers at once, if it does not hang.
const HANGS: Duration = Duration::from_secs(1800);

/// QEMU's monitor.
struct Monitor(UnixStream);

impl Monitor {
    fn new(stream: UnixStream) -> anyhow::Result<Self> {
        stream.set_read_timeout(Some(HANGS))?;
        let mut monitor = Self(stream);
        monitor.prompt()?;
        Ok(monitor)
    }

    fn prompt(&mut self) -> anyhow::Result<()> {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(b"(qemu) ") {
            self.0.read_exact(&mut byte).context("QEMU's monitor does not answer")?;
            seen.push(byte[0]);
        }
        Ok(())
    }

    fn command(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.0, "{text}")?;
        self.prompt()
    }
}

/// Between two looks whether the guest has worked long enough.
const LOOK: Duration = Duration::from_secs(1);

fn follow(
    guest: UnixStream,
    monitor: &mut Monitor,
    log: &Path,
    is_over: &dyn Fn() -> bool,
) -> anyhow::Result<Vec<Announced>> {
    guest.set_read_timeout(Some(LOOK))?;
    let mut acknowledge = guest.try_clone()?;
    let mut announced: Vec<Announced> = Vec::new();
    let size = || std::fs::metadata(log).map_or(0, |metadata| metadata.len());
    let mut guest = BufReader::new(guest);
    loop {
        let line = next_line(&mut guest, is_over)?;
        if let Some(next) = Announced::parse(&line) {
            announced.push(Announced { log_from: size(), ..next });
            monitor.command("log in_asm,exec,nochain,int")?;
            monitor.command("one-insn-per-tb on")?;
        } else if let ("TRACED", Some(last)) = (line.trim(), announced.last_mut()) {
            monitor.command("one-insn-per-tb off")?;
            monitor.command("log none")?;
            last.log_to = size();
        } else if line.trim() == "DONE" {
            return Ok(announced);
        }
        acknowledge.write_all(b".")?;
    }
}

/// What came before a look is kept.
fn next_line(guest: &mut impl BufRead, is_over: &dyn Fn() -> bool) -> anyhow::Result<String> {
    let mut line = Vec::new();
    loop {
        ensure!(!is_over(), "the guest was not done in time");
        match guest.read_until(b'\n', &mut line) {
            Ok(_) if line.ends_with(b"\n") => return Ok(String::from_utf8_lossy(&line).trim().into()),
            Ok(_) => bail!("QEMU ended too early"),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_take_longer_than_a_look() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let mut guest = BufReader::new(ours);
        theirs.write_all(b"DO").unwrap();
        let looks = std::cell::Cell::new(0);
        // The rest comes after some looks.
        let line = next_line(&mut guest, &|| {
            looks.set(looks.get() + 1);
            if looks.get() == 5 {
                theirs.try_clone().unwrap().write_all(b"NE\r\n").unwrap();
            }
            false
        });
        assert_eq!(line.unwrap(), "DONE");
        assert!(next_line(&mut guest, &|| true).unwrap_err().to_string().contains("in time"));
        drop(theirs);
        assert!(next_line(&mut guest, &|| false).unwrap_err().to_string().contains("too early"));
    }

    #[test]
    fn understands_what_the_guest_announces() {
        let announced = Announced::parse("TRACE op=hvc count=4 begin=0x40081000 end=0x40081004").unwrap();
        assert_eq!((announced.op.as_str(), announced.count), ("hvc", 4));
        assert_eq!((announced.begin, announced.end), (0x4008_1000, 0x4008_1004));
        assert_eq!(Announced::parse("TRACED"), None);
    }
}
