// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a description to an image: builds the programs, fetches the guests, plans, packs, reports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::made::{MADE, Needed, program_file};
use crate::sel4::Installed;
use crate::target::Target;
use crate::{Input, Request, debug_line};
use lazaret_board::Board;
use lazaret_diagnostic::{BadDescription, Problem};
use lazaret_guests::Origin;
use lazaret_image::Image;
use lazaret_plan::Plan;
use lazaret_plan::policy::Policy;
use lazaret_programs::lock::FolderLock;
use lazaret_programs::sizes::{self, Size};
use lazaret_programs::toolchain::{TARGET32, Toolchain};
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Program, sha256};
use lazaret_sdf::SearchPath;
use lazaret_sdf::model::MovedDevice;

/// How long an image is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The program that creates what the description names.
const ROOT_TASK: &str = "root-task";

/// A built system.
#[derive(Debug, Clone)]
pub struct Built {
    pub board: Board,
    /// The image's file.
    pub path: PathBuf,
    pub image: Image,
    /// Who gets what.
    pub plan: Plan,
    /// Where the guests came from.
    pub origins: Vec<Origin>,
    /// What is how large.
    pub sizes: Vec<Size>,
    /// What the programs' files are made of.
    pub programs: Vec<Program>,
    pub compiler: String,
    /// Where the description's files were found.
    pub files: SearchPath,
    /// Those files, as they were packed.
    pub inputs: Vec<Input>,
    /// The folder of the programs.
    pub executables: PathBuf,
    /// Devices of another board that the description names.
    pub stand_ins: Vec<MovedDevice>,
    /// The core that the kernel was built for, if it was built for one.
    pub cpu: Option<&'static str>,
    /// The kernel, if it is none of ours: [`Installed::describe`].
    pub kernel: Option<String>,
    /// Clients of the debug line, if there is one: the driver's number of each, and the name of the VM there.
    pub debug_clients: Option<Vec<(u8, String)>>,
    /// Why the virtual machines will not start, and what would.
    pub will_not_start: Option<String>,
}

/// The board with the configuration's name.
pub fn board(workspace: &Workspace, name: &str, config: Config) -> anyhow::Result<Board> {
    let mut board = Board::load(&workspace.kernel_config(), name)?;
    board.config = config.name();
    Ok(board)
}

/// Where a description's files are: what a user gives comes before what is made, and that before our configurations.
pub fn search_path(workspace: &Workspace, request: &Request) -> SearchPath {
    search_path_in(workspace, request, &workspace.output(&request.board, request.config.name()))
}

fn search_path_in(workspace: &Workspace, request: &Request, output: &Path) -> SearchPath {
    let beside = lazaret_sdf::folder_of(&request.system).to_path_buf();
    let given = request.search_path.iter().cloned().chain([beside]);
    given.chain([made(output), workspace.guest_configurations()]).fold(SearchPath::new([""; 0]), SearchPath::with)
}

/// The folder of the files that a build makes for descriptions.
fn made(output: &Path) -> PathBuf {
    output.join("files")
}

/// Refuses whatever is wrong with what a user gives, and builds nothing.
pub fn check_given(workspace: &Workspace, request: &Request) -> anyhow::Result<()> {
    let target = Target::of(workspace, request)?;
    needed(request, &target.board, &search_path_in(workspace, request, &target.output), &target.output).map(drop)
}

/// Clients of the debug line, as [`Built::debug_clients`], of a description for which nothing is built yet.
pub fn debug_clients(workspace: &Workspace, request: &Request) -> anyhow::Result<Option<Vec<(u8, String)>>> {
    let target = Target::of(workspace, request)?;
    let files = search_path_in(workspace, request, &target.output).without(&made(&target.output)).with_pending(MADE);
    let system = lazaret_sdf::load(&request.system, &target.board, &files).map_err(BadDescription)?;
    Ok(debug_line::clients(&system))
}

/// Builds everything.
pub fn build(workspace: &Workspace, request: &Request) -> anyhow::Result<Built> {
    let target = Target::of(workspace, request)?;
    let files = search_path_in(workspace, request, &target.output);
    let needed = needed(request, &target.board, &files, &target.output)?;
    // Another build for this board may put other files in the same places.
    let _lock = FolderLock::wait(&target.output)?;
    let toolchain = Toolchain::detect()?;
    let executables = build_programs(&target, &toolchain, &needed)?;
    let origins = provide_files(workspace, request, &target, &needed, &executables)?;
    let verified = lazaret_check::load(&request.system, &target.board, &files, &plan_options(request, &target.board));
    let verified = verified.map_err(BadDescription)?;
    let inputs = Input::of(&verified.system, &files, &made(&target.output))?;
    let debug_clients = debug_line::clients(&verified.system);
    let plan = verified.plan.context("files that the build makes are missing")?;
    let (image, mut sizes) = target.pack(&executables.wide, ROOT_TASK, Some(&plan.to_spec()))?;
    let vmm = std::fs::read(executables.wide.join("vmm")).context("vmm")?;
    sizes.extend([
        Size::limited("VMM text", sizes::text(&vmm)?, sizes::VMM_TEXT),
        Size::plain("root task memory", image.root_task_size),
        Size::plain("system specification", image.spec_size),
        Size::plain("image", image.bytes.len() as u64),
    ]);
    let limited = [
        ("vmm-smp", "vmm-smp text", sizes::VMM_TEXT),
        ("vmm-debug", "vmm-debug text", sizes::VMM_TEXT + sizes::DEBUGGER_TEXT),
        ("network", "network text", sizes::NETWORK_TEXT),
    ];
    for (program, what, limit) in limited.into_iter().filter(|(program, ..)| needed.programs.contains(program)) {
        let executable = std::fs::read(executables.wide.join(program)).context(program)?;
        sizes.push(Size::limited(what, sizes::text(&executable)?, limit));
    }
    sizes::check(&sizes)?;
    let reported = [target.first_program(), ROOT_TASK, "vmm", "serial"];
    let programs = reported.iter().map(|name| Program::read(&executables.wide, name)).collect::<anyhow::Result<_>>()?;
    let path = keep_image(&target.output, request, &image.bytes)?;
    let cpu = target.kernel.as_ref().map(|kernel| kernel.cpu);
    let kernel = target.kernel.as_ref().map(Installed::describe);
    let machines = verified.system.virtual_machine_count();
    let stand_ins = verified.system.stand_ins;
    let isolates = request.allow_shared_debug || target.kernel.as_ref().is_none_or(|kernel| kernel.has_shim);
    let will_not_start = (machines > 1 && !isolates).then(|| not_isolated(machines));
    let (board, compiler) = (target.board, toolchain.version());
    let executables = executables.wide;
    Ok(Built {
        board,
        path,
        image,
        plan,
        origins,
        sizes,
        programs,
        compiler,
        files,
        inputs,
        executables,
        stand_ins,
        cpu,
        kernel,
        debug_clients,
        will_not_start,
    })
}

fn not_isolated(machines: usize) -> String {
    format!(
        "this seL4 seems to have no debug shim, so none of the {machines} virtual machines will start; \
         --allow-shared-debug starts them all the same, and one alone starts without it, such as that of \
         tests/systems/linux.system"
    )
}

/// What has to be made. A mistake in what is given is told here, not after the programs are built.
fn needed(request: &Request, board: &Board, files: &SearchPath, output: &Path) -> anyhow::Result<Needed> {
    let files = files.clone().without(&made(output)).with_pending(MADE);
    let system = lazaret_sdf::load(&request.system, board, &files).map_err(BadDescription)?;
    Policy::of(&system).map_err(BadDescription)?;
    request.guest_kernel.as_deref().map(lazaret_guests::read_given).transpose()?;
    let needed = Needed::by(&system, &files);
    if let (Some(given), Some(other)) = (&request.guest_kernel, files.find(lazaret_guests::LINUX)) {
        let what = format!("--guest-kernel {} and {}: one Linux too many", given.display(), other.display());
        return Err(Problem::new(what, format!("a {} of your own is taken as it is", lazaret_guests::LINUX)));
    }
    Ok(needed)
}

/// Folders of what was built: for the machine and 64-bit guests, and for 32-bit guests if there are any.
struct Executables {
    wide: PathBuf,
    narrow: Option<PathBuf>,
}

fn build_programs(target: &Target<'_>, toolchain: &Toolchain, needed: &Needed) -> anyhow::Result<Executables> {
    let mut packages = vec![target.first_program(), ROOT_TASK];
    packages.extend(&needed.programs);
    packages.extend(needed.guests.packages());
    let wide = target.build(toolchain, &packages)?;
    let narrow = match &needed.guests.packages32(Toolchain::detect_for(TARGET32).is_ok())[..] {
        [] => None,
        packages => Some(target.build_for_guests32(packages)?),
    };
    Ok(Executables { wide, narrow })
}

/// Puts the files that the description names where it looks for them.
fn provide_files(
    workspace: &Workspace,
    request: &Request,
    target: &Target<'_>,
    needed: &Needed,
    executables: &Executables,
) -> anyhow::Result<Vec<Origin>> {
    let folder = made(&target.output);
    for program in &needed.programs {
        copy(&executables.wide.join(program), &folder.join(program_file(program)))?;
    }
    let built = lazaret_guests::Executables { wide: &executables.wide, narrow: executables.narrow.as_deref() };
    lazaret_guests::provide(workspace, needed.guests, request.guest_kernel.as_deref(), built, &folder)
}

fn plan_options(request: &Request, board: &Board) -> lazaret_plan::Options {
    lazaret_plan::Options {
        audit: request.audit,
        plant_capability: request.plant_capability,
        allow_shared_debug: request.allow_shared_debug,
        waits_for_debugger: request.waits_for_debugger.clone(),
        vmms_stay_active: request.kernel.is_some(),
        ..lazaret_plan::Options::of(board)
    }
}

/// Named by its contents, so that no other build changes an image that somebody is about to start.
fn keep_image(output: &Path, request: &Request, image: &[u8]) -> anyhow::Result<PathBuf> {
    let folder = output.join("images");
    forget_old(&folder);
    let path = folder.join(format!("{}-{}.img", image_name(request), &sha256(image)[..16]));
    lazaret_programs::write_if_changed(&path, image)?;
    Ok(path)
}

/// Images that nobody has built lately.
fn forget_old(folder: &Path) {
    let is_old = |file: &std::fs::DirEntry| {
        let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
        modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > KEPT)
    };
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter(is_old).for_each(|file| _ = std::fs::remove_file(file.path()));
}

fn image_name(request: &Request) -> String {
    let stem = request.system.file_stem().map_or("system".into(), |stem| stem.to_string_lossy().into_owned());
    let audit = if request.audit { "-audit" } else { "" };
    let planted = if request.plant_capability { "-planted" } else { "" };
    let kernel = if request.kernel.is_some() { "-sel4" } else { "" };
    format!("{stem}{audit}{planted}{kernel}")
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(from).with_context(|| from.display().to_string())?;
    lazaret_programs::write_if_changed(to, &bytes)
}
