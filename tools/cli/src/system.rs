// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a description to an image: builds the programs, fetches the guests, plans, packs, reports.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use crate::board::Board;
use crate::guests::{self, Origin, Wanted};
use crate::image::{self, Image};
use crate::manifest::model::MovedDevice;
use crate::manifest::{self, Diagnostic, SearchPath};
use crate::plan::{self, Plan};
use crate::programs::{Config, Setting};
use crate::report::program::Program;
use crate::sizes::{self, Size};
use crate::toolchain::Toolchain;
use crate::verify;
use crate::workspace::Workspace;

/// Programs that every system can name, and the two that start it.
const PROGRAMS: [&str; 4] = ["microkernel", "root-task", "vmm", "serial"];

/// The program of the domains that test what Microkit promises; built for descriptions that name it.
const TEST_PROGRAM: &str = "protection-domains";

/// Files that a build makes, as descriptions name them.
pub const MADE: [&str; 6] =
    ["vmm.elf", "serial.elf", "protection-domains.elf", guests::LINUX, guests::INITRD, guests::BARE];

/// What to build.
#[derive(Debug, Clone)]
pub struct Request {
    /// The board's name.
    pub board: String,
    /// The kernel's configuration.
    pub config: Config,
    /// The description.
    pub system: PathBuf,
    /// Where its files are as well.
    pub search_path: Vec<PathBuf>,
    /// A kernel instead of Debian's.
    pub guest_kernel: Option<PathBuf>,
    /// The root task lists every capability.
    pub audit: bool,
    /// With one capability too many.
    pub plant_capability: bool,
}

impl Request {
    /// The default board and configuration.
    pub fn new(system: impl Into<PathBuf>) -> Self {
        Self {
            board: "qemu_virt_aarch64".into(),
            config: Config::Debug,
            system: system.into(),
            search_path: Vec::new(),
            guest_kernel: None,
            audit: false,
            plant_capability: false,
        }
    }
}

/// A built system.
#[derive(Debug, Clone)]
pub struct Built {
    /// The board.
    pub board: Board,
    /// The image's file.
    pub path: PathBuf,
    /// The image.
    pub image: Image,
    /// Who gets what.
    pub plan: Plan,
    /// Where the guests came from.
    pub origins: Vec<Origin>,
    /// What is how large.
    pub sizes: Vec<Size>,
    /// What the programs' files are made of.
    pub programs: Vec<Program>,
    /// The compiler.
    pub compiler: String,
    /// Where the description's files were found.
    pub files: SearchPath,
    /// Devices of another board that the description names.
    pub stand_ins: Vec<MovedDevice>,
}

/// A description with errors: they are told apart from failures, by exit code 2 as all bad input.
#[derive(Debug, thiserror::Error)]
#[error("{} error(s) in the system description", .0.len())]
pub struct BadDescription(pub Vec<Diagnostic>);

impl BadDescription {
    /// Prints every error.
    pub fn print(&self) -> ExitCode {
        let colour = std::io::stderr().is_terminal();
        let _ = crate::check::print_all(&self.0, colour, &mut std::io::stderr());
        ExitCode::from(crate::check::EXIT_INVALID)
    }
}

/// The board with the configuration's name.
pub fn board(workspace: &Workspace, name: &str, config: Config) -> anyhow::Result<Board> {
    let mut board = Board::load(&workspace.kernel_config(), name)?;
    board.config = config.name();
    Ok(board)
}

/// Where a description's files are: built ones first, then the VMM's configurations.
pub fn search_path(workspace: &Workspace, request: &Request) -> SearchPath {
    let own = [files_folder(workspace, request), workspace.root().join("components/vmm/config")];
    SearchPath::new(request.search_path.iter().cloned().chain(own))
}

fn files_folder(workspace: &Workspace, request: &Request) -> PathBuf {
    workspace.output(&request.board, request.config.name()).join("files")
}

/// Builds everything.
pub fn build(workspace: &Workspace, request: &Request) -> anyhow::Result<Built> {
    let board = board(workspace, &request.board, request.config)?;
    let setting = Setting { workspace, board: &request.board, config: request.config };
    // A mistake in what is given is told at once, not after the programs are built.
    let pending = search_path(workspace, request).with_pending(MADE);
    manifest::load(&request.system, &board, &pending).map_err(BadDescription)?;
    request.guest_kernel.as_deref().map(guests::read_given).transpose()?;
    let text = std::fs::read_to_string(&request.system).unwrap_or_default();
    let wanted = Wanted::by(&text);
    let toolchain = Toolchain::detect()?;
    let mut packages = PROGRAMS.to_vec();
    packages.extend(wanted.packages());
    let is_test = text.contains(&format!("\"{TEST_PROGRAM}.elf\""));
    packages.extend(is_test.then_some(TEST_PROGRAM));
    let executables = setting.build(&toolchain, &packages)?;
    let folder = files_folder(workspace, request);
    for program in ["vmm", "serial"].into_iter().chain(is_test.then_some(TEST_PROGRAM)) {
        copy(&executables.join(program), &folder.join(format!("{program}.elf")))?;
    }
    let origins = guests::provide(workspace, wanted, request.guest_kernel.as_deref(), &executables, &folder)?;

    let files = search_path(workspace, request);
    let options =
        plan::Options { audit: request.audit, plant_capability: request.plant_capability, ..plan::Options::of(&board) };
    let verified = verify::load(&request.system, &board, &files, &options).map_err(BadDescription)?;
    let stand_ins = verified.system.stand_ins;
    let plan = verified.plan.context("files that the build makes are missing")?;
    let read = |name: &str| std::fs::read(executables.join(name)).with_context(|| name.to_string());
    let (kernel, root_task, vmm) = (read("microkernel")?, read("root-task")?, read("vmm")?);
    let image = image::pack(&kernel, &root_task, Some(&plan.to_spec()))?;
    let sizes = vec![
        Size::limited("microkernel text", sizes::text(&kernel)?, sizes::KERNEL_TEXT),
        Size::limited("microkernel memory", image.kernel_size, sizes::KERNEL_MEMORY),
        Size::limited("VMM text", sizes::text(&vmm)?, sizes::VMM_TEXT),
        Size::plain("root task memory", image.root_task_size),
        Size::plain("system specification", image.spec_size),
        Size::plain("image", image.bytes.len() as u64),
    ];
    sizes::check(&sizes)?;
    let programs = PROGRAMS.iter().map(|name| Program::read(&executables, name)).collect::<anyhow::Result<_>>()?;
    let path = setting.output().join(image_name(request));
    std::fs::write(&path, &image.bytes).with_context(|| path.display().to_string())?;
    Ok(Built { board, path, image, plan, origins, sizes, programs, compiler: toolchain.version(), files, stand_ins })
}

/// Several descriptions share a folder.
fn image_name(request: &Request) -> String {
    let stem = request.system.file_stem().map_or("system".into(), |stem| stem.to_string_lossy().into_owned());
    let audit = if request.audit { "-audit" } else { "" };
    let planted = if request.plant_capability { "-planted" } else { "" };
    format!("{stem}{audit}{planted}.img")
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(from).with_context(|| from.display().to_string())?;
    crate::programs::write_if_changed(to, &bytes)
}
