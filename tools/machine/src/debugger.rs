// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debugger on the host: which gdb, and how it is started.

use std::path::PathBuf;
use std::process::Command;

use lazaret_diagnostic::Problem;

use super::DebugPort;

/// Names the debugger, if it is another one.
const VARIABLE: &str = "LAZARET_GDB";
/// Those that are looked for, in this order. The second knows the host's own processor at least.
const KNOWN: [&str; 2] = ["gdb-multiarch", "gdb"];
/// Seconds for which gdb waits for an answer: a machine on a busy host may be slow.
const PATIENCE: &str = "set remotetimeout 600";

/// A gdb that knows the guests' processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debugger {
    program: String,
}

/// What it begins with.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// A file with the guest's symbols.
    pub symbols: Option<PathBuf>,
    /// Where the guest is to stop.
    pub breakpoint: Option<String>,
    /// A script that it follows to the end, instead of a person.
    pub batch: Option<PathBuf>,
}

impl Debugger {
    /// The one that the user names, or the first that is installed and knows AArch64.
    pub fn find() -> anyhow::Result<Self> {
        if let Some(program) = std::env::var(VARIABLE).ok().filter(|program| !program.is_empty()) {
            return Ok(Self { program });
        }
        let found = KNOWN.into_iter().find(|program| knows_aarch64(program));
        found.map(|program| Self { program: program.into() }).ok_or_else(|| {
            Problem::new(
                "there is no gdb here that knows AArch64",
                format!("apt-get install gdb-multiarch, or name another one in {VARIABLE}"),
            )
        })
    }

    /// Its name.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Connected with a VM. A script of its user's runs only where a person is.
    pub fn command(&self, port: &DebugPort, beginning: &Beginning) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-q");
        if beginning.batch.is_some() {
            command.args(["-nx", "-batch"]);
        }
        command.args(&beginning.symbols);
        let mut execute = |text: &str| _ = command.args(["-ex", text]);
        execute(PATIENCE);
        execute(&format!("target remote {}", port.address));
        if let Some(place) = &beginning.breakpoint {
            execute(&format!("break {place}"));
            if beginning.batch.is_none() {
                execute("continue");
            }
        }
        if let Some(script) = &beginning.batch {
            command.arg("-x").arg(script);
        }
        command
    }
}

fn knows_aarch64(program: &str) -> bool {
    let asks = ["-nx", "-batch", "-ex", "set architecture aarch64", "-ex", "show architecture"];
    Command::new(program)
        .args(asks)
        .output()
        .is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).contains("aarch64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(beginning: &Beginning) -> String {
        let port = DebugPort { vm: "linux".into(), address: ([127, 0, 0, 1], 4000).into() };
        let command = Debugger { program: "gdb".into() }.command(&port, beginning);
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn a_person_stops_at_the_breakpoint() {
        let beginning =
            Beginning { symbols: Some("vmlinux".into()), breakpoint: Some("start_kernel".into()), batch: None };
        let expected =
            "-q|vmlinux|-ex|set remotetimeout 600|-ex|target remote 127.0.0.1:4000|-ex|break start_kernel|-ex|continue";
        assert_eq!(line(&beginning), expected);
        assert_eq!(line(&Beginning::default()), "-q|-ex|set remotetimeout 600|-ex|target remote 127.0.0.1:4000");
    }

    #[test]
    fn a_script_says_itself_when_to_go_on() {
        let beginning =
            Beginning { breakpoint: Some("work".into()), batch: Some("a.gdb".into()), ..Beginning::default() };
        let expected =
            "-q|-nx|-batch|-ex|set remotetimeout 600|-ex|target remote 127.0.0.1:4000|-ex|break work|-x|a.gdb";
        assert_eq!(line(&beginning), expected);
    }

    #[test]
    fn who_is_not_there_knows_nothing() {
        assert!(!knows_aarch64("no-such-gdb"));
        assert!(!knows_aarch64("true"));
    }
}
