// SPDX-License-Identifier: MIT OR Apache-2.0
//! `check` and the root task agree on random systems: what is accepted starts.

use std::path::Path;
use std::time::Duration;

use lazaret_build::{Request, system};
use lazaret_machine::{Script, Watch};
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;
use crate::random::Random;

pub const SCENARIOS: &[Scenario] = &[("limits-random-systems", agree)];

/// Of the accepted ones so many are started.
const STARTED: usize = 4;
/// Systems that are looked at.
const TRIED: u64 = 64;
/// Pages for which there are capabilities in any case.
const FEW: u64 = 4096;
const PAGES: [u64; 2] = [0x1000, 0x20_0000];

/// Regions of any size beside a few programs: some systems are too large, have regions where others are, or where the
/// kernel is.
fn agree() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let folder = machine::new_folder()?;
    let own = std::fs::read_to_string(machine::description("stop"))?;
    // The programs that the description names are there once it was built.
    let board = machine::build(&Request::new(machine::description("stop")))?.board;
    let (mut started, mut refused) = (0, 0);
    for seed in 0..TRIED {
        let path = folder.join(format!("random-{seed}.system"));
        let memory = board.memory_size();
        let asked = write(&path, &own, &mut Random(seed), memory)?;
        let files = system::search_path(&workspace, &Request { board: machine::board().into(), ..Request::new(&path) });
        let verdict = lazaret_check::load(&path, &board, &files, &lazaret_plan::Options::of(&board));
        let is_modest = !asked.fixed && asked.bytes <= memory / 4 && asked.pages <= FEW;
        anyhow::ensure!(verdict.is_ok() || !is_modest, "{}: refused, though it is modest", path.display());
        anyhow::ensure!(verdict.is_err() || asked.bytes < memory, "{}: accepted without memory", path.display());
        match verdict {
            Ok(_) if started < STARTED => {
                let built = machine::build(&Request::new(&path))?;
                let script = Script::new().expect("system started").expect("native: round");
                let mut watch = Watch::script(script, Duration::from_secs(60));
                // One of the programs is there for that.
                watch.faults_expected = true;
                let run = watch.run(machine::qemu(&built.board)?.command(&built.path))?;
                run.expect_seen().map_err(|error| error.context(path.display().to_string()))?;
                started += 1;
            }
            Ok(_) => {}
            Err(_) => refused += 1,
        }
        std::fs::remove_file(&path)?;
    }
    anyhow::ensure!(started == STARTED && refused >= STARTED, "{started} accepted, {refused} refused: hardly random");
    println!("  {started} accepted systems start, {refused} of {TRIED} were refused");
    Ok(())
}

/// What a system's regions want.
struct Asked {
    bytes: u64,
    pages: u64,
    /// One of them wants it at an address.
    fixed: bool,
}

/// The description with up to six regions, which one of its programs can reach.
fn write(path: &Path, own: &str, random: &mut Random, memory: u64) -> anyhow::Result<Asked> {
    let (mut regions, mut maps) = (String::new(), String::new());
    let mut asked = Asked { bytes: 0, pages: 0, fixed: false };
    for number in 0..=random.below(6) {
        let page = PAGES[random.below(2) as usize];
        // As many small ones as large ones.
        let most = memory >> random.below(16);
        let size = (1 + random.below(most / page)) * page;
        let place = match random.below(3) {
            0 => format!(" phys_addr=\"{:#x}\"", (1 << 30) + random.below(memory / page) * page),
            _ => String::new(),
        };
        asked.bytes += size;
        asked.pages += size / page;
        asked.fixed |= !place.is_empty();
        regions += &format!("<memory_region name=\"r{number}\" size=\"{size:#x}\" page_size=\"{page:#x}\"{place} />\n");
        maps += &format!("<map mr=\"r{number}\" vaddr=\"{:#x}\" perms=\"rw\" />\n", (number + 16) << 32);
    }
    let text = own.replacen("<protection_domain", &format!("{regions}<protection_domain"), 1);
    let program = "<map mr=\"native_tx\" vaddr=\"0x2_100_000\"";
    anyhow::ensure!(text.contains(program), "stop.system has changed");
    std::fs::write(path, text.replacen(program, &format!("{maps}{program}"), 1))?;
    Ok(asked)
}
