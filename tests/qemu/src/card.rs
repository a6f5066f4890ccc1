// SPDX-License-Identifier: MIT OR Apache-2.0
//! Boards that are started from a card: the folder, and that what its page promises comes when it is started.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::Context;
use lazaret_board::Board;
use lazaret_build::system;
use lazaret_machine::{Qemu, Run, Script, Watch};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;
use regex::Regex;

use crate::Scenario;
use crate::command_line::expect;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("card-folder", folder), ("card-serial", serial), ("card-self-test", self_test)];

/// Written, refused, written again; then it is started, and the page's first lines come.
fn folder() -> anyhow::Result<()> {
    let card = Card::write(&[])?;
    let path = card.folder.display().to_string();
    expect(&["build", "--board", machine::board(), "-o", &path], 2, "is there already")?;
    std::fs::write(card.folder.join("README.txt"), "")?;
    expect(&["build", "--board", machine::board(), "-o", &path, "--force"], 0, &card.board.image)?;
    let page = card.read("README.txt")?;
    for word in ["start4.elf", "fixup4.dat", "GPIO 14", "3.3 V", &card.board.image, machine::board()] {
        anyhow::ensure!(page.contains(word), "the page does not say: {word}\n{page}");
    }
    let settings = card.read("config.txt")?;
    for line in [format!("kernel={}", card.board.image), "arm_64bit=1".into(), "kernel_address=0x200000".into()] {
        anyhow::ensure!(settings.lines().any(|l| l == line), "config.txt does not say: {line}\n{settings}");
    }
    let too_long = settings.lines().find(|line| line.len() > 98);
    anyhow::ensure!(too_long.is_none(), "the firmware ignores what comes after 98 characters: {too_long:?}");
    anyhow::ensure!(!(page + &settings).contains('{'), "a word was not filled in");
    let first_lines = card.first_lines()?;
    let run = card.start(Script::new().expect("psci: PSCIv.* detected"), 120)?;
    for line in first_lines {
        anyhow::ensure!(run.output.lines().any(|said| line.is_match(said)), "not seen: {line}\n{}", run.output);
    }
    Ok(())
}

/// The self-test's card: the machine's checks come first, and all pass.
fn self_test() -> anyhow::Result<()> {
    let card = Card::write(&["--selftest"])?;
    let run = card.start(Script::new().expect("TEST-SUITE (PASS|FAIL)"), 120)?;
    let failed: Vec<_> = run.output.lines().filter(|line| line.contains("FAIL")).collect();
    anyhow::ensure!(failed.is_empty(), "{}", failed.join("\n"));
    let passed = |name: &&str| run.output.contains(&format!("CASE silicon::{name} PASS"));
    let wanted = ["cleaning_reaches_memory", "new_code_is_fetched", "remapped_pages_are_seen", "vmids_are_reused"];
    anyhow::ensure!(wanted.iter().all(passed), "{}", run.output);
    Ok(())
}

/// `run --serial DEV` sees the prefixed lines of a board that runs already. Its adapter is a pseudo-terminal of QEMU's.
fn serial() -> anyhow::Result<()> {
    let card = Card::write(&["--system", &machine::description("two_bare").display().to_string()])?;
    let mut qemu = card.qemu()?;
    qemu.more.extend(["-serial", "pty"].map(Into::into));
    let mut command = qemu.command(&card.folder.join(&card.board.image));
    let mut board = Running(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
    let said = BufReader::new(board.0.stdout.take().context("no output")?).lines();
    let device = said
        .map_while(Result::ok)
        .find_map(|line| line.split_whitespace().find(|word| word.starts_with("/dev/")).map(str::to_string))
        .context("QEMU named no pseudo-terminal")?;
    let run =
        |more: &[&'static str], code, text: &str| expect(&[&["run", "--serial", &*device], more].concat(), code, text);
    run(&["--until", r"bare_b\| guest B: round \d+, 0 failed", "--timeout", "3600"], 0, "seen after")?;
    run(&["--until", "never said", "--timeout", "2"], 1, "not seen")
}

/// Ended whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A card's folder and what would be in the slot.
pub struct Card {
    pub board: Board,
    pub folder: PathBuf,
}

impl Card {
    /// Builds one for the scenario's board, as a user does.
    pub fn write(more: &[&str]) -> anyhow::Result<Self> {
        let workspace = Workspace::find();
        let board = system::board(&workspace, machine::board(), Config::Debug)?;
        // It must not be there yet.
        let folder = machine::new_folder()?.join("card");
        let path = folder.display().to_string();
        expect(&[&["build", "--board", &*board.name, "-o", &path], more].concat(), 0, "config.txt")?;
        Ok(Self { board, folder })
    }

    fn read(&self, name: &str) -> anyhow::Result<String> {
        std::fs::read_to_string(self.folder.join(name)).with_context(|| name.to_string())
    }

    /// QEMU with the card's own device tree.
    pub fn qemu(&self) -> anyhow::Result<Qemu> {
        let name = self.board.device_tree.as_deref().map(Path::new).and_then(Path::file_name).context("no tree")?;
        let device_tree = Some(self.folder.join(name));
        Ok(Qemu { device_tree, ..machine::qemu(&self.board)? })
    }

    /// Starts what is on the card.
    pub fn start(&self, script: Script, seconds: u64) -> anyhow::Result<Run> {
        let watch = Watch::script(script, Duration::from_secs(seconds));
        let run = watch.run(self.qemu()?.command(&self.folder.join(&self.board.image)))?;
        run.expect_seen()?;
        Ok(run)
    }

    /// The eight lines of the page's last section, with any numbers in place of its own.
    fn first_lines(&self) -> anyhow::Result<Vec<Regex>> {
        let page = self.read("README.txt")?;
        let (_, section) = page.split_once("3. What you see").context("no such section")?;
        let number = Regex::new("(0x)?[0-9]+")?;
        let lines = section.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| {
            let parts: Vec<_> = number.split(line).map(regex::escape).collect();
            Ok(Regex::new(&parts.join("(0x[0-9a-f]+|[0-9]+)"))?)
        });
        let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(lines.len() == 8, "{} lines", lines.len());
        Ok(lines)
    }
}
