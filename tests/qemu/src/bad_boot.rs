// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a loader can do wrong: the kernel says what, and stops.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lazaret_board::Board;
use lazaret_build::{Request, system};
use lazaret_image::Image;
use lazaret_machine::{Qemu, Script, Watch};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("boot-bad-device-tree", bad_device_trees),
    ("boot-no-root-task", no_root_task),
    ("boot-no-counter", no_counter),
    ("memory-too-little", too_little_memory),
];

/// Where the bad device trees are put: RAM that nobody else uses.
pub const TREE: u64 = 0x6000_0000;
pub const NONE: &str = "cannot boot: the loader passed no device tree in x0";
const SIZE: &str = "cannot boot: the device tree's size is impossible";
const BROKEN: &str = "cannot boot: the device tree is broken";
const NO_BOARD: &str = r"cannot boot: this image is for the board \w+ \(.*\), but the device tree is of $";
pub const OTHER_BOARD: &str =
    r"cannot boot: this image is for the board \w+ \(.*\), but the device tree is of somebody,else";
const NO_MEMORY: &str = "cannot boot: the device tree names no memory";

fn bad_device_trees() -> anyhow::Result<()> {
    let bench = Bench::new()?;
    let this = bench.board.compatible.clone();
    let mut cut = tree_of(&this);
    cut.truncate(60);
    let header = |size: u32| [0xd00d_feed_u32.to_be_bytes(), size.to_be_bytes()].concat();
    let garbage = [header(4096), vec![0xa5; 4088]].concat();
    let cases: [(&str, u64, Vec<u8>, &str); 11] = [
        ("x0 is zero", 0, vec![], NONE),
        ("x0 is no RAM", 0x900_0000, vec![], NONE),
        ("x0 is beyond RAM", 0xff_0000_0000, vec![], NONE),
        ("x0 is not aligned", TREE + 4, vec![], NONE),
        ("x0 has no tree", TREE, vec![0; 4096], NONE),
        ("the tree is smaller than its header", TREE, header(8), SIZE),
        ("the tree is enormous", TREE, header(0xffff_fff0), SIZE),
        ("the tree is garbage", TREE, garbage, BROKEN),
        ("the tree has no memory", TREE, tree_of(&this), NO_MEMORY),
        ("the tree is of no board", TREE, tree_of(""), NO_BOARD),
        ("the tree is of another board", TREE, tree_of("somebody,else"), OTHER_BOARD),
    ];
    for (name, x0, tree, message) in cases {
        bench.boot(name, x0, &tree, &bench.image.bytes, message)?;
    }
    bench.boot("the tree is cut off", TREE, &cut, &bench.image.bytes, BROKEN)
}

fn no_root_task() -> anyhow::Result<()> {
    let bench = Bench::new()?;
    let kernel = &bench.image.bytes[..bench.image.kernel_size as usize];
    let message = "cannot boot: no root task follows the kernel";
    let qemu = machine::qemu(&bench.board)?;
    let file = bench.file("alone.img", kernel)?;
    watch("no root task", &qemu, &file, message)
}

/// Firmware that does not say how fast the counter is: the kernel divides by that.
fn no_counter() -> anyhow::Result<()> {
    let bench = Bench::new()?;
    let mut qemu = Qemu::of(&Workspace::find(), &bench.board)?;
    qemu.cpu.push_str(",cntfrq=1000");
    let file = bench.file("whole.img", &bench.image.bytes)?;
    watch("no counter", &qemu, &file, "cannot boot: CNTFRQ_EL0 says 1000 Hz")
}

/// What fits the board can be more than a machine has: the root task adds up, and creates nothing.
fn too_little_memory() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("large")))?;
    let mut qemu = machine::qemu(&built.board)?;
    if machine::board() == crate::DEFAULT_BOARD {
        qemu.memory = "1G".into();
    }
    let message =
        r"MON\|ERROR: create 'system': too little memory: the system needs \d+ MiB, \d+ of programs .* has \d+ MiB";
    watch("a large system", &qemu, &built.path, message)
}

/// Kernel and root task, and a folder for what is given to QEMU.
pub struct Bench {
    pub board: Board,
    pub image: Image,
    folder: PathBuf,
}

impl Bench {
    pub fn new() -> anyhow::Result<Self> {
        let workspace = Workspace::find();
        let setting = Setting { workspace: &workspace, board: machine::board(), config: Config::Debug };
        let executables = setting.build(&Toolchain::detect()?, &["microkernel", "root-task"])?;
        let read = |name: &str| std::fs::read(executables.join(name));
        let image = lazaret_image::pack(&read("microkernel")?, &read("root-task")?, None)?;
        let folder = machine::new_folder()?;
        Ok(Self { board: system::board(&workspace, machine::board(), Config::Debug)?, image, folder })
    }

    fn file(&self, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Starts the kernel through a loader of three instructions that puts `x0` where a loader puts the tree.
    pub fn boot(&self, name: &str, x0: u64, tree: &[u8], kernel: &[u8], message: &str) -> anyhow::Result<()> {
        let mut qemu = machine::qemu(&self.board)?;
        let mut load = |file: PathBuf, address: u64| {
            let option = format!("loader,file={},addr={address:#x},force-raw=on", file.display());
            qemu.more.extend(["-device".into(), option]);
        };
        load(self.file("kernel.img", kernel)?, self.board.kernel_base);
        if !tree.is_empty() {
            load(self.file("tree.dtb", tree)?, TREE);
        }
        let loader = self.file("loader.bin", &loader(x0, self.board.kernel_base))?;
        watch(name, &qemu, &loader, message)
    }
}

pub fn watch(name: &str, qemu: &Qemu, kernel: &Path, message: &str) -> anyhow::Result<()> {
    let script = Script::new().expect(message);
    let mut watch = Watch::script(script, Duration::from_secs(20));
    watch.faults_expected = true;
    let run = watch.run(qemu.command(kernel))?;
    run.expect_seen().map_err(|error| error.context(format!("{name}: expected '{message}'")))
}

/// `ldr x0, #16; ldr x1, #20; br x1; nop` and the two values.
fn loader(x0: u64, entry: u64) -> Vec<u8> {
    let code = [0x5800_0080_u32, 0x5800_00a1, 0xd61f_0020, 0xd503_201f].map(u32::to_le_bytes).concat();
    [code, x0.to_le_bytes().to_vec(), entry.to_le_bytes().to_vec()].concat()
}

/// A right device tree of a board, with nothing else in it.
pub fn tree_of(board: &str) -> Vec<u8> {
    const STRINGS: &[u8] = b"compatible\0";
    let mut value = [board.as_bytes(), b"\0"].concat();
    let length = value.len() as u32;
    value.resize(value.len().next_multiple_of(4), 0);
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
    // The root begins, its property "compatible", the root ends, the tree ends.
    let structure = [words(&[1, 0, 3, length, 0]), value, words(&[2, 9])].concat();
    let (reserved_at, structure_at) = (40, 56);
    let strings_at = structure_at + structure.len() as u32;
    let (total, strings) = (strings_at + STRINGS.len() as u32, STRINGS.len() as u32);
    let sizes = [strings, structure.len() as u32];
    let header = words(&[0xd00d_feed, total, structure_at, strings_at, reserved_at, 17, 16, 0, sizes[0], sizes[1]]);
    [header, vec![0; 16], structure, STRINGS.to_vec()].concat()
}
