// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a machine until what is waited for is seen, or something goes wrong.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::Script;
use super::console::{Faults, read_all, text};
use super::interrupt::{self, LOOK};
use super::lines::rejoin;
use super::patience::{AtRest, Patience};
use super::process::Process;
use super::run::{Run, RunEnd};
use super::terminal::Terminal;
use lazaret_diagnostic::Problem;

/// The rest of a line comes right after its start.
const REST: Duration = Duration::from_millis(50);
/// A fault is told in several lines.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// Where the machine's input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The person at the terminal.
    Terminal,
    Script,
    /// From nowhere: the person at the terminal, Ctrl-C included, is busy with something else.
    Nobody,
}

/// Hears pieces of output.
pub type Hear = Box<dyn FnMut(&[u8])>;

/// How to watch.
pub struct Watch {
    /// What to wait for.
    pub script: Script,
    /// Whether the end of the script ends the run.
    pub stop_when_done: bool,
    /// How long to wait.
    pub patience: Option<Patience>,
    /// Show the output as it comes.
    pub echo: bool,
    /// Write the output to a file.
    pub log: Option<PathBuf>,
    /// Who hears the output as it comes, in pieces.
    pub hear: Option<Hear>,
    /// Who types.
    pub input: Input,
    /// A fault in a protection domain is part of the test.
    pub faults_expected: bool,
    /// Ends the run once it is true.
    pub stop: Option<Arc<AtomicBool>>,
    /// What to do with the machine before it is ended, if it has not ended by itself.
    pub at_end: Option<Box<dyn FnOnce() -> anyhow::Result<()>>>,
}

impl Watch {
    /// Runs a script to its end, for so much of the machine's work at most.
    pub fn script(script: Script, work: Duration) -> Self {
        Self {
            script,
            stop_when_done: true,
            patience: Some(Patience::Work(work)),
            echo: false,
            log: None,
            hear: None,
            input: Input::Script,
            faults_expected: false,
            stop: None,
            at_end: None,
        }
    }

    /// Follows a script, and goes on until that is true.
    pub fn endless(script: Script, stop: Arc<AtomicBool>) -> Self {
        Self { stop_when_done: false, patience: None, stop: Some(stop), ..Self::script(script, Duration::MAX) }
    }
}

impl Watch {
    /// Starts the command and watches it to the end.
    pub fn run(mut self, mut command: Command) -> anyhow::Result<Run> {
        let start = Instant::now();
        let interactive = self.input == Input::Terminal;
        let terminal = interactive.then(Terminal::remember);
        command.stdin(if interactive { Stdio::inherit() } else { Stdio::piped() });
        match self.input {
            Input::Terminal => {}
            Input::Script => _ = interrupt::keep_from(&mut command),
            Input::Nobody => _ = command.process_group(0),
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| {
            Problem::new(format!("cannot start {name}: {error}"), "tools/lazaret doctor tells what is missing")
        })?;
        let mut process = Process(child);
        let pieces = read_all(&mut process.0);
        let mut stdin = process.0.stdin.take().map(|stdin| Box::new(stdin) as Box<dyn Write>);
        let mut log = self.log.as_ref().map(File::create).transpose().context("cannot write the serial log")?;
        let mut seen = Seen::default();
        let ended = self.follow((start, Some(process.0.id())), &pieces, &mut stdin, &mut log, &mut seen)?;
        let end = match ended {
            Some(end) => {
                self.at_end.take().map_or(Ok(()), |act| act())?;
                end
            }
            None => RunEnd::of_end(process.0.wait()?.success(), &self.script),
        };
        drop(process);
        drop(terminal);
        let output = self.script.noted(rejoin(&text(&seen.bytes)), seen.left_out);
        Ok(Run { end, output, elapsed: start.elapsed() })
    }

    /// `None`: the machine ended by itself, or an empty piece came.
    pub(super) fn follow(
        &mut self,
        (start, process): (Instant, Option<u32>),
        pieces: &Receiver<Vec<u8>>,
        stdin: &mut Option<Box<dyn Write>>,
        log: &mut Option<File>,
        seen: &mut Seen,
    ) -> anyhow::Result<Option<RunEnd>> {
        let mut fault: Option<(Instant, RunEnd)> = None;
        let (mut faults, mut at_rest) = (Faults::default(), AtRest::default());
        loop {
            if self.input == Input::Script && interrupt::interrupted() {
                return Ok(Some(RunEnd::Interrupted));
            }
            if self.stop.as_ref().is_some_and(|stop| stop.load(Relaxed)) {
                return Ok(Some(RunEnd::Stopped));
            }
            let is_over = match &fault {
                Some((at, _)) => at.elapsed() >= LAST_WORDS,
                None => self.patience.is_some_and(|patience| {
                    let rests = matches!(patience, Patience::Rest(_)) && process.is_some_and(|p| at_rest.look(p));
                    rests || patience.is_over(start, process)
                }),
            };
            if is_over {
                return Ok(Some(self.overdue(fault)));
            }
            let piece = match pieces.recv_timeout(LOOK) {
                Ok(piece) => piece,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(fault.map(|(_, end)| end)),
            };
            if piece.is_empty() {
                return Ok(None);
            }
            // It said something, so what was seen of its rest is over: pieces that came at once are no time.
            at_rest = AtRest::default();
            seen.add(&piece);
            self.show(&piece, log)?;
            let found = faults.find(&piece);
            let typed = self.script.feed(&piece);
            if let (Some(stdin), false) = (stdin.as_mut(), typed.is_empty()) {
                let _ = stdin.write_all(&typed).and_then(|()| stdin.flush());
            }
            if fault.is_none() && !self.faults_expected {
                fault = found.map(|line| (Instant::now(), RunEnd::Fault(line)));
            }
            if fault.is_none() && self.stop_when_done && self.script.is_done() {
                let done = Instant::now();
                while let Ok(piece) = pieces.recv_timeout(REST.saturating_sub(done.elapsed())) {
                    seen.add(&piece);
                    self.show(&piece, log)?;
                }
                return Ok(Some(RunEnd::Seen));
            }
        }
    }

    fn overdue(&self, fault: Option<(Instant, RunEnd)>) -> RunEnd {
        match fault {
            Some((_, end)) => end,
            None => RunEnd::TimedOut(self.script.waiting_for().unwrap_or("its end").into()),
        }
    }

    fn show(&mut self, piece: &[u8], log: &mut Option<File>) -> anyhow::Result<()> {
        if let Some(hear) = &mut self.hear {
            hear(piece);
        }
        if self.echo {
            let mut out = std::io::stdout().lock();
            // Nobody to show it to any more: the machine need not run on.
            out.write_all(piece).and_then(|()| out.flush()).context("cannot show the machine's output")?;
        }
        if let Some(log) = log {
            log.write_all(piece).context("cannot write the serial log")?;
        }
        Ok(())
    }
}

/// What a machine has printed; of very much, the end.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub bytes: Vec<u8>,
    /// Bytes from the beginning that were dropped.
    pub left_out: usize,
}

/// Bytes that are kept at least.
const KEPT: usize = 16 << 20;

impl Seen {
    fn add(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() > 2 * KEPT {
            let most = self.bytes.len() - KEPT;
            self.bytes.drain(..most);
            self.left_out += most;
        }
    }
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
        Watch::script(script, Duration::from_secs(600))
    }

    #[test]
    fn ends_when_all_is_seen_and_kills_the_machine() {
        let run = watch(Script::new().step("name\\?", "x\n").expect("hello x"));
        let run = run.run(shell("printf 'name? '; read n; echo hello $n; exec sleep 1000")).unwrap();
        assert_eq!(run.end, RunEnd::Seen);
        // Not by itself, after its sleep: and no host is so slow.
        assert!(run.elapsed < Duration::from_secs(900));
        run.expect_seen().unwrap();
    }

    #[test]
    fn a_fault_ends_it_with_its_last_words() {
        let run = watch(Script::new().expect("never"));
        let run = run.run(shell("printf '\\036MON|ERROR: vmm faulted\\n  at 0x0\\n'; sleep 100")).unwrap();
        assert_eq!(run.end, RunEnd::Fault("MON|ERROR: vmm faulted".into()));
        assert!(run.output.contains("at 0x0"));
    }

    #[test]
    fn what_a_guest_prints_is_no_fault() {
        let guest = "echo 'MON|ERROR: x'; echo 'KRN|PANIC: y'; echo 'KRN|ERROR'; echo done; sleep 100";
        assert_eq!(watch(Script::new().expect("done")).run(shell(guest)).unwrap().end, RunEnd::Seen);
    }

    #[test]
    fn the_longest_time_out_is_none() {
        for patience in [Patience::Clock, Patience::Work].map(|of| of(Duration::from_secs(u64::MAX))) {
            let mut patient = watch(Script::new().expect("done"));
            patient.patience = Some(patience);
            assert_eq!(patient.run(shell("echo done; sleep 100")).unwrap().end, RunEnd::Seen);
        }
    }

    #[test]
    fn of_very_much_output_the_end_is_kept_and_that_is_said() {
        let mut seen = Seen::default();
        (0..600).for_each(|_| seen.add(&[b'x'; 1 << 16]));
        seen.add(b"done");
        assert!(seen.bytes.len() <= 2 * KEPT && seen.bytes.ends_with(b"xdone"), "{}", seen.bytes.len());
        assert_eq!(seen.left_out + seen.bytes.len(), (600 << 16) + 4);
        assert!(Script::new().noted("x".into(), 5).starts_with("(the first 5 bytes are not kept)"));
    }

    #[test]
    fn one_that_rests_is_given_up_and_one_that_works_is_not() {
        let rest = |script: &str, limit| {
            let mut watch = watch(Script::new().expect("late"));
            watch.patience = Some(Patience::Rest(Duration::from_secs(limit)));
            watch.run(shell(script)).unwrap().end
        };
        let late = RunEnd::TimedOut("late".into());
        assert_eq!(rest("echo early; exec sleep 1000", 600), late);
        assert_eq!(rest("while :; do :; done", 1), late);
        assert_eq!(
            rest("i=0; while [ $i -lt 3000000 ]; do i=$((i + 1)); done; echo late; exec sleep 1000", 600),
            RunEnd::Seen
        );
    }

    #[test]
    fn an_endless_one_ends_when_it_is_told() {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let mut watch = Watch::endless(Script::new(), stop);
        watch.hear = Some(Box::new(move |_| told.store(true, Relaxed)));
        assert_eq!(watch.run(shell("echo a; exec sleep 1000")).unwrap().end, RunEnd::Stopped);
    }

    #[test]
    fn silence_is_a_failure() {
        let mut quiet = watch(Script::new().expect("prompt"));
        quiet.patience = Some(Patience::Clock(Duration::from_millis(200)));
        let run = quiet.run(shell("sleep 100")).unwrap();
        assert_eq!(run.end, RunEnd::TimedOut("prompt".into()));
        let run = watch(Script::new().expect("prompt")).run(shell("exit 3")).unwrap();
        assert_eq!(run.end, RunEnd::Ended(false));
        assert!(run.expect_seen().is_err());
        let run = watch(Script::new().expect("a").expect("prompt")).run(shell("echo a")).unwrap();
        assert_eq!(run.end, RunEnd::Missing("prompt".into()));
        assert_eq!(watch(Script::new()).run(shell("exit 0")).unwrap().end, RunEnd::Ended(true));
    }
}
