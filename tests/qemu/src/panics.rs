// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every place in the kernel's code that could panic has a reason why it does not; a new one fails this.

use lazaret_programs::panics::{CORE, sites};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("kernel-panic-sites", kernel)];

/// A file or folder, and why nothing there is reached by a program or a guest.
const REASONS: &[(&str, &str)] = &[
    (
        "components/debug-shim/src/bank.rs",
        "indexes are below the core's counts, which are cut to 16, the arrays' length",
    ),
    ("components/microkernel/src/arch/arm/el2/core_state.rs", "as in vgic.rs, inlined"),
    (
        "components/microkernel/src/arch/arm/el2/debug.rs",
        "one core: a loaded bank is loaded here, and no guest runs while an invocation is carried out",
    ),
    ("components/microkernel/src/arch/arm/stage1.rs", "the kernel's own tables are made at boot, before any program"),
    ("components/microkernel/src/arch/arm/el2/vgic.rs", "6 bits and 1 list registers at most, of an array of 64"),
    ("components/microkernel/src/arch/mod.rs", "boot refuses a counter below 1 MHz, so nothing is divided by 0"),
    ("components/microkernel/src/boot/", "boot: before any program; what it reads is the firmware's and the packer's"),
    (
        "components/microkernel/src/object/vcpu/",
        "the list register's number was checked to be one of the core's, by an invocation or when it was bound",
    ),
    ("components/microkernel/src/object/vspace/mod.rs", "the pool's number was found by a search of the same array"),
    ("dtoolkit", "reads the device tree, at boot"),
    (CORE, "puts text together: boot's messages, and those of a panic"),
];

fn kernel() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    for config in [Config::Debug, Config::Release] {
        let setting = Setting { workspace: &workspace, board: machine::board(), config };
        let found = sites(&setting.build(&Toolchain::detect()?, &["microkernel"])?.join("microkernel"))?;
        println!("  {}: {} places in {} files", config.name(), found.values().sum::<usize>(), found.len());
        let known = |file: &str| REASONS.iter().any(|(place, _)| file.starts_with(place));
        let new: Vec<_> = found.iter().filter(|(file, _)| !known(file)).collect();
        anyhow::ensure!(new.is_empty(), "{}: can panic, without a reason why it does not: {new:#?}", config.name());
    }
    Ok(())
}
