// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's command line for a board.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use lazaret_board::{Board, Emulation};
use lazaret_diagnostic::Problem;
use lazaret_programs::shell;
use lazaret_programs::toolchain::first_line;
use lazaret_programs::workspace::Workspace;

use crate::network;
use crate::{Clock, Drive};

/// Makes QEMU die with us, so that nothing runs on when we are killed; part of Debian's base system.
const DIE_TOGETHER: &str = "/usr/bin/setpriv";

/// Cores that the kernel knows, errata and all.
const OURS: [&str; 4] = ["cortex-a53", "cortex-a55", "cortex-a57", "cortex-a72"];

/// How QEMU plays a board: the section `qemu` of its file, and what a caller changes.
#[derive(Debug, Clone)]
pub struct Qemu {
    /// Executable.
    pub program: String,
    /// `-M`.
    pub machine: String,
    /// `-cpu`.
    pub cpu: String,
    /// `-m`.
    pub memory: String,
    /// What its time is.
    pub clock: Clock,
    /// Anything else.
    pub more: Vec<String>,
    /// `-device` of a disk, if the board has a place for one.
    pub drive: Option<String>,
    /// `-device` of a network card, if the board has a place for one.
    pub network: Option<String>,
    /// What the second UART is connected to, a character device. Without it the machine has none, if it need not have one.
    pub debug_line: Option<String>,
    /// The board has a second UART for a debug line.
    pub has_debug_uart: bool,
    /// `-dtb`, for a machine that brings no device tree.
    pub device_tree: Option<PathBuf>,
}

impl Qemu {
    /// For a board, with its device tree, which is fetched if it is not here yet.
    pub fn of(workspace: &Workspace, board: &Board) -> anyhow::Result<Self> {
        let device_tree =
            board.device_tree.as_ref().map(|name| lazaret_guests::device_tree(workspace, name)).transpose()?;
        Ok(Self { device_tree: device_tree.map(|(path, _)| path), ..Self::as_described(board)? })
    }

    /// The same without the device tree.
    pub fn as_described(board: &Board) -> anyhow::Result<Self> {
        let Emulation { program, machine, cpu, memory, more, drive, network, .. } =
            board.qemu.clone().with_context(|| format!("{}: not a QEMU board", board.name))?;
        let (clock, debug_line, device_tree) = (Clock::Host, None, None);
        let has_debug_uart = board.has_debug_uart;
        Ok(Self { program, machine, cpu, memory, clock, more, drive, network, debug_line, has_debug_uart, device_tree })
    }

    /// A path in one of QEMU's options with commas between them: its own commas are doubled.
    pub fn in_option(path: &Path) -> String {
        path.display().to_string().replace(',', ",,")
    }

    /// Refuses a CPU that QEMU does not have, before anything is built for it.
    pub fn must_have_cpu(&self) -> anyhow::Result<()> {
        // What comes behind a comma is told by QEMU itself.
        let name = self.cpu.split(',').next().unwrap_or_default();
        let help = Command::new(&self.program).args(["-cpu", "help"]).output();
        // That it is not there is told when it is to be started.
        let Ok(help) = help else { return Ok(()) };
        let text = String::from_utf8_lossy(&help.stdout);
        let known = text.lines().filter(|line| line.starts_with(' ')).filter_map(|line| line.split_whitespace().next());
        if known.clone().any(|known| known == name) {
            return Ok(());
        }
        let ours = known.filter(|known| OURS.contains(known)).collect::<Vec<_>>().join(", ");
        let version = first_line(Command::new(&self.program).arg("--version")).unwrap_or_default();
        Err(Problem::new(format!("{version} has no CPU '{name}'"), format!("the kernel runs on {ours}")))
    }

    /// On the core that an installed kernel was built for; ours runs on any of them.
    pub fn on_core(mut self, core: Option<&str>) -> Self {
        if let Some(core) = core {
            self.cpu = core.into();
        }
        self
    }

    /// With a disk.
    pub fn with_drive(mut self, drive: &Drive) -> anyhow::Result<Self> {
        let Some(device) = &self.drive else {
            let help = "choose a board whose board.toml has [qemu] drive";
            return Err(Problem::new("--drive: this board has no place for a disk", help));
        };
        self.more.extend(drive.arguments(device));
        Ok(self)
    }

    /// With a network card in such a network, as `-netdev` has it.
    pub fn with_network(mut self, network: &str) -> anyhow::Result<Self> {
        let Some(device) = &self.network else {
            let help = "choose a board whose board.toml has [qemu] network";
            return Err(Problem::new("--net: this board has no place for a network card", help));
        };
        self.more.extend(network::arguments(device, network));
        Ok(self)
    }

    /// With something at the other end of the debug line.
    pub fn with_debug_line(mut self, end: &str) -> anyhow::Result<Self> {
        if !self.has_debug_uart {
            let help = "choose a board whose board.toml has [debug_uart]";
            return Err(Problem::new("the system has a debug line, and this board no second UART for it", help));
        }
        self.debug_line = Some(end.into());
        Ok(self)
    }

    fn arguments(&self, image: &Path) -> Vec<String> {
        let cpu = self.clock.cpu(&self.cpu);
        let fixed = ["-M", &self.machine, "-cpu", &cpu, "-m", &self.memory, "-nographic", "-no-reboot"];
        let mut arguments: Vec<String> = fixed.map(Into::into).into();
        // QEMU's default network card wants a ROM file that is in a package of its own.
        arguments.extend(["-nic", "none"].map(Into::into));
        if let Some(end) = &self.debug_line {
            // The first is what -nographic alone has.
            arguments.extend(["-serial", "mon:stdio", "-serial", end].map(Into::into));
        }
        arguments.extend(self.clock.arguments());
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
        words.map(|word| shell::quote(&word)).collect::<Vec<_>>().join(" ")
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
        let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
        let mut qemu = Qemu::as_described(&Board::load(&boards, "qemu_virt_aarch64").unwrap()).unwrap();
        let line = qemu.line(Path::new("a.img"));
        assert!(
            line.starts_with("qemu-system-aarch64 -M virt,virtualization=on,gic-version=2 -cpu cortex-a57"),
            "{line}"
        );
        assert!(line.ends_with("-kernel a.img") && !line.contains("icount"), "{line}");
        assert!(!line.contains("-serial"), "{line}");
        let both = qemu.clone().with_debug_line("null").unwrap().line(Path::new("a.img"));
        assert!(both.contains("-serial mon:stdio -serial null"), "{both}");
        qemu.clock = Clock::Repeatable;
        assert!(
            qemu.line(Path::new("a b"))
                .contains("-icount shift=0,sleep=off -rtc base=2020-01-01,clock=vm -seed 1 -kernel 'a b'")
        );
    }
}
