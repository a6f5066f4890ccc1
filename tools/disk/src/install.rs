// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest installs the packages: the example's own VM, with other arguments for its kernel.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use lazaret_build::{Request, system};
use lazaret_diagnostic::{Problem, write_file};
use lazaret_machine::{Drive, Hear, Qemu, RunEnd, Script, Watch};
use lazaret_programs::workspace::Workspace;

use crate::image::Image;

/// The description that the disk is made for.
const EXAMPLE: &str = "components/examples/debian.system";
/// What its VM is told, beside the description.
const CONFIG: &str = "debian.vmmcfg";
/// Where it says what its kernel's arguments are.
const ARGUMENTS: &str = "bootargs = ";
/// How dpkg begins a line of each package.
const SETTING_UP: &[u8] = b"Setting up ";
/// The machine's work after which something is wrong.
const LIMIT: Duration = Duration::from_secs(3600);

/// Builds and runs it to its end; `tell` hears how many packages are installed by then.
pub fn run(workspace: &Workspace, folder: &Path, image: &Image, tell: Box<dyn FnMut(usize)>) -> anyhow::Result<()> {
    let description = workspace.root().join(EXAMPLE);
    let copy = folder.join("install.system");
    let config = std::fs::read_to_string(description.with_file_name(CONFIG)).context(CONFIG)?;
    write_file(&copy, std::fs::read(&description).context(EXAMPLE)?)?;
    write_file(&folder.join(CONFIG), installing(&config, image.end()))?;
    let built = system::build(workspace, &Request::new(copy))?;
    let qemu = Qemu::of(workspace, &built.board)?.with_drive(&Drive::open(image.path(), false)?)?;
    let script = Script::new().until(regex::Regex::new("install: (done|failed)")?);
    let mut watch = Watch::script(script, LIMIT);
    watch.log = Some(folder.join("install.log"));
    watch.hear = Some(counted(tell));
    let run = watch.run(qemu.command(&built.path))?;
    if run.end == RunEnd::Interrupted {
        bail!("interrupted: nothing is left of the disk");
    }
    if run.output.contains("install: done") {
        return Ok(());
    }
    let last: Vec<&str> = run.output.lines().rev().filter(|line| !line.trim().is_empty()).take(5).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    let what = format!("the guest did not install its packages; its last lines:\n{}", last.join("\n"));
    Err(Problem::new(what, format!("{} has all of them", folder.join("install.log").display())))
}

/// Hears output, and tells how many packages dpkg has begun to set up.
fn counted(mut tell: Box<dyn FnMut(usize)>) -> Hear {
    let (mut line, mut count) = (Vec::new(), 0);
    Box::new(move |piece| {
        for byte in piece {
            match byte {
                b'\n' if line.starts_with(SETTING_UP) => {
                    count += 1;
                    tell(count);
                    line.clear();
                }
                b'\n' => line.clear(),
                _ if line.len() < SETTING_UP.len() => line.push(*byte),
                _ => {}
            }
        }
    })
}

/// The configuration of a guest that installs instead of starting what is on its disk.
fn installing(config: &str, end: u64) -> String {
    let line = |line: &str| match line.starts_with(ARGUMENTS) {
        true => format!("{ARGUMENTS}console=ttyAMA0 lazaret.install={end}\n"),
        false => format!("{line}\n"),
    };
    config.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_counted_however_the_output_comes() {
        let (sender, told) = std::sync::mpsc::channel();
        let mut hear = counted(Box::new(move |count| sender.send(count).unwrap()));
        [
            "Setting",
            " up one (1.0) ...\r\nSetting up two\nUnpacking three\nSetting up th",
            "ree\n and Setting up four\n",
        ]
        .iter()
        .for_each(|piece| hear(piece.as_bytes()));
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn only_the_arguments_differ() {
        let config = "name = debian\nbootargs = console=ttyAMA0 root=/dev/vda\n";
        assert_eq!(installing(config, 2048), "name = debian\nbootargs = console=ttyAMA0 lazaret.install=2048\n");
    }
}
