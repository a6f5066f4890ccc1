// SPDX-License-Identifier: MIT OR Apache-2.0
//! A machine that runs, and what it prints.

use std::cell::RefCell;
use std::io::Read;
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::clock::Limit;
use lazaret_machine::console::text;
use lazaret_machine::{PrivateFolder, work};

/// Without output for so long by the clock, it is time to look whether nothing more comes.
const SILENCE: Duration = Duration::from_secs(2);
/// So many of the machine's seconds without output are silence.
const SILENT_SECONDS: u32 = 2;
/// Between two looks at what it said.
const PERIOD: Duration = Duration::from_millis(50);
/// Where the machine's time goes so slowly that there is no waiting for it.
const TOO_SLOW: Duration = Duration::from_secs(1800);

/// Bytes of output that are no more looked at.
const MUCH: usize = 4 << 20;

/// A running QEMU.
pub struct Emulator {
    child: Child,
    output: Receiver<Vec<u8>>,
    seen: RefCell<Vec<u8>>,
    control: PathBuf,
    limit: u32,
    /// Of its sockets.
    _folder: PrivateFolder,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What to think of a machine's output so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// No more comes.
    Over,
    /// It may be all.
    Plausible,
    /// It cannot be all.
    Unfinished,
}

/// What the machine did since its last output: on a loaded host that may be nothing, and says nothing.
#[derive(Default)]
struct Rest {
    /// The machine's seconds and its work, at the first look.
    first: Option<(u32, Option<Duration>)>,
}

impl Rest {
    /// Its time has gone on and it said nothing; or it rests, without a timer that would make its time go on.
    fn is_silence(&mut self, process: u32, limit: &mut Limit) -> anyhow::Result<bool> {
        let now = (limit.seconds_passed()?, work(process));
        let Some((seconds, worked)) = self.first else {
            self.first = Some(now);
            return Ok(false);
        };
        Ok(now.0 >= seconds + SILENT_SECONDS || now.1 == worked)
    }
}

impl Emulator {
    /// Takes over a QEMU that was just started, and what its options named.
    pub fn new(mut child: Child, folder: PrivateFolder, control: PathBuf, limit: u32) -> anyhow::Result<Self> {
        let mut out = child.stdout.take().context("QEMU's output")?;
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, output, seen: RefCell::default(), control, limit, _folder: folder })
    }

    /// Everything that it prints until that is all. Silence ends it too, if what it means is `Plausible`: whatever must
    /// not be is only believed when the machine had its time, however long that took.
    pub fn output(&self, look: impl Fn(&str) -> Look) -> anyhow::Result<String> {
        let (start, mut seen) = (Instant::now(), self.seen.take());
        let mut limit = Limit::new(&self.control, self.limit)?;
        let (mut heard, mut looked, mut due) = (start, start, true);
        let mut rest = Rest::default();
        loop {
            // Bytes come one by one; what counts are lines, and many of them together.
            match self.output.recv_timeout(PERIOD) {
                Ok(piece) => {
                    seen.extend(piece);
                    seen.extend(self.output.try_iter().flatten());
                    (heard, due) = (Instant::now(), due || seen.ends_with(b"\n"));
                    rest = Rest::default();
                    if !due || looked.elapsed() < PERIOD {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) if !due && heard.elapsed() < SILENCE => continue,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // A guest under a fault may print for ever; nothing that it should say is that long.
            if seen.len() > MUCH {
                break;
            }
            let quiet = heard.elapsed() >= SILENCE;
            let silent = quiet && rest.is_silence(self.child.id(), &mut limit)?;
            (looked, due) = (Instant::now(), false);
            if quiet {
                heard = looked;
            }
            match look(&text(&seen)) {
                Look::Over => {
                    std::thread::sleep(Duration::from_millis(50));
                    seen.extend(self.output.try_iter().flatten());
                    break;
                }
                Look::Plausible if silent => break,
                _ if limit.is_over()? => break,
                _ => anyhow::ensure!(start.elapsed() < TOO_SLOW, "too slow to judge: {}", limit.state()),
            }
        }
        Ok(text(&seen))
    }

    /// Until it prints this; the machine gets the time that it may take for all of its output.
    pub fn wait_for(&self, what: &str) -> anyhow::Result<()> {
        let mut limit = Limit::new(&self.control, self.limit)?;
        while !self.has_said(what) {
            anyhow::ensure!(!limit.is_over()?, "{what}: not printed, {}", limit.state());
            std::thread::sleep(PERIOD);
        }
        Ok(())
    }

    /// Has it printed this yet?
    pub fn has_said(&self, what: &str) -> bool {
        let mut seen = self.seen.borrow_mut();
        seen.extend(self.output.try_iter().flatten());
        text(&seen).contains(what)
    }
}
