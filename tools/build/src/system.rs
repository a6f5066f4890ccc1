// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a description to an image: builds the programs, fetches the guests, plans, packs, reports.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::target::Target;
use lazaret_board::Board;
use lazaret_diagnostic::BadDescription;
use lazaret_guests::{Origin, Wanted};
use lazaret_image::Image;
use lazaret_plan::Plan;
use lazaret_plan::policy::Policy;
use lazaret_programs::Config;
use lazaret_programs::Program;
use lazaret_programs::sizes::{self, Size};
use lazaret_programs::toolchain::{TARGET32, Toolchain};
use lazaret_programs::workspace::Workspace;
use lazaret_sdf::SearchPath;
use lazaret_sdf::model::MovedDevice;

/// Programs that every system can name, and the one that starts them.
const PROGRAMS: [&str; 3] = ["root-task", "vmm", "serial"];

/// The program of the domains that test what Microkit promises; built for descriptions that name it.
const TEST_PROGRAM: &str = "protection-domains";

/// Files that a build makes, as descriptions name them.
pub const MADE: [&str; 9] = [
    "vmm.elf",
    "serial.elf",
    "protection-domains.elf",
    lazaret_guests::LINUX,
    lazaret_guests::INITRD,
    lazaret_guests::BARE,
    lazaret_guests::LINUX32,
    lazaret_guests::INITRD32,
    lazaret_guests::BARE32,
];

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
    /// An installed seL4 instead of our kernel.
    pub kernel: Option<PathBuf>,
    /// Start several VMs on a kernel that does not switch debug registers.
    pub allow_shared_debug: bool,
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
            kernel: None,
            allow_shared_debug: false,
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
    /// The core that the kernel was built for, if it was built for one.
    pub cpu: Option<&'static str>,
}

/// The board with the configuration's name.
pub fn board(workspace: &Workspace, name: &str, config: Config) -> anyhow::Result<Board> {
    let mut board = Board::load(&workspace.kernel_config(), name)?;
    board.config = config.name();
    Ok(board)
}

/// Where a description's files are: built ones first, then the VMM's configurations.
pub fn search_path(workspace: &Workspace, request: &Request) -> SearchPath {
    search_path_in(workspace, request, &workspace.output(&request.board, request.config.name()))
}

fn search_path_in(workspace: &Workspace, request: &Request, output: &Path) -> SearchPath {
    let own = [output.join("files"), workspace.root().join("components/vmm/config")];
    SearchPath::new(request.search_path.iter().cloned().chain(own))
}

/// Builds everything.
pub fn build(workspace: &Workspace, request: &Request) -> anyhow::Result<Built> {
    let target = Target::of(workspace, request)?;
    let board = &target.board;
    // A mistake in what is given is told at once, not after the programs are built.
    let files = search_path_in(workspace, request, &target.output);
    lazaret_sdf::load(&request.system, board, &files.clone().with_pending(MADE).without_old_ones())
        .and_then(|system| Policy::of(&system))
        .map_err(BadDescription)?;
    request.guest_kernel.as_deref().map(lazaret_guests::read_given).transpose()?;
    let text = std::fs::read_to_string(&request.system).unwrap_or_default();
    let wanted = Wanted::by(&text);
    let toolchain = Toolchain::detect()?;
    let programs: Vec<_> = std::iter::once(target.first_program()).chain(PROGRAMS).collect();
    let is_test = text.contains(&format!("\"{TEST_PROGRAM}.elf\""));
    let mut packages = programs.clone();
    packages.extend(wanted.packages());
    packages.extend(is_test.then_some(TEST_PROGRAM));
    let executables = target.build(&toolchain, &packages)?;
    let narrow = match &wanted.packages32(Toolchain::detect_for(TARGET32).is_ok())[..] {
        [] => None,
        packages => Some(target.build_for_guests32(packages)?),
    };
    let folder = target.output.join("files");
    for program in ["vmm", "serial"].into_iter().chain(is_test.then_some(TEST_PROGRAM)) {
        copy(&executables.join(program), &folder.join(format!("{program}.elf")))?;
    }
    let built = lazaret_guests::Executables { wide: &executables, narrow: narrow.as_deref() };
    let origins = lazaret_guests::provide(workspace, wanted, request.guest_kernel.as_deref(), built, &folder)?;

    let options = lazaret_plan::Options {
        audit: request.audit,
        plant_capability: request.plant_capability,
        allow_shared_debug: request.allow_shared_debug,
        ..lazaret_plan::Options::of(board)
    };
    let verified = lazaret_check::load(&request.system, board, &files, &options).map_err(BadDescription)?;
    let stand_ins = verified.system.stand_ins;
    let plan = verified.plan.context("files that the build makes are missing")?;
    let vmm = std::fs::read(executables.join("vmm")).context("vmm")?;
    let (image, mut sizes) = target.pack(&executables, "root-task", Some(&plan.to_spec()))?;
    sizes.extend([
        Size::limited("VMM text", sizes::text(&vmm)?, sizes::VMM_TEXT),
        Size::plain("root task memory", image.root_task_size),
        Size::plain("system specification", image.spec_size),
        Size::plain("image", image.bytes.len() as u64),
    ]);
    sizes::check(&sizes)?;
    let programs = programs.iter().map(|name| Program::read(&executables, name)).collect::<anyhow::Result<_>>()?;
    let path = target.output.join(image_name(request));
    std::fs::write(&path, &image.bytes).with_context(|| path.display().to_string())?;
    let cpu = target.kernel.as_ref().map(|kernel| kernel.cpu);
    let (board, compiler) = (target.board, toolchain.version());
    Ok(Built { board, path, image, plan, origins, sizes, programs, compiler, files, stand_ins, cpu })
}

/// Several descriptions share a folder.
fn image_name(request: &Request) -> String {
    let stem = request.system.file_stem().map_or("system".into(), |stem| stem.to_string_lossy().into_owned());
    let audit = if request.audit { "-audit" } else { "" };
    let planted = if request.plant_capability { "-planted" } else { "" };
    let kernel = if request.kernel.is_some() { "-sel4" } else { "" };
    format!("{stem}{audit}{planted}{kernel}.img")
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(from).with_context(|| from.display().to_string())?;
    lazaret_programs::write_if_changed(to, &bytes)
}
