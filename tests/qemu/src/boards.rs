// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every board's image is built, also of the boards that are not started here; and only when something changed.

use anyhow::Context;
use lazaret_board::Board;
use lazaret_build::{Request, system};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("boards-build", build), ("build-again-is-idle", again)];

fn build() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let readme = std::fs::read_to_string(workspace.kernel_config().join("README.md"))?;
    let names = Board::names(&workspace.kernel_config());
    for named in in_table(&readme) {
        anyhow::ensure!(names.contains(&named), "kernel-config/README.md's table has {named}, which is no board");
    }
    for name in names {
        let request = Request { board: name.clone(), ..Request::new(machine::description("one_bare")) };
        let built = system::build(&workspace, &request).with_context(|| name.clone())?;
        let kernel = &built.image.bytes[..built.image.kernel_size as usize];
        let has = |text: &str| kernel.windows(text.len()).any(|bytes| bytes == text.as_bytes());
        anyhow::ensure!(has(&name) && has(&built.board.compatible), "{name}: the kernel does not know its board");
        no_speculated_translation(kernel).with_context(|| name.clone())?;
        machine::qemu(&built.board).with_context(|| name.clone())?;
        if built.board.has_card() {
            let page = built.board.folder.join("README.md");
            let text = std::fs::read_to_string(&page).with_context(|| page.display().to_string())?;
            anyhow::ensure!(text.contains("--selftest"), "{name}: its page names no self-test");
        }
    }
    Ok(())
}

/// The boards in the first column of the README's first table.
fn in_table(readme: &str) -> Vec<String> {
    let rows = readme.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let columns = rows.filter_map(|row| row.split('|').nth(1));
    columns.flat_map(|column| column.split('`').skip(1).step_by(2)).map(str::to_string).collect()
}

/// A second build finds everything as it is: nothing is compiled or linked.
fn again() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let setting = Setting { workspace: &workspace, board: machine::board(), config: Config::Debug };
    let written = || -> anyhow::Result<_> {
        let folder = setting.build(&Toolchain::detect()?, &["microkernel", "root-task", "vmm"])?;
        ["microkernel", "root-task", "vmm"]
            .into_iter()
            .map(|name| Ok(folder.join(name).metadata()?.modified()?))
            .collect()
    };
    let (first, second): (Vec<_>, Vec<_>) = (written()?, written()?);
    anyhow::ensure!(first == second, "built anew without a change");
    Ok(())
}

/// A57 and A72 can take a wrong translation into the TLB when they speculate an AT instruction of EL1's regime in the
/// middle of a switch (errata 1319537, 1319367). Those that the kernel has stand behind an ISB, which is not speculated
/// across. AT is SYS with CRn 7, CRm 8; op1 and op2 say which regime.
fn no_speculated_translation(kernel: &[u8]) -> anyhow::Result<()> {
    const ISB: u32 = 0xd503_3fdf;
    let words: Vec<_> =
        kernel.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
    let is_at = |word: u32| word & 0xfff8_ff00 == 0xd508_7800;
    let own_regime = |word: u32| word >> 16 & 7 == 4 && word >> 5 & 7 < 2;
    let of_guests: Vec<_> = words.windows(2).filter(|pair| is_at(pair[1]) && !own_regime(pair[1])).collect();
    anyhow::ensure!(!of_guests.is_empty(), "the kernel translates some aborts' addresses with AT: none was found");
    anyhow::ensure!(of_guests.iter().all(|pair| pair[0] == ISB), "AT without a barrier before it: {of_guests:x?}");
    Ok(())
}
