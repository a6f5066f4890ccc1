// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's Linux beside the bare-metal guest: the default system.

use anyhow::Context;
use lazaret_build::Request;
use lazaret_machine::Script;
use lazaret_programs::workspace::Workspace;

use crate::machine;
use crate::{DEFAULT_BOARD, Scenario};

pub const SCENARIOS: &[Scenario] = &[("linux-boot", boot), ("linux-reboot", reboot), ("linux-gdb", gdb)];

fn to_the_prompt() -> Script {
    Script::new()
        .expect("hw-breakpoint: found 6 breakpoint and 4 watchpoint registers")
        .step("Please press Enter", "\r")
        .expect("/ # ?$")
}

/// Linux sets MDSCR_EL1.TDCC, which takes DBGDIDR, DBGDRAR and DBGDSAR from EL0 as well; QEMU 10.0 forgets them.
const ACCESSES: &str = "accesses: done, undefined: 2[15]";

/// The keyboard goes to the bare guest, Enter asks it how it goes, and back to Linux.
pub const ASK_BARE: &str = "\x1d1\r\x1d0";

/// To the shell; the board's date, and entropy from the first moment on; a shell on the other console; power off, after
/// which the other machine goes on.
fn boot() -> anyhow::Result<()> {
    let script = to_the_prompt().step("", "uname -srm\r").expect("Linux .* aarch64");
    let script = more_entropy(on_virtio(date_and_entropy(script)))
        .step("/ # ?$", "\x1d1")
        .step("input goes to bare", "\x1d0")
        .step("input goes to linux", "poweroff\r")
        .expect("reboot: Power down")
        .step(r"linux: \d+ exits, [0-3] debug-register traps", ASK_BARE)
        .step(r"bare\| guest bare: round \d+, 0 failed", ASK_BARE)
        .expect(r"bare\| guest bare: round \d+, 0 failed");
    let built = machine::build(&Request::new(machine::default_description()))?;
    machine::run_built(&built, script, 240).map(|_| ())
}

/// The Pi has no clock, and QEMU's none of its entropy.
fn date_and_entropy(script: Script) -> Script {
    if machine::board() != DEFAULT_BOARD {
        return script;
    }
    script
        .step("/ # ?$", "date +year:%Y\r")
        .expect(r"year:20[2-9]\d")
        .step("/ # ?$", "dmesg | grep 'crng init'\r")
        .expect(r"\[ *0\.000000\] random: crng init done")
}

/// Linux's own driver of the console by Virtio: a shell there, and back to the one at the UART.
fn on_virtio(script: Script) -> Script {
    script
        .step("/ # ?$", "insmod /lib/modules/virtio_mmio.ko; insmod /lib/modules/virtio_console.ko\r")
        .step("/ # ?$", "sh -i </dev/hvc0 >/dev/hvc0 2>&1\r")
        .step("/ # ?$", "echo $(tty), $((40 + 2)) and $(grep -c virtio /proc/interrupts)\r")
        .expect("/dev/hvc0, 42 and 1")
        .step("/ # ?$", "exit\r")
        .step("/ # ?$", "tty\r")
        .expect("/dev/ttyAMA0")
}

/// Linux's own driver of the source of entropy by Virtio.
fn more_entropy(script: Script) -> Script {
    if machine::board() != DEFAULT_BOARD {
        return script;
    }
    script
        .step("/ # ?$", "insmod /lib/modules/virtio-rng.ko\r")
        .step("/ # ?$", "cat /sys/class/misc/hw_random/rng_current\r")
        .expect(r"virtio_rng\.0")
        .step("/ # ?$", "head -c 1000 /dev/hwrng | wc -c\r")
        .expect("1000")
}

/// The guest resets itself, and comes to its shell again; the other machine goes on.
fn reboot() -> anyhow::Result<()> {
    let script = to_the_prompt()
        .step("", "reboot -f\r")
        .expect("linux: reset")
        .expect("linux: starts at")
        .expect("hw-breakpoint: found 6 breakpoint and 4 watchpoint registers")
        .step("Please press Enter", "\r")
        .step("/ # ?$", "poweroff\r")
        .step("linux: powered off", ASK_BARE)
        .expect(r"bare\| guest bare: round \d+, 0 failed");
    machine::run_built(&machine::build(&Request::new(machine::default_description()))?, script, 300).map(|_| ())
}

/// gdb's hardware breakpoint and watchpoint stop where they should, and the program ends well; the other machine
/// uses its own breakpoints all the while. Then 32-bit programs: one that debugs another, and one that tries the debug
/// registers itself.
fn gdb() -> anyhow::Result<()> {
    shown_on_the_front_page()?;
    let built = machine::build(&Request::new(machine::default_description()))?;
    let script = gdb_script()
        .step("", "watcher\r")
        .expect("watcher: watchpoint hit 3")
        .expect("watcher: breakpoint hit 3")
        .expect("watcher: done")
        .step("/ # ?$", "accesses\r")
        .expect("accesses: DBGDTRTXint from memory undefined")
        .expect("accesses: DBGBVR0 undefined")
        .expect(ACCESSES);
    machine::run_built(&built, script, 300).map(|_| ())
}

/// The front page's console has what this scenario waits for, in that order.
fn shown_on_the_front_page() -> anyhow::Result<()> {
    let page = std::fs::read_to_string(Workspace::find().root().join("README.md"))?;
    let console =
        page.split("```").find_map(|block| block.strip_prefix("console\n")).context("README.md: no console")?;
    let mut script = debugging(Script::new());
    script.feed(console.as_bytes());
    anyhow::ensure!(script.is_done(), "README.md: its console does not show {:?}", script.waiting_for());
    Ok(())
}

/// What gdb says.
pub fn gdb_script() -> Script {
    debugging(to_the_prompt())
}

fn debugging(script: Script) -> Script {
    script
        .step("", "gdb -q -x /etc/try.gdb /bin/debuggee\r")
        .expect("Hardware assisted breakpoint 1 at")
        .expect("Breakpoint 1, .*work")
        .expect("Hardware watchpoint 2")
        .expect("Hardware watchpoint 2")
        .expect("Old value = 0")
        .expect("New value = 7")
        .expect("Breakpoint 1, .*work")
        .expect("debuggee: done")
        .step("exited normally", ASK_BARE)
        .expect(r"bare\| guest bare: round \d+, 0 failed")
}
