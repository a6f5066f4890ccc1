// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel that a system is built for, ours or an installed seL4, and where what is built goes.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::sel4::Installed;
use crate::{Request, system};
use lazaret_board::Board;
use lazaret_image::Image;
use lazaret_programs::sizes::{self, Size};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

/// Board, configuration and kernel.
pub struct Target<'a> {
    /// What descriptions are checked against; with an installed kernel, its memory.
    pub board: Board,
    /// An installed kernel.
    pub kernel: Option<Installed>,
    /// Everything that is built goes below.
    pub output: PathBuf,
    setting: Setting<'a>,
}

impl<'a> Target<'a> {
    /// What the request names.
    pub fn of(workspace: &'a Workspace, request: &'a Request) -> anyhow::Result<Self> {
        let mut board = system::board(workspace, &request.board, request.config)?;
        let mut setting = Setting { workspace, board: &request.board, config: request.config };
        let kernel = request.kernel.as_deref().map(|prefix| Installed::load(prefix, &board)).transpose()?;
        let mut output = setting.output();
        if let Some(kernel) = &kernel {
            if let Some(cpu) = request.cpu.as_ref().filter(|cpu| *cpu != kernel.cpu) {
                bail!("--cpu {cpu}, but the kernel is built for {}", kernel.cpu);
            }
            board.kernel_is_ours = false;
            board.memory = kernel.memory.clone();
            board.address_bits = kernel.address_bits;
            board.root_cnode_bits = kernel.root_cnode_bits;
            board.config = kernel.config.name();
            setting.config = kernel.config;
            output = setting.output();
            if !kernel.is_documented {
                output = workspace.output(&request.board, &format!("sel4-{}", kernel.tag));
            }
        }
        Ok(Self { board, kernel, output, setting })
    }

    /// Builds programs. Those for a seL4 of the documented configuration are those for our own kernel; any other
    /// configuration has programs of its own.
    pub fn build(&self, toolchain: &Toolchain, packages: &[&str]) -> anyhow::Result<PathBuf> {
        match &self.kernel {
            Some(kernel) if !kernel.is_documented => self.build_by_prefix(toolchain, packages, &kernel.prefix),
            _ => self.setting.build(toolchain, packages),
        }
    }

    /// Builds programs with the files of an installed kernel.
    pub fn build_by_prefix(&self, toolchain: &Toolchain, packages: &[&str], prefix: &Path) -> anyhow::Result<PathBuf> {
        self.setting.build_for(toolchain, packages, prefix, &self.output)
    }

    /// Builds programs of 32-bit guests.
    pub fn build_for_guests32(&self, packages: &[&str]) -> anyhow::Result<PathBuf> {
        self.setting.build_for_guests32(packages)
    }

    /// The first program of the image.
    pub fn first_program(&self) -> &'static str {
        if self.kernel.is_some() { "sel4-loader" } else { "microkernel" }
    }

    /// The image, and what is how large in it.
    pub fn pack(&self, executables: &Path, root_task: &str, spec: Option<&[u8]>) -> anyhow::Result<(Image, Vec<Size>)> {
        let read = |name: &str| std::fs::read(executables.join(name)).with_context(|| name.to_string());
        let (first, root_task) = (read(self.first_program())?, read(root_task)?);
        let Some(kernel) = &self.kernel else {
            let image = lazaret_image::pack(&first, &root_task, spec)?;
            let text =
                if self.setting.config == Config::Checked { sizes::CHECKED_KERNEL_TEXT } else { sizes::KERNEL_TEXT };
            let sizes = vec![
                Size::limited("microkernel text", sizes::text(&first)?, text),
                Size::limited("microkernel memory", image.kernel_size, sizes::KERNEL_MEMORY),
            ];
            return Ok((image, sizes));
        };
        let uart =
            self.board.devices.iter().find(|device| device.name.contains("UART")).map_or(0, |device| device.base);
        let parts = lazaret_image::sel4::Parts {
            loader: &first,
            kernel: &kernel.kernel,
            device_tree: &kernel.device_tree,
            root_task: &root_task,
            spec,
            uart,
        };
        let image = lazaret_image::sel4::pack(&parts)?;
        let sizes = vec![Size::plain("seL4 memory", image.kernel_size)];
        Ok((image, sizes))
    }
}
