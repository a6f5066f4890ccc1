// SPDX-License-Identifier: MIT OR Apache-2.0
//! `doctor`: what is installed, what is missing, and the exact fix.

use std::process::{Command, ExitCode};

use lazaret_machine::Debugger;
use lazaret_programs::toolchain::{self, TARGET, TARGET32, Toolchain, first_line};
use lazaret_programs::workspace::Workspace;

/// One thing that is needed.
struct Finding {
    what: &'static str,
    found: Option<String>,
    fix: String,
    needed: bool,
}

const WITHOUT_APT: &str = "Debian's Linux and what runs in it come by apt-get and cannot be had here: run a system without Linux,\n\
    or with --guest-kernel FILE and an initramfs of your own beside the description";
/// Nothing fails without it.
const WITHOUT_TIMEOUT: &str = "until then rustup is waited for however long it takes: ";

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
    let last = match (missing, has_apt()) {
        (false, _) => "all is here",
        (true, true) => "tools/lazaret installs what is missing when it is started",
        (true, false) => {
            "without apt-get nothing but Rust's targets is installed by itself: the rest is yours to install"
        }
    };
    println!("{last}");
    Ok(ExitCode::from(u8::from(missing)))
}

fn has_apt() -> bool {
    first_line(Command::new("apt-get").arg("--version")).is_some()
}

/// How packages of Debian are installed, or what has them elsewhere.
fn install(packages: &str) -> String {
    if has_apt() {
        format!("apt-get install {packages}")
    } else {
        format!("with your system's own tools, what Debian has as: {packages}")
    }
}

/// QEMU of Debian 12 is too old.
fn install_qemu() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if has_apt() && release.lines().any(|line| line == "VERSION_CODENAME=bookworm") {
        install("-t bookworm-backports qemu-system-arm") + " (needs the suite bookworm-backports in apt's sources)"
    } else {
        install("qemu-system-arm")
    }
}

fn findings(workspace: &Workspace) -> Vec<Finding> {
    let cargo = toolchain::host_cargo();
    let tool = |what, program: &str, argument: &str, fix: String| Finding {
        what,
        found: first_line(Command::new(program).arg(argument)),
        fix,
        needed: true,
    };
    let rust = |packages| format!("install rustup, or {}", install(packages));
    let optional = |finding: Finding| Finding { needed: false, ..finding };
    vec![
        tool("cargo (host)", &cargo.display().to_string(), "--version", rust("cargo-web")),
        tool("rustc (host)", "rustc", "--version", rust("rustc-web")),
        bare_metal("bare-metal toolchain", TARGET),
        optional(bare_metal("toolchain of 32-bit guests", TARGET32)),
        tool("QEMU", "qemu-system-aarch64", "--version", install_qemu()),
        tool("apt-get (guest packages)", "apt-get", "--version", WITHOUT_APT.into()),
        tool("dpkg-deb (guest packages)", "dpkg-deb", "--version", install("dpkg")),
        tool("gzip (guest packages)", "gzip", "--version", install("gzip")),
        guests(workspace),
        optional(tool(
            "timeout (start script)",
            "timeout",
            "--version",
            WITHOUT_TIMEOUT.to_string() + &install("coreutils"),
        )),
        Finding {
            what: "gdb for the guests (debug)",
            found: Debugger::find().ok().map(|debugger| debugger.program().into()),
            fix: install("gdb-multiarch"),
            needed: false,
        },
        optional(tool("setpriv", "setpriv", "--version", install("util-linux"))),
        optional(tool("rustfmt (tests)", "rustfmt", "--version", "rustup component add rustfmt".into())),
        optional(tool("clippy (tests)", "cargo-clippy", "--version", "rustup component add clippy".into())),
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
        fix: format!("rustup target add {target}\nor {}", install("rustc-web cargo-web rust-web-src lld")),
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
