// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that talk in lines without an end, each on a console that it shares: Debian's U-Boot, and a guest that has a
//! debugger like Linux's kdb and kgdb. (Debian's arm64 kernels are built without these.)

use lazaret_build::Request;
use lazaret_machine::Script;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("console-monitors", monitors)];

/// U-Boot is stopped and asked; then the other guest is entered and debugged, first by a person, then by a program.
fn monitors() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let (image, from) = lazaret_guests::u_boot_guest(&workspace)?;
    println!("  {from}");
    let folder = machine::new_folder()?;
    std::fs::write(folder.join("u-boot.img"), image)?;
    let built =
        machine::build(&Request { search_path: vec![folder], ..Request::new(machine::description("monitors")) })?;
    machine::run_built(&built, remote(kdb(u_boot(Script::new()))), 120).map(|_| ())
}

fn u_boot(script: Script) -> Script {
    script
        .step("Hit any key to stop autoboot", " ")
        .step("=> $", "echo sum of $arch\r")
        .expect("^u-boot. sum of arm$")
        .step("=> $", "mw.l 41000000 5a17ab1e 4\r")
        .step("=> $", "md.l 41000000 1\r")
        .expect("41000000: 5a17ab1e")
        .step("=> $", "\x1d1")
}

/// The breakpoint is hit each time the guest comes by.
fn kdb(script: Script) -> Script {
    script
        .step("input goes to kdb", "x")
        .expect("Entering kdb .* due to Keyboard Entry")
        .step(PROMPT, "bph work\r")
        .expect(r"Instruction\(Register\) BP #0 at 0x[0-9a-f]+ \(work\)")
        .step(PROMPT, "go\r")
        .expect("due to Breakpoint @ 0x")
        .step(PROMPT, "go\r")
        .expect("due to Breakpoint @ 0x")
        .step(PROMPT, "ss\r")
        .expect("due to SS trap @ 0x")
        .step(PROMPT, "bc\r")
        .step(PROMPT, "kgdb\r")
        .expect("please attach debugger")
}

const PROMPT: &str = r"\[0\]kdb> $";

/// gdb's side of its remote protocol: a packet that does not come whole, registers, a step, a breakpoint where the guest
/// is and comes by again; then the console is a person's again, and U-Boot's is as it was.
fn remote(script: Script) -> Script {
    script
        .step("", "$g#00")
        .step("-$", "$g#67")
        .answer(r"\+\$[0-9a-f]{512}([0-9a-f]{16})[0-9a-f]{8}#[0-9a-f]{2}$", |registers| {
            let bytes = u64::from_str_radix(&registers[1], 16).unwrap_or_default();
            "+".to_string() + &packet(&format!("Z1,{:x},4", bytes.swap_bytes()))
        })
        .step(r"\+\$OK#9a$", "+$c#63")
        .step(r"\+\$S05#b8$", "+$c#63")
        .step(r"\+\$S05#b8$", "+$s#73")
        .step(r"\+\$S05#b8$", "+$3#33")
        .step(PROMPT, "go\r")
        .expect("due to Breakpoint @ 0x")
        .step(PROMPT, "\x1d0")
        .step("input goes to u-boot", "\r")
        .expect("=> $")
}

fn packet(text: &str) -> String {
    let sum = text.bytes().fold(0, u8::wrapping_add);
    format!("${text}#{sum:02x}")
}
