// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured: the guest under one hypervisor.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::{Measured, goal, linux, native, network, peer, switch};
use lazaret_build::sel4::has_shim;
use lazaret_build::{Request, system};
use lazaret_machine::interrupt::interrupted;
use lazaret_machine::{Clock, Qemu, Run, RunEnd, Script, Watch};
use lazaret_programs::lock::FolderLock;
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

/// A hypervisor that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Peer {
    /// Debian's arm64 kernel at EL2, and a launcher of ours.
    Kvm,
    /// Debian's package, without a dom0.
    Xen,
}

/// A hypervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Ours.
    Lazaret,
    /// Another.
    Peer(Peer),
    /// An installed seL4 below our root task and VMM.
    Sel4,
    /// The same with our debug shim linked in.
    Sel4Shim,
}

impl Subject {
    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lazaret => "lazaret",
            Self::Peer(Peer::Kvm) => "kvm",
            Self::Peer(Peer::Xen) => "xen",
            Self::Sel4 => "sel4",
            Self::Sel4Shim => "sel4+shim",
        }
    }
}

/// What all measurements share.
#[derive(Debug, Clone)]
pub struct Bench<'a> {
    /// The tree.
    pub workspace: &'a Workspace,
    /// QEMU's model of a CPU.
    pub cpu: String,
    /// Installed seL4 kernels.
    pub kernels: Vec<PathBuf>,
    /// A Linux kernel for KVM instead of Debian's.
    pub kvm_kernel: Option<PathBuf>,
    /// Boot Linux too.
    pub linux: bool,
    /// How long a guest may take.
    pub timeout: Duration,
}

/// The board that all of them run on.
pub const BOARD: &str = "qemu_virt_aarch64";

/// A guest with what it is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its boot arguments.
    pub bootargs: &'a str,
    /// Those of another guest beside it, which prints the same at its end.
    pub second: Option<&'a str>,
    /// Its vCPUs, where it can have more than one.
    pub cpus: u32,
    /// What it prints last.
    pub until: &'a str,
    /// The 32-bit guest.
    pub is_narrow: bool,
}

impl<'a> Job<'a> {
    /// For one guest with one vCPU.
    pub const fn new(bootargs: &'a str, until: &'a str) -> Self {
        Self { bootargs, second: None, cpus: 1, until, is_narrow: false }
    }
}

/// The kernel takes no more memory.
const KERNEL_SIZE: u64 = 1 << 20;

const ROWS: Job<'_> = Job::new("mode=bench", r"GUEST bench: \d+ passed, \d+ failed");

impl Bench<'_> {
    /// Runs the guest under a hypervisor and reads what it says; what more could not be measured is said beside it.
    pub fn measure(&self, subject: Subject) -> anyhow::Result<(Measured, Vec<anyhow::Error>)> {
        let context = || format!("{} was not measured", subject.name());
        let run = self.run(subject, ROWS).with_context(context)?;
        let mut measured = Measured::parse(&run.output).with_context(context)?;
        if interrupted() {
            return Ok((measured, vec![anyhow::anyhow!("interrupted: {} was measured in part", subject.name())]));
        }
        let mut more = vec![switch::rows(self, subject)];
        if !matches!(subject, Subject::Peer(_)) {
            more.push(native::rows(self, subject));
        }
        if subject == Subject::Lazaret {
            more.push(network::rows(self));
            // Its goal is that core's.
            if self.linux && self.cpu == goal::CPU {
                more.push(linux::rows(self));
            }
        }
        let mut problems = Vec::new();
        for rows in more {
            match rows {
                Ok(rows) => measured.add(rows),
                Err(error) => problems.push(error),
            }
        }
        Ok((measured, problems))
    }

    /// Runs the guest under a hypervisor to the end of its job.
    pub fn run(&self, subject: Subject, job: Job<'_>) -> anyhow::Result<Run> {
        let (qemu, kernel) = self.machine(subject, job)?;
        self.watch(&qemu, &kernel, job)
    }

    /// QEMU with the hypervisor and the guest, and the file to start.
    pub fn machine(&self, subject: Subject, job: Job<'_>) -> anyhow::Result<(Qemu, PathBuf)> {
        match subject {
            Subject::Lazaret | Subject::Sel4 | Subject::Sel4Shim => self.lazaret(job, self.kernel(subject)?),
            Subject::Peer(Peer::Kvm) => peer::kvm::machine(self, job),
            Subject::Peer(Peer::Xen) => peer::xen::machine(self, job),
        }
    }

    /// Where the installed seL4 of a column is.
    pub fn kernel(&self, subject: Subject) -> anyhow::Result<Option<PathBuf>> {
        if !matches!(subject, Subject::Sel4 | Subject::Sel4Shim) {
            return Ok(None);
        }
        let found = self.kernels.iter().find(|prefix| sel4_subject(prefix) == subject);
        found.cloned().map(Some).context("no --kernel was given")
    }

    /// QEMU as all of them get it.
    pub fn qemu(&self) -> anyhow::Result<Qemu> {
        let qemu = Qemu::of(self.workspace, &system::board(self.workspace, BOARD, Config::Release)?)?;
        Ok(Qemu { clock: Clock::Repeatable, cpu: self.cpu.clone(), ..qemu })
    }

    /// Builds programs in the release configuration, and says where they are.
    pub fn build(&self, packages: &[&str]) -> anyhow::Result<PathBuf> {
        let setting = Setting { workspace: self.workspace, board: BOARD, config: Config::Release };
        setting.build(&Toolchain::detect()?, packages)
    }

    /// A folder for what is given to QEMU: this thread's, for as long as it lives. Whoever else measures has another one.
    pub fn folder(&self) -> anyhow::Result<PathBuf> {
        thread_local! {
            static OWN: RefCell<Option<(PathBuf, FolderLock)>> = const { RefCell::new(None) };
        }
        let all = self.workspace.target().join("bench");
        OWN.with_borrow_mut(|own| {
            let mut number = 0;
            while own.is_none() {
                let folder = if number == 0 { all.clone() } else { all.join(number.to_string()) };
                *own = FolderLock::take(&folder)?.map(|lock| (folder, lock));
                number += 1;
            }
            own.as_ref().map(|(folder, _)| folder.clone()).context("no folder")
        })
    }

    /// The guest's image.
    pub fn guest(&self, job: Job<'_>) -> anyhow::Result<Vec<u8>> {
        let elf = if job.is_narrow {
            let setting = Setting { workspace: self.workspace, board: BOARD, config: Config::Release };
            setting.build_for_guests32(&[lazaret_guests::BARE32_PACKAGE])?.join(lazaret_guests::BARE32_PACKAGE)
        } else {
            self.build(&[lazaret_guests::BARE_PACKAGE])?.join(lazaret_guests::BARE_PACKAGE)
        };
        let elf = std::fs::read(&elf).with_context(|| elf.display().to_string())?;
        Ok(lazaret_image::flatten(&elf, "bare-metal guest")?.bytes)
    }

    /// Where the kernel lies.
    pub fn kernel_memory(&self) -> anyhow::Result<std::ops::Range<u64>> {
        let base = system::board(self.workspace, BOARD, Config::Release)?.kernel_base;
        Ok(base..base + KERNEL_SIZE)
    }

    fn lazaret(&self, job: Job<'_>, kernel: Option<PathBuf>) -> anyhow::Result<(Qemu, PathBuf)> {
        let folder = self.folder()?;
        let guests: &[_] = match job.second {
            None if job.is_narrow => &[("bare32_workout", job.bootargs)],
            None => &[("bare_bench", job.bootargs)],
            Some(second) => &[("bare_a", job.bootargs), ("bare_b", second)],
        };
        let guest = if job.is_narrow { "bare32" } else { "bare64" };
        for (name, arguments) in guests {
            let config = format!("name = {name}\nguest = {guest}\nram_size = 0x1_000_000\nbootargs = {arguments}\n");
            std::fs::write(folder.join(format!("{name}.vmmcfg")), config)?;
        }
        let name = match job.second {
            Some(_) => "two_bare",
            None if job.is_narrow => "one_bare32",
            None => "bare_bench",
        };
        let request = Request {
            config: Config::Release,
            search_path: vec![folder],
            allow_shared_debug: kernel.is_some(),
            kernel,
            ..Request::new(self.workspace.test_system(name))
        };
        let built = system::build(self.workspace, &request)?;
        Ok((self.qemu()?, built.path))
    }

    /// Runs a machine to the end of its job.
    pub fn watch(&self, qemu: &Qemu, kernel: &Path, job: Job<'_>) -> anyhow::Result<Run> {
        let script = Script::new().expect(job.until);
        let script = if job.second.is_some() { script.expect(job.until) } else { script };
        let run = Watch::script(script, self.timeout).run(qemu.command(kernel))?;
        if let (RunEnd::Ended(false), Some(line)) = (&run.end, complaint(&run.output)) {
            anyhow::bail!("this QEMU cannot do it: {line}");
        }
        // What it has said so far is something.
        if run.end != RunEnd::Interrupted {
            run.expect_seen()?;
        }
        Ok(run)
    }
}

/// Which column an installed kernel is: one with our shim has its symbols.
pub fn sel4_subject(prefix: &Path) -> Subject {
    let kernel = std::fs::read(prefix.join("bin/kernel.elf")).unwrap_or_default();
    if has_shim(&kernel) { Subject::Sel4Shim } else { Subject::Sel4 }
}

/// What QEMU says about its own command line.
fn complaint(output: &str) -> Option<&str> {
    output.lines().find(|line| line.contains("qemu-system-aarch64: "))
}
