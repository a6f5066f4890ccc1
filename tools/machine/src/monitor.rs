// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's control socket (its machine protocol, QMP): stops the machine, copies its memory, asks it things.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::Qemu;

/// On a loaded host. A machine that sleeps under icount may never answer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Where the socket of a machine is.
#[derive(Debug, Clone)]
pub struct Monitor {
    socket: PathBuf,
}

impl Monitor {
    /// Gives the machine a socket in this folder. Its name must be short: the system allows some hundred characters.
    pub fn of(qemu: &mut Qemu, folder: &Path) -> Self {
        let socket = folder.join("qmp");
        let option = format!("unix:{},server=on,wait=off", Qemu::in_option(&socket));
        qemu.more.extend(["-qmp".into(), option]);
        Self { socket }
    }

    /// Stops the machine and writes ranges of its physical memory to files.
    pub fn save(&self, ranges: &[(u64, u64, PathBuf)]) -> anyhow::Result<()> {
        let mut session = Session::open(&self.socket)?;
        session.run("stop", json!({}))?;
        for (address, size, file) in ranges {
            session.run("pmemsave", json!({ "val": address, "size": size, "filename": file }))?;
        }
        Ok(())
    }
}

/// A connection to a running machine. QEMU queues its events for it, one for each stop by a debugger.
pub struct Session {
    out: UnixStream,
    lines: std::io::Lines<BufReader<UnixStream>>,
}

impl Session {
    /// Connects to the socket of a machine.
    pub fn open(socket: &Path) -> anyhow::Result<Self> {
        let out = UnixStream::connect(socket).with_context(|| format!("QEMU's socket {}", socket.display()))?;
        let mut session = Self::over(out)?;
        session.run("qmp_capabilities", json!({}))?;
        Ok(session)
    }

    fn over(out: UnixStream) -> anyhow::Result<Self> {
        out.set_read_timeout(Some(PATIENCE))?;
        let lines = BufReader::new(out.try_clone()?).lines();
        Ok(Self { out, lines })
    }

    /// One word of the machine's physical memory, or of a device's register.
    pub fn word(&mut self, address: u64) -> anyhow::Result<u32> {
        let command = format!("xp /1wx {address:#x}");
        let dump = self.run("human-monitor-command", json!({ "command-line": command }))?;
        dumped(dump.as_str().unwrap_or_default()).with_context(|| format!("QEMU answers {dump} to '{command}'"))
    }

    /// One command; events and the greeting in between are skipped.
    fn run(&mut self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        writeln!(self.out, "{}", json!({ "execute": command, "arguments": arguments }))?;
        for line in self.lines.by_ref() {
            let mut message: Value = serde_json::from_str(&line.context("QEMU does not answer")?)?;
            if let Some(error) = message.get("error") {
                bail!("QEMU refuses {command}: {}", error["desc"].as_str().unwrap_or("no reason given"));
            }
            if let Some(result) = message.get_mut("return") {
                return Ok(result.take());
            }
        }
        bail!("QEMU ended before it answered {command}")
    }
}

/// The word of a memory dump, `ADDRESS: 0xWORD`.
fn dumped(text: &str) -> Option<u32> {
    let (_, word) = text.trim().split_once(": 0x")?;
    u32::from_str_radix(word, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_read() {
        assert_eq!(dumped("0000000009010000: 0x0000001f\r\n"), Some(31));
        assert_eq!(dumped("0000000009010000: Cannot access memory\r\n"), None);
    }

    #[test]
    fn events_and_the_greeting_are_no_answers() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut session = Session::over(ours).unwrap();
        let said = "{\"QMP\": {}}\n{\"event\": \"STOP\"}\n{\"return\": \"0: 0x5\\r\\n\"}\n{\"error\": {}}\n";
        (&theirs).write_all(said.as_bytes()).unwrap();
        assert_eq!(session.word(0).unwrap(), 5);
        assert!(session.word(0).is_err());
        drop(theirs);
        assert!(session.word(0).is_err());
    }
}
