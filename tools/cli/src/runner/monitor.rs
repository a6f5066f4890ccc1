// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's control socket: stops the machine and copies its memory.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::Qemu;

/// A machine that sleeps under icount never answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the socket of a machine is.
#[derive(Debug, Clone)]
pub struct Monitor {
    socket: PathBuf,
}

impl Monitor {
    /// Gives the machine a socket in this folder. Its name must be short: the system allows some hundred characters.
    pub fn of(qemu: &mut Qemu, folder: &Path) -> Self {
        let socket = folder.join("qmp");
        let option = format!("unix:{},server=on,wait=off", socket.display());
        qemu.more.extend(["-qmp".into(), option]);
        Self { socket }
    }

    /// Stops the machine and writes ranges of its physical memory to files.
    pub fn save(&self, ranges: &[(u64, u64, PathBuf)]) -> anyhow::Result<()> {
        let mut session = Session::open(&self.socket)?;
        session.run("qmp_capabilities", json!({}))?;
        session.run("stop", json!({}))?;
        for (address, size, file) in ranges {
            session.run("pmemsave", json!({ "val": address, "size": size, "filename": file }))?;
        }
        Ok(())
    }
}

struct Session {
    out: UnixStream,
    lines: std::io::Lines<BufReader<UnixStream>>,
}

impl Session {
    fn open(socket: &Path) -> anyhow::Result<Self> {
        let out = UnixStream::connect(socket).with_context(|| format!("QEMU's socket {}", socket.display()))?;
        out.set_read_timeout(Some(PATIENCE))?;
        let lines = BufReader::new(out.try_clone()?).lines();
        Ok(Self { out, lines })
    }

    /// One command; events and the greeting in between are skipped.
    fn run(&mut self, command: &str, arguments: Value) -> anyhow::Result<()> {
        writeln!(self.out, "{}", json!({ "execute": command, "arguments": arguments }))?;
        for line in self.lines.by_ref() {
            let answer: Value = serde_json::from_str(&line.context("QEMU does not answer")?)?;
            if let Some(error) = answer.get("error") {
                bail!("QEMU refuses {command}: {}", error["desc"].as_str().unwrap_or("no reason given"));
            }
            if answer.get("return").is_some() {
                return Ok(());
            }
        }
        bail!("QEMU ended before it answered {command}")
    }
}
