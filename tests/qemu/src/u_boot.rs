// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's U-Boot starts the card's image, by the two ways that the board's page names.

use std::time::Duration;

use lazaret_machine::{Script, Watch};
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::card::Card;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("u-boot-go", go), ("u-boot-booti", booti)];

/// Not where the image runs: `booti` moves it.
const ELSEWHERE: u64 = 0x1000_0000;

fn go() -> anyhow::Result<()> {
    start(|its_place| (its_place, format!("go {its_place:#x} ${{fdt_addr}}\r")))
}

fn booti() -> anyhow::Result<()> {
    start(|_| (ELSEWHERE, format!("booti {ELSEWHERE:#x} - ${{fdt_addr}}\r")))
}

/// The image lies in memory, as `fatload` would put it. U-Boot talks on the mini UART, which is the machine's second:
/// both are on QEMU's terminal, and what is typed goes to the second.
/// `how`: from where it runs to where it is put, and what is typed.
fn start(how: impl Fn(u64) -> (u64, String)) -> anyhow::Result<()> {
    let more = ["--system", &machine::description("one_bare").display().to_string()];
    let card = Card::write(&more)?;
    let (address, command) = how(card.board.kernel_base);
    let (u_boot, from) = lazaret_guests::u_boot(&Workspace::find())?;
    println!("  {from}");
    let path = card.folder.join("u-boot.bin");
    std::fs::write(&path, u_boot)?;
    let mut qemu = card.qemu()?;
    let image = card.folder.join(&card.board.image);
    qemu.more.extend(["-chardev", "stdio,mux=on,id=terminal", "-serial", "chardev:terminal"].map(Into::into));
    qemu.more.extend(["-serial", "chardev:terminal", "-monitor", "none", "-device"].map(Into::into));
    qemu.more.push(format!("loader,file={},addr={address:#x},force-raw=on", image.display()));
    let script = Script::new()
        .step("Hit any key to stop autoboot", " ")
        .step("U-Boot> $", &command)
        .expect(r"GUEST workout: \d+ passed, 0 failed");
    Watch::script(script, Duration::from_secs(180)).run(qemu.command(&path))?.expect_seen()
}
