// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a machine until what is waited for is seen, or something goes wrong.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::Script;
use super::lines::rejoin;
use super::terminal::Terminal;
use lazaret_diagnostic::Problem;

/// What the kernel and the monitor say when something of ours is broken.
const FAULTS: [&str; 3] = ["KRN|PANIC", "KRN|ERROR", "MON|ERROR"];
/// The rest of a line comes right after its start.
const REST: Duration = Duration::from_millis(50);
/// A fault is told in several lines.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// Where the machine's input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The person at the terminal.
    Terminal,
    /// The script.
    Script,
}

/// How to watch.
pub struct Watch {
    /// What to wait for.
    pub script: Script,
    /// Whether the end of the script ends the run.
    pub stop_when_done: bool,
    /// How long to wait.
    pub timeout: Option<Duration>,
    /// Show the output as it comes.
    pub echo: bool,
    /// Write the output to a file.
    pub log: Option<PathBuf>,
    /// Who types.
    pub input: Input,
    /// A fault in a protection domain is part of the test.
    pub faults_expected: bool,
    /// What to do with the machine before it is ended, if it has not ended by itself.
    pub at_end: Option<Box<dyn FnOnce() -> anyhow::Result<()>>>,
}

impl Watch {
    /// Runs a script to its end.
    pub fn script(script: Script, timeout: Duration) -> Self {
        Self {
            script,
            stop_when_done: true,
            timeout: Some(timeout),
            echo: false,
            log: None,
            input: Input::Script,
            faults_expected: false,
            at_end: None,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything waited for was seen.
    Seen,
    /// Not in time; what it still waited for.
    TimedOut(String),
    /// The kernel or the monitor reported a fault: its line.
    Fault(String),
    /// The machine ended by itself and well, but before everything was seen; what it still waited for.
    Missing(String),
    /// It ended by itself: well, with nothing to wait for, or not well.
    Ended(bool),
}

impl Outcome {
    /// Of a machine that ended by itself.
    pub(super) fn of_end(well: bool, script: &Script) -> Self {
        match script.waiting_for() {
            Some(pattern) if well => Self::Missing(pattern.into()),
            _ => Self::Ended(well),
        }
    }
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it ended.
    pub outcome: Outcome,
    /// All that the machine printed.
    pub output: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Run {
    /// Success, or an error that says what was missing and shows the end of the output.
    pub fn expect_seen(&self) -> anyhow::Result<()> {
        let what = match &self.outcome {
            Outcome::Seen => return Ok(()),
            Outcome::TimedOut(pattern) => format!("not seen within {:.0?}: {pattern}", self.elapsed),
            Outcome::Fault(line) => format!("a fault: {line}"),
            Outcome::Missing(pattern) => format!("QEMU ended before this was seen: {pattern}"),
            Outcome::Ended(_) => "QEMU ended too early".into(),
        };
        let lines: Vec<_> = self.output.lines().collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        anyhow::bail!("{what}\n--- the last lines of the output ---\n{tail}")
    }
}

/// Ends the process whatever happens; SIGKILL, because an idle machine under icount hears nothing else.
struct Machine(Child);

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Watch {
    /// Starts the command and watches it to the end.
    pub fn run(mut self, mut command: Command) -> anyhow::Result<Run> {
        let start = Instant::now();
        let interactive = self.input == Input::Terminal;
        let terminal = interactive.then(Terminal::remember);
        command.stdin(if interactive { Stdio::inherit() } else { Stdio::piped() });
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| {
            Problem::new(format!("cannot start {name}: {error}"), "tools/lazaret doctor tells what is missing")
        })?;
        let mut machine = Machine(child);
        let pieces = read_all(&mut machine.0);
        let mut stdin = machine.0.stdin.take().map(|stdin| Box::new(stdin) as Box<dyn Write>);
        let mut log = self.log.as_ref().map(File::create).transpose().context("cannot write the serial log")?;
        let mut seen = Vec::new();
        let ended = self.follow(start, &pieces, &mut stdin, &mut log, &mut seen)?;
        let outcome = match ended {
            Some(outcome) => {
                self.at_end.take().map_or(Ok(()), |act| act())?;
                outcome
            }
            None => Outcome::of_end(machine.0.wait()?.success(), &self.script),
        };
        drop(machine);
        drop(terminal);
        let output = rejoin(&String::from_utf8_lossy(&seen).replace('\r', ""));
        Ok(Run { outcome, output, elapsed: start.elapsed() })
    }

    /// `None`: the machine ended by itself, or an empty piece came.
    pub(super) fn follow(
        &mut self,
        start: Instant,
        pieces: &Receiver<Vec<u8>>,
        stdin: &mut Option<Box<dyn Write>>,
        log: &mut Option<File>,
        seen: &mut Vec<u8>,
    ) -> anyhow::Result<Option<Outcome>> {
        let mut fault: Option<(Instant, Outcome)> = None;
        let mut checked = 0;
        loop {
            let deadline = match &fault {
                Some((at, _)) => Some(*at + LAST_WORDS),
                None => self.timeout.map(|timeout| start + timeout),
            };
            let wait = deadline.map_or(Duration::from_secs(3600), |d| d.saturating_duration_since(Instant::now()));
            let piece = match pieces.recv_timeout(wait) {
                Ok(piece) => piece,
                Err(RecvTimeoutError::Timeout) if deadline.is_none() => continue,
                Err(RecvTimeoutError::Timeout) => return Ok(Some(self.overdue(fault))),
                Err(RecvTimeoutError::Disconnected) => return Ok(fault.map(|(_, outcome)| outcome)),
            };
            if piece.is_empty() {
                return Ok(None);
            }
            seen.extend_from_slice(&piece);
            self.show(&piece, log)?;
            let typed = self.script.feed(&piece);
            if let (Some(stdin), false) = (stdin.as_mut(), typed.is_empty()) {
                let _ = stdin.write_all(&typed).and_then(|()| stdin.flush());
            }
            if fault.is_none() && !self.faults_expected {
                fault = find_fault(seen, &mut checked).map(|line| (Instant::now(), Outcome::Fault(line)));
            }
            if fault.is_none() && self.stop_when_done && self.script.is_done() {
                let done = Instant::now();
                while let Ok(piece) = pieces.recv_timeout(REST.saturating_sub(done.elapsed())) {
                    seen.extend_from_slice(&piece);
                    self.show(&piece, log)?;
                }
                return Ok(Some(Outcome::Seen));
            }
            if fault.is_none() && deadline.is_some_and(|d| Instant::now() >= d) {
                return Ok(Some(self.overdue(None)));
            }
        }
    }

    fn overdue(&self, fault: Option<(Instant, Outcome)>) -> Outcome {
        match fault {
            Some((_, outcome)) => outcome,
            None => Outcome::TimedOut(self.script.waiting_for().unwrap_or("its end").into()),
        }
    }

    fn show(&self, piece: &[u8], log: &mut Option<File>) -> anyhow::Result<()> {
        if self.echo {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(piece).and_then(|()| out.flush());
        }
        if let Some(log) = log {
            log.write_all(piece).context("cannot write the serial log")?;
        }
        Ok(())
    }
}

/// Looks at complete lines that were not looked at before.
fn find_fault(seen: &[u8], checked: &mut usize) -> Option<String> {
    let end = seen.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let fresh = String::from_utf8_lossy(seen.get(*checked..end)?).into_owned();
    *checked = end;
    fresh.lines().find(|line| FAULTS.iter().any(|f| line.contains(f))).map(|line| line.trim().to_string())
}

fn read_all(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    if let Some(out) = child.stdout.take() {
        forward(out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, sender);
    }
    receiver
}

pub(super) fn forward(mut from: impl Read + Send + 'static, to: Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn watch(script: Script) -> Watch {
        Watch::script(script, Duration::from_secs(10))
    }

    #[test]
    fn ends_when_all_is_seen_and_kills_the_machine() {
        let run = watch(Script::new().step("name\\?", "x\n").expect("hello x"));
        let run = run.run(shell("printf 'name? '; read n; echo hello $n; sleep 100")).unwrap();
        assert_eq!(run.outcome, Outcome::Seen);
        assert!(run.elapsed < Duration::from_secs(9));
        run.expect_seen().unwrap();
    }

    #[test]
    fn a_fault_ends_it_with_its_last_words() {
        let run = watch(Script::new().expect("never"));
        let run = run.run(shell("echo 'MON|ERROR: vmm faulted'; echo '  at 0x0'; sleep 100")).unwrap();
        assert_eq!(run.outcome, Outcome::Fault("MON|ERROR: vmm faulted".into()));
        assert!(run.output.contains("at 0x0"));
    }

    #[test]
    fn silence_is_a_failure() {
        let mut quiet = watch(Script::new().expect("prompt"));
        quiet.timeout = Some(Duration::from_millis(200));
        let run = quiet.run(shell("sleep 100")).unwrap();
        assert_eq!(run.outcome, Outcome::TimedOut("prompt".into()));
        let run = watch(Script::new().expect("prompt")).run(shell("exit 3")).unwrap();
        assert_eq!(run.outcome, Outcome::Ended(false));
        assert!(run.expect_seen().is_err());
        let run = watch(Script::new().expect("a").expect("prompt")).run(shell("echo a")).unwrap();
        assert_eq!(run.outcome, Outcome::Missing("prompt".into()));
        assert_eq!(watch(Script::new()).run(shell("exit 0")).unwrap().outcome, Outcome::Ended(true));
    }
}
