// SPDX-License-Identifier: MIT OR Apache-2.0
//! `check`: validates a system description and writes nothing but its verdict.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use lazaret_board::Board;
use lazaret_diagnostic::{Diagnostic, EXIT_INVALID, JsonDiagnostic, print_all};
use lazaret_sdf::{SearchPath, System};

/// What to check, and how to say it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The description.
    pub system: PathBuf,
    /// The board that it is for.
    pub board: Board,
    /// Where its files are.
    pub files: SearchPath,
    /// One JSON object on standard output instead of text.
    pub json: bool,
    /// Colour in the text.
    pub colour: bool,
}

/// Checks; the verdict goes to `out`, errors and warnings to `err`. The result is the exit code.
pub fn run(options: &Options, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let loaded =
        crate::load(&options.system, &options.board, &options.files, &lazaret_plan::Options::of(&options.board));
    let loaded = loaded.map(|verified| verified.system);
    let (errors, warnings) = match &loaded {
        Ok(system) => (&[][..], lazaret_sdf::warnings(system, &options.board)),
        Err(errors) => (&errors[..], Vec::new()),
    };
    if options.json {
        let verdict = Verdict::new(options, loaded.as_ref().ok(), errors, &warnings);
        writeln!(out, "{}", serde_json::to_string_pretty(&verdict).map_err(io::Error::other)?)?;
    } else {
        print_all(errors.iter().chain(&warnings), options.colour, err)?;
        match &loaded {
            Ok(system) => writeln!(out, "{}: {}", options.system.display(), Summary::of(system))?,
            Err(errors) => {
                let plural = if errors.len() == 1 { "" } else { "s" };
                writeln!(err, "{}: {} error{plural}", options.system.display(), errors.len())?;
            }
        }
    }
    Ok(if loaded.is_ok() { 0 } else { EXIT_INVALID })
}

/// What a system is made of, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    protection_domains: usize,
    virtual_machines: usize,
    vcpus: usize,
    memory_regions: usize,
    maps: usize,
    channels: usize,
    irqs: usize,
    setvars: usize,
}

impl Summary {
    /// Counts.
    pub fn of(system: &System) -> Self {
        let pds = &system.protection_domains;
        let machines = || pds.iter().filter_map(|pd| pd.virtual_machine.as_ref());
        Summary {
            protection_domains: pds.len(),
            virtual_machines: machines().count(),
            vcpus: machines().map(|vm| vm.vcpus.len()).sum(),
            memory_regions: system.memory_regions.len(),
            maps: pds.iter().map(|pd| pd.maps.len()).chain(machines().map(|vm| vm.maps.len())).sum(),
            channels: system.channels.len(),
            irqs: pds.iter().map(|pd| pd.irqs.len()).sum(),
            setvars: pds.iter().map(|pd| pd.setvars.len()).sum(),
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |count: usize, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
        let parts = [
            count(self.protection_domains, "protection domain"),
            count(self.virtual_machines, "virtual machine"),
            count(self.vcpus, "vCPU"),
            count(self.memory_regions, "memory region"),
            count(self.maps, "map"),
            count(self.channels, "channel"),
            count(self.irqs, "irq"),
            count(self.setvars, "symbol") + " to set",
        ];
        write!(f, "valid: {}", parts.join(", "))
    }
}

#[derive(Serialize)]
struct Verdict {
    file: String,
    board: String,
    valid: bool,
    summary: Option<Summary>,
    errors: Vec<JsonDiagnostic>,
    warnings: Vec<JsonDiagnostic>,
}

impl Verdict {
    fn new(options: &Options, system: Option<&System>, errors: &[Diagnostic], warnings: &[Diagnostic]) -> Self {
        Verdict {
            file: options.system.display().to_string(),
            board: options.board.name.clone(),
            valid: system.is_some(),
            summary: system.map(Summary::of),
            errors: errors.iter().map(Diagnostic::to_json).collect(),
            warnings: warnings.iter().map(Diagnostic::to_json).collect(),
        }
    }
}
