// SPDX-License-Identifier: MIT OR Apache-2.0
//! The subcommands: each takes its arguments and gives an exit code.

pub mod audit;
pub mod bench;
pub mod build;
pub mod check;
pub mod debug;
pub mod disk;
pub mod docs;
pub mod graph;
pub mod inject;
pub mod pack;
pub mod run;
pub mod shim;
pub mod test;
pub mod trace;

use std::path::{Path, PathBuf};

use crate::arguments::{QemuArguments, SourceArguments, SystemArguments};
use lazaret_board::Board;
use lazaret_build::{Built, Request};
use lazaret_machine::{Clock, Qemu};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

impl SystemArguments {
    /// The configuration of what is not to be kept.
    pub fn config(&self) -> Config {
        self.config.unwrap_or_default()
    }

    /// The description's path; the default one is shown as short as it can be.
    pub fn path(&self, workspace: &Workspace) -> PathBuf {
        self.system.clone().unwrap_or_else(|| short(&workspace.root().join("system.xml")))
    }
}

impl SourceArguments {
    /// What is asked for.
    pub fn request(&self, workspace: &Workspace) -> Request {
        Request {
            board: self.system.board.clone(),
            config: self.system.config(),
            search_path: self.system.search_path.clone(),
            guest_kernel: self.guest_kernel.clone(),
            kernel: self.kernel.clone(),
            allow_shared_debug: self.allow_shared_debug,
            ..Request::new(self.system.path(workspace))
        }
    }
}

impl QemuArguments {
    /// QEMU for a board.
    pub fn qemu(&self, workspace: &Workspace, board: &Board) -> anyhow::Result<Qemu> {
        let mut qemu = Qemu::of(workspace, board)?;
        if self.icount {
            qemu.clock = Clock::Repeatable;
        }
        if let Some(cpu) = &self.cpu {
            qemu.cpu = cpu.clone();
        }
        Ok(qemu)
    }

    /// What to build for it; a CPU that does not exist is refused here.
    pub fn request(&self, workspace: &Workspace, request: Request) -> anyhow::Result<Request> {
        if self.cpu.is_some() {
            let board = Board::load(&workspace.kernel_config(), &request.board)?;
            Qemu { cpu: self.cpu.clone().unwrap_or_default(), ..Qemu::as_described(&board)? }.must_have_cpu()?;
        }
        Ok(Request { cpu: self.cpu.clone(), ..request })
    }

    /// QEMU for a built system: an installed seL4 is built for one core.
    pub fn qemu_for(&self, workspace: &Workspace, built: &Built) -> anyhow::Result<Qemu> {
        let mut qemu = self.qemu(workspace, &built.board)?;
        if let Some(cpu) = built.cpu {
            qemu.cpu = cpu.into();
        }
        // The driver would fault where the second UART is missing. Unless somebody listens, it talks to nobody.
        if built.debug_clients.is_some() { qemu.with_debug_line("null") } else { Ok(qemu) }
    }
}

/// Relative to the current folder, if it is below.
fn short(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).map_or(path.into(), Path::to_path_buf)
}
