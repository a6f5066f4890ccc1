// SPDX-License-Identifier: MIT OR Apache-2.0
//! `doctor`: what is installed, what is missing, and the exact fix.

use std::process::{Command, ExitCode};

use lazaret_programs::toolchain::{self, TARGET, TARGET32, Toolchain, first_line};
use lazaret_programs::workspace::Workspace;

/// One thing that is needed.
struct Finding {
    what: &'static str,
    found: Option<String>,
    fix: String,
    needed: bool,
}

/// Prints the list; exit code 1 if something needed is missing.
pub fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let findings = findings(workspace);
    for finding in &findings {
        match &finding.found {
            Some(found) => println!("ok       {:<28}{found}", finding.what),
            None => {
                let word = if finding.needed { "MISSING" } else { "absent" };
                println!("{word:<9}{:<28}fix: {}", finding.what, finding.fix.replace('\n', "\n         "));
            }
        }
    }
    let missing = findings.iter().any(|f| f.needed && f.found.is_none());
    println!("{}", if missing { "tools/lazaret installs what is missing when it is started" } else { "all is here" });
    Ok(ExitCode::from(u8::from(missing)))
}

fn findings(workspace: &Workspace) -> Vec<Finding> {
    let cargo = toolchain::host_cargo();
    let tool = |what, program: &str, argument: &str, fix: &str| Finding {
        what,
        found: first_line(Command::new(program).arg(argument)),
        fix: fix.into(),
        needed: true,
    };
    let optional = |finding: Finding| Finding { needed: false, ..finding };
    vec![
        tool("cargo (host)", &cargo.display().to_string(), "--version", "install rustup, or apt-get install cargo-web"),
        tool("rustc (host)", "rustc", "--version", "install rustup, or apt-get install rustc-web"),
        bare_metal("bare-metal toolchain", TARGET),
        optional(bare_metal("toolchain of 32-bit guests", TARGET32)),
        tool(
            "QEMU",
            "qemu-system-aarch64",
            "--version",
            "apt-get install -t bookworm-backports qemu-system-arm (needs the suite bookworm-backports in apt's sources)",
        ),
        tool("apt-get (guest packages)", "apt-get", "--version", "run with --guest-kernel FILE"),
        tool("dpkg-deb (guest packages)", "dpkg-deb", "--version", "apt-get install dpkg"),
        tool("gzip (guest packages)", "gzip", "--version", "apt-get install gzip"),
        guests(workspace),
        optional(tool("setpriv", "setpriv", "--version", "apt-get install util-linux")),
        optional(tool("rustfmt (tests)", "rustfmt", "--version", "rustup component add rustfmt")),
        optional(tool("clippy (tests)", "cargo-clippy", "--version", "rustup component add clippy")),
    ]
}

fn bare_metal(what: &'static str, target: &str) -> Finding {
    let describe = |toolchain: Toolchain| match toolchain {
        Toolchain::Host => format!("{} with {target}", toolchain.version()),
        Toolchain::Debian => format!("Debian's {} builds core itself", toolchain.version()),
    };
    Finding {
        what,
        found: Toolchain::detect_for(target).ok().map(describe),
        fix: format!("rustup target add {target}\nor apt-get install rustc-web cargo-web rust-web-src lld"),
        needed: true,
    }
}

fn guests(workspace: &Workspace) -> Finding {
    let path = workspace.guests().join("packages.json");
    let read = || -> Option<String> {
        let stamp: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        Some(format!("{} {}", stamp["kernel"].as_str()?, stamp["kernel_version"].as_str()?))
    };
    Finding {
        what: "Linux guest (cache)",
        found: read(),
        fix: "fetched by the first build that needs it".into(),
        needed: false,
    }
}
