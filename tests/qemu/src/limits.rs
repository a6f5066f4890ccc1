// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `check` accepts starts, also where a number is the largest that it accepts.

use std::path::Path;

use anyhow::Context;
use lazaret_build::{Request, system};
use lazaret_machine::Script;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("limits-memory-and-addresses", largest)];

/// Regions have pages of this size.
const PAGE: u64 = 0x20_0000;

/// One guest beside a region that is as large as `check` lets it be, a window at an address of 40 bits in its monitor and in
/// itself, and the last page of 44 bits.
fn largest() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let folder = machine::new_folder()?;
    let path = folder.join("largest.system");
    let own = std::fs::read_to_string(machine::description("one_bare"))?;
    let configuration = machine::description("one_bare").with_file_name("bare_workout.vmmcfg");
    std::fs::copy(configuration, folder.join("bare_workout.vmmcfg"))?;
    // The files that the description names are there once it was built.
    let built = machine::build(&Request::new(machine::description("one_bare")))?;
    let is_accepted = |pages: u64| -> anyhow::Result<bool> {
        write(&path, &own, pages)?;
        let files = system::search_path(&workspace, &Request { board: machine::board().into(), ..Request::new(&path) });
        let options = lazaret_plan::Options::of(&built.board);
        Ok(lazaret_check::load(&path, &built.board, &files, &options).is_ok())
    };
    let (mut good, mut bad) = (0, built.board.memory_size() / PAGE + 1);
    anyhow::ensure!(is_accepted(1)? && !is_accepted(bad)?, "the description itself is refused, or anything accepted");
    while bad - good > 1 {
        let middle = (good + bad) / 2;
        *(if is_accepted(middle)? { &mut good } else { &mut bad }) = middle;
    }
    // The kernel, the root task and the image are small beside it.
    let unused = built.board.memory_size() - good * PAGE;
    anyhow::ensure!(unused < 64 << 20, "{good} pages are the most: {} MiB stay unused", unused >> 20);
    write(&path, &own, good)?;
    let script = Script::new().expect("system started").expect(r"GUEST workout: \d+ passed, 0 failed");
    machine::run_built(&machine::build(&Request::new(&path))?, script, 120).map(drop)
}

/// The description with a region of so many pages and the high addresses.
fn write(path: &Path, own: &str, pages: u64) -> anyhow::Result<()> {
    let regions = format!(
        "<memory_region name=\"rest\" size=\"{:#x}\" page_size=\"{PAGE:#x}\" />\n\
         <memory_region name=\"window\" size=\"{PAGE:#x}\" page_size=\"{PAGE:#x}\" phys_addr=\"0x80_0000_0000\" />\n\
         <memory_region name=\"last\" size=\"0x1000\" />\n",
        pages * PAGE
    );
    let high = "<map mr=\"window\" vaddr=\"0x80_0000_0000\" perms=\"rw\" cached=\"false\" />\n\
                <map mr=\"last\" vaddr=\"0xfff_ffff_f000\" perms=\"rw\" />\n";
    let rest = "<map mr=\"rest\" vaddr=\"0x100_0000_0000\" perms=\"rw\" />\n";
    let first = own.find("<protection_domain").context("no protection domain")?;
    let text = format!("{}{regions}{}", &own[..first], &own[first..]);
    let text = text.replace("<vcpu id=\"0\" />", &format!("<vcpu id=\"0\" />\n{high}"));
    let text = text.replace("<setvar symbol", &format!("{rest}{high}<setvar symbol"));
    Ok(std::fs::write(path, text)?)
}
