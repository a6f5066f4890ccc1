// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's command line for a board.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;

use lazaret_board::Board;
use lazaret_programs::workspace::Workspace;

/// Makes QEMU die with us, so that nothing runs on when we are killed; part of Debian's base system.
const DIE_TOGETHER: &str = "/usr/bin/setpriv";

/// How QEMU plays a board: `qemu.toml` in the board's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qemu {
    /// Executable.
    pub program: String,
    /// `-M`.
    pub machine: String,
    /// `-cpu`.
    pub cpu: String,
    /// `-m`.
    pub memory: String,
    /// One instruction takes one nanosecond of virtual time, so that every run is the same.
    #[serde(skip)]
    pub icount: bool,
    /// Anything else.
    #[serde(default)]
    pub more: Vec<String>,
    /// `-dtb`, for a machine that brings no device tree.
    #[serde(skip)]
    pub device_tree: Option<PathBuf>,
}

impl Qemu {
    /// For a board: its `qemu.toml`, and its device tree, which is fetched if it is not here yet.
    pub fn of(workspace: &Workspace, board: &Board) -> anyhow::Result<Self> {
        let device_tree =
            board.device_tree.as_ref().map(|name| lazaret_guests::device_tree(workspace, name)).transpose()?;
        Ok(Self { device_tree: device_tree.map(|(path, _)| path), ..Self::load(&board.folder)? })
    }

    /// On the core that an installed kernel was built for; ours runs on any of them.
    pub fn on_core(mut self, core: Option<&str>) -> Self {
        if let Some(core) = core {
            self.cpu = core.into();
        }
        self
    }

    fn load(board: &Path) -> anyhow::Result<Self> {
        let path = board.join("qemu.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}: not a QEMU board", path.display()))?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    fn arguments(&self, image: &Path) -> Vec<String> {
        // Under icount the counter runs at the speed of instructions, so a tick is one.
        let cpu = if self.icount { format!("{},cntfrq=1000000000", self.cpu) } else { self.cpu.clone() };
        let fixed = ["-M", &self.machine, "-cpu", &cpu, "-m", &self.memory, "-nographic", "-no-reboot"];
        let mut arguments: Vec<String> = fixed.map(Into::into).into();
        // QEMU's default network card wants a ROM file that is in a package of its own.
        arguments.extend(["-nic", "none"].map(Into::into));
        if self.icount {
            arguments.extend(["-icount", "shift=0,sleep=off"].map(Into::into));
        }
        arguments.extend(self.more.iter().cloned());
        if let Some(device_tree) = &self.device_tree {
            arguments.extend(["-dtb".into(), device_tree.display().to_string()]);
        }
        arguments.extend(["-kernel".into(), image.display().to_string()]);
        arguments
    }

    /// The line that a person would type.
    pub fn line(&self, image: &Path) -> String {
        let words = std::iter::once(self.program.clone()).chain(self.arguments(image));
        words.map(|w| if w.contains(' ') { format!("'{w}'") } else { w }).collect::<Vec<_>>().join(" ")
    }

    /// The process to start.
    pub fn command(&self, image: &Path) -> Command {
        let mut command = if Path::new(DIE_TOGETHER).is_file() {
            let mut wrapped = Command::new(DIE_TOGETHER);
            wrapped.args(["--pdeathsig", "KILL", &self.program]);
            wrapped
        } else {
            Command::new(&self.program)
        };
        command.args(self.arguments(image));
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_what_is_run() {
        let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config/qemu_virt_aarch64");
        let mut qemu = Qemu::load(&board).unwrap();
        let line = qemu.line(Path::new("a.img"));
        assert!(
            line.starts_with("qemu-system-aarch64 -M virt,virtualization=on,gic-version=2 -cpu cortex-a57"),
            "{line}"
        );
        assert!(line.ends_with("-kernel a.img") && !line.contains("icount"), "{line}");
        qemu.icount = true;
        assert!(qemu.line(Path::new("a b")).contains("-icount shift=0,sleep=off -kernel 'a b'"));
    }
}
