// SPDX-License-Identifier: MIT OR Apache-2.0
//! The states in which boot loaders enter the kernel: MMU and caches on or off, U-Boot's `go`, the wrong exception
//! level. QEMU has no caches, so what is proved of them is the order of instructions, not their effect.

use std::path::PathBuf;
use std::time::Duration;

use lazaret_board::Board;
use lazaret_build::{Request, system};
use lazaret_machine::{Script, Watch};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

use crate::Scenario;
use crate::bad_boot::{NONE, OTHER_BOARD, TREE, tree_of};
use crate::machine;

pub const SCENARIOS: &[Scenario] =
    &[("entry-mmu-off", mmu_off), ("entry-mmu-on", mmu_on), ("entry-el1", el1), ("entry-u-boot-go", go)];

/// What the loader does, as its fifth word says.
const PLAIN: u64 = 0;
const MMU_ON: u64 = 1;
const AT_EL1: u64 = 2;
/// x0 as QEMU's own loader set it: the device tree.
const KEEP: u64 = u64::MAX;
/// An address that no table of the loader maps.
const UNMAPPED: u64 = 1 << 45;
const WORKOUT: &str = r"GUEST workout: \d+ passed, 0 failed";

fn mmu_off() -> anyhow::Result<()> {
    Entry::new()?.enter(PLAIN, [KEEP, 0], &[], WORKOUT)
}

fn mmu_on() -> anyhow::Result<()> {
    let entry = Entry::new()?;
    entry.enter(MMU_ON, [KEEP, 0], &[], WORKOUT)?;
    [0, TREE, UNMAPPED].into_iter().try_for_each(|x0| entry.enter(MMU_ON, [x0, 0], &[], NONE))
}

fn el1() -> anyhow::Result<()> {
    let message = format!("KRN\\|ERROR: entered at EL1, but the kernel needs EL2 \\({}: .*\\)", machine::board());
    let entry = Entry::new()?;
    entry.enter(AT_EL1, [KEEP, 0], &[], &message)?;
    entry.enter(AT_EL1 | MMU_ON, [KEEP, 0], &[], &message)
}

/// Its words are `go`'s arguments; the second is where the device tree is, here one of another board.
fn go() -> anyhow::Result<()> {
    let (list, words, place) = (TREE + 0x1_0000, TREE + 0x2_0000, format!("{TREE:x}\0"));
    let pointers = [words, words + 16].map(u64::to_le_bytes).concat();
    let text = [b"200000\0\0\0\0\0\0\0\0\0\0", place.as_bytes()].concat();
    let files = [(list, pointers), (words, text), (TREE, tree_of("somebody,else"))];
    let entry = Entry::new()?;
    entry.enter(MMU_ON, [2, list], &files, OTHER_BOARD)?;
    entry.enter(PLAIN, [2, list], &files, OTHER_BOARD)
}

/// The loader and a system to be loaded.
struct Entry {
    board: Board,
    loader: Vec<u8>,
    image: PathBuf,
    folder: PathBuf,
}

impl Entry {
    fn new() -> anyhow::Result<Self> {
        let workspace = Workspace::find();
        let built = machine::build(&Request::new(machine::description("one_bare")))?;
        let setting = Setting { workspace: &workspace, board: machine::board(), config: Config::Debug };
        let loader = std::fs::read(setting.build(&Toolchain::detect()?, &["loader"])?.join("loader"))?;
        let folder = machine::new_folder()?;
        let board = system::board(&workspace, machine::board(), Config::Debug)?;
        Ok(Self { board, loader: lazaret_image::flatten(&loader, "loader")?.bytes, image: built.path, folder })
    }

    /// Enters the kernel and waits for a line.
    fn enter(&self, what: u64, x: [u64; 2], files: &[(u64, Vec<u8>)], line: &str) -> anyhow::Result<()> {
        let mut qemu = machine::qemu(&self.board)?;
        let mut load = |path: PathBuf, address: u64| {
            let option = format!("loader,file={},addr={address:#x},force-raw=on", path.display());
            qemu.more.extend(["-device".into(), option]);
        };
        load(self.image.clone(), self.board.kernel_base);
        for (address, bytes) in files {
            let path = self.folder.join(format!("{address:x}.bin"));
            std::fs::write(&path, bytes)?;
            load(path, *address);
        }
        let uart = self.board.devices.iter().find(|device| device.name == "pl011 UART").map_or(0, |uart| uart.base);
        let mut loader = self.loader.clone();
        let words = [self.board.kernel_base, x[0], x[1], what, uart >> 30];
        let words: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        loader[8..8 + words.len()].copy_from_slice(&words);
        let path = self.folder.join("loader.bin");
        std::fs::write(&path, loader)?;
        let mut watch = Watch::script(Script::new().expect(line), Duration::from_secs(120));
        watch.faults_expected = true;
        let run = watch.run(qemu.command(&path))?;
        run.expect_seen().map_err(|error| error.context(format!("entered {what:#b} with x0 = {:#x}", x[0])))
    }
}
