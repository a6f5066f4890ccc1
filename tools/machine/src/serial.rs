// SPDX-License-Identifier: MIT OR Apache-2.0
//! A real board's console: a serial adapter, watched as QEMU's output is.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use anyhow::Context;

use super::console::{forward, text};
use super::lines::rejoin;
use super::run::{Run, RunEnd};
use super::terminal::{Terminal, stty};
use super::watch::{Input, Seen, Watch};
use lazaret_diagnostic::Problem;

/// The line's speed, and nothing that changes a byte.
const SETTINGS: [&str; 9] = ["115200", "raw", "cs8", "-cstopb", "-parenb", "-crtscts", "-ixon", "-echo", "clocal"];
/// Do not become the terminal that can end this program: Linux's number.
const O_NOCTTY: i32 = 0o400;
/// Ctrl-a, as in QEMU.
const ESCAPE: u8 = 1;

/// Is that a serial device, not a file to write to?
pub fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.file_type().is_char_device())
}

impl Watch {
    /// Attaches to a serial device and watches it to the end.
    pub fn attach(mut self, device: &Path) -> anyhow::Result<Run> {
        let start = Instant::now();
        let line = open(device)?;
        let mut keyboard: Option<Box<dyn Write>> = Some(Box::new(line.try_clone()?));
        let (sender, pieces) = channel();
        forward(line.try_clone()?, sender.clone());
        let terminal = (self.input == Input::Terminal).then(Terminal::remember);
        if terminal.is_some() {
            stty(&["raw", "-echo"]);
            thread::spawn(move || type_into(std::io::stdin(), line, &sender));
        } else {
            // When the adapter is pulled out, nobody else keeps the channel open.
            drop(sender);
        }
        let mut seen = Seen::default();
        let ended = self.follow((start, None), &pieces, &mut keyboard, &mut None, &mut seen)?;
        drop(terminal);
        let output = self.script.noted(rejoin(&text(&seen.bytes)), seen.left_out);
        Ok(Run { end: ended.unwrap_or_else(|| RunEnd::of_end(true, &self.script)), output, elapsed: start.elapsed() })
    }
}

fn open(device: &Path) -> anyhow::Result<File> {
    let name = device.display().to_string();
    let refuse = |why: String| {
        Problem::new(format!("{name}: {why}"), "is the adapter there, and are you in its group (dialout)?")
    };
    let line = OpenOptions::new().read(true).write(true).custom_flags(O_NOCTTY).open(device);
    let line = line.map_err(|error| refuse(error.to_string()))?;
    let set = Command::new("stty").args(["-F", &name]).args(SETTINGS).output().context("cannot run stty")?;
    if !set.status.success() {
        return Err(refuse(String::from_utf8_lossy(&set.stderr).trim().into()));
    }
    Ok(line)
}

/// Keys to the line, until ctrl-a x, which ends it, or the end of input, which does not. An empty piece is the end.
fn type_into(mut keys: impl Read, mut line: impl Write, end: &Sender<Vec<u8>>) {
    let mut escaped = false;
    let mut key = [0];
    while let Ok(1) = keys.read(&mut key) {
        match (std::mem::take(&mut escaped), key[0]) {
            (true, b'x') => {
                let _ = end.send(Vec::new());
                return;
            }
            (false, ESCAPE) => escaped = true,
            _ if line.write_all(&key).and_then(|()| line.flush()).is_err() => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_through_until_the_escape() {
        let (sender, receiver) = channel();
        let mut line = Vec::new();
        type_into(&b"ls\r\x01\x01\x01cx\x01xy"[..], &mut line, &sender);
        assert_eq!(line, b"ls\r\x01cx");
        assert_eq!(receiver.try_recv().unwrap(), b"");
    }

    #[test]
    fn a_file_is_no_device() {
        assert!(is_device(Path::new("/dev/null")));
        assert!(!is_device(Path::new(env!("CARGO_MANIFEST_DIR"))) && !is_device(Path::new("no/such/file")));
        let error = open(Path::new("/no/such/device")).unwrap_err();
        assert!(lazaret_diagnostic::describe(&error).contains("dialout"));
    }
}
