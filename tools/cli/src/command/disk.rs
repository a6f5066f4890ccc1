// SPDX-License-Identifier: MIT OR Apache-2.0
//! `disk`: an image with a Debian on it, for a VM to start from.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use lazaret_disk::{Request, Size, Step, make};
use lazaret_programs::workspace::Workspace;

/// `disk`
#[derive(Debug, Clone, Args)]
pub struct DiskArguments {
    /// The image's file; one that is there already is left alone
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// How large it is, with M, G or T. It takes no more of the host's disk than what is written
    #[arg(long, value_name = "SIZE", default_value = "2G")]
    pub size: Size,
    /// A public key, whose owner may log in as root by ssh. Without one root logs in at the console only, without a password
    #[arg(long, value_name = "FILE")]
    pub ssh_key: Option<PathBuf>,
    /// One more of Debian's packages, with what it depends on
    #[arg(long, value_name = "NAME")]
    pub package: Vec<String>,
}

/// Makes the image, and says how to start it.
pub fn run(workspace: &Workspace, arguments: &DiskArguments) -> anyhow::Result<ExitCode> {
    let DiskArguments { output, size, ssh_key, package } = arguments.clone();
    let request = Request { output, size, ssh_key, more: package };
    make(workspace, &request, tell)?;
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    let forward = if request.ssh_key.is_some() { " --forward 2222:22" } else { " --net user" };
    let output = request.output.display();
    println!("tools/lazaret run --system components/examples/debian.system --drive {output}{forward}");
    Ok(ExitCode::SUCCESS)
}

fn tell(step: Step) {
    const WIDTH: usize = 30;
    match step {
        Step::Fetch => eprintln!("Asking Debian's archive ..."),
        Step::Unpack(count) => eprintln!("Unpacking {count} packages ..."),
        Step::Start => eprintln!("Installing them in a guest, which takes some minutes ..."),
        Step::Install(done, count) if std::io::stderr().is_terminal() => {
            let bar = "#".repeat(WIDTH * done / count.max(1));
            eprint!("\r[{bar:<WIDTH$}] {done}/{count} ");
            let _ = std::io::stderr().flush();
        }
        Step::Install(..) => {}
    }
}
