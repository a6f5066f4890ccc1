// SPDX-License-Identifier: MIT OR Apache-2.0
//! The names and encodings of the trap table against Linux's own list of system registers, `arch/arm64/tools/sysreg`, from
//! Debian's newest package linux-source, if one is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use arm_syndrome::SysReg;
use arm_trap_table::{TRAP_TABLE, lookup};

fn main() -> ExitCode {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let name = "proof-linux-sysreg";
    if !name.contains(&filter) {
        println!("\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out");
        return ExitCode::SUCCESS;
    }
    let (counts, failed) = match newest_source()
        .map(|(version, archive)| (version >= OLDEST).then(|| compare(&archive)))
    {
        None => {
            println!("test {name} ... skipped: no linux-source is installed (apt-get install linux-source)");
            ("0 passed; 0 failed; 1 ignored", false)
        }
        Some(None) => {
            println!(
                "test {name} ... skipped: the list of a Linux before 6.12 is short, and no newer linux-source is installed"
            );
            ("0 passed; 0 failed; 1 ignored", false)
        }
        Some(Some(Ok(count))) => {
            println!("test {name} ... ok: {count} registers of the trapped groups are the table's");
            ("1 passed; 0 failed; 0 ignored", false)
        }
        Some(Some(Err(why))) => {
            println!("test {name} ... FAILED\n{why}");
            ("0 passed; 1 failed; 0 ignored", true)
        }
    };
    println!("\ntest result: {}. {counts}; 0 measured; 0 filtered out", if failed { "FAILED" } else { "ok" });
    ExitCode::from(u8::from(failed))
}

/// In older sources most registers are still elsewhere: 6.1's list has 14 of those that trap.
const OLDEST: [u32; 2] = [6, 12];

/// The package's archive with the highest version.
fn newest_source() -> Option<([u32; 2], PathBuf)> {
    let version = |path: &Path| -> Option<[u32; 2]> {
        let name = path.file_name()?.to_str()?.strip_prefix("linux-source-")?.strip_suffix(".tar.xz")?;
        let (major, minor) = name.split_once('.')?;
        Some([major.parse().ok()?, minor.parse().ok()?])
    };
    let entries = std::fs::read_dir("/usr/src").ok()?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    entries.filter_map(|path| Some((version(&path)?, path))).max()
}

fn compare(archive: &Path) -> Result<usize, String> {
    let mut tar = Command::new("tar");
    tar.arg("-xJOf").arg(archive).args(["--wildcards", "*/arch/arm64/tools/sysreg"]);
    let output = tar.output().map_err(|error| format!("cannot run tar: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let listed: Vec<(&str, SysReg)> = text.lines().filter_map(register).filter(|(_, at)| is_trapped(*at)).collect();
    if listed.len() < 40 {
        return Err(format!("{}: only {} registers were found in it", archive.display(), listed.len()));
    }
    let mut wrong = Vec::new();
    for (name, at) in &listed {
        match lookup(*at) {
            Some(row) if row.name == *name => (),
            Some(row) => wrong.push(format!("{at}: Linux's {name} is the table's {}", row.name)),
            None => wrong.push(format!("{at}: Linux's {name} has no row")),
        }
    }
    for row in &TRAP_TABLE {
        wrong.extend(
            listed
                .iter()
                .filter(|(name, at)| *name == row.name && *at != row.register)
                .map(|(name, at)| format!("{name} is {} in the table and {at} in Linux", row.register)),
        );
    }
    if wrong.is_empty() { Ok(listed.len()) } else { Err(wrong.join("\n")) }
}

/// A line of the list: `Sysreg`, the name, op0, op1, CRn, CRm, op2.
fn register(line: &str) -> Option<(&str, SysReg)> {
    let mut words = line.split_whitespace();
    if words.next() != Some("Sysreg") {
        return None;
    }
    let name = words.next()?;
    let fields: Vec<u8> = words.map_while(|word| word.parse().ok()).collect();
    let &[op0, op1, crn, crm, op2] = fields.as_slice() else { return None };
    Some((name, SysReg::new(op0, op1, crn, crm, op2)))
}

/// Debug registers, ID registers and performance monitors.
fn is_trapped(at: SysReg) -> bool {
    match (at.op0(), at.op1(), at.crn(), at.crm()) {
        (2, op1, ..) => op1 != 1,
        (3, 0, 0, crm) => (1..8).contains(&crm),
        (3, 0 | 3, 9, crm) => (12..15).contains(&crm),
        (3, 3, 14, crm) => crm >= 8,
        _ => false,
    }
}
