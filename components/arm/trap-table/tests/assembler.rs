// SPDX-License-Identifier: MIT OR Apache-2.0
//! The assembler as a second opinion on every encoding: `mrs` and `msr` by name give the bits of the table.

use std::process::Command;
use std::{env, fs};

use arm_trap_table::{Rights, TRAP_TABLE};

const ASSEMBLER: &str = "aarch64-linux-gnu-as";
const OBJCOPY: &str = "aarch64-linux-gnu-objcopy";
/// What is left of MRS without its register and Rt; MSR lacks bit 21.
const MRS: u32 = 0xd520_0000;
const READ: u32 = 1 << 21;
/// Registers that Debian 12's assembler knows by encoding only.
const NOT_YET: [&str; 8] = [
    "MDSELR_EL1",
    "MDSTEPOP_EL1",
    "ID_AA64PFR2_EL1",
    "ID_AA64FPFR0_EL1",
    "ID_AA64DFR2_EL1",
    "ID_AA64ISAR3_EL1",
    "ID_AA64MMFR3_EL1",
    "ID_AA64MMFR4_EL1",
];

#[test]
fn encodings_agree_with_the_assembler() {
    if Command::new(ASSEMBLER).arg("--version").output().is_err()
        || Command::new(OBJCOPY).arg("--version").output().is_err()
    {
        println!("skipped: {ASSEMBLER} is not installed (Debian: binutils-aarch64-linux-gnu)");
        return;
    }
    let expected: Vec<(String, u32)> = TRAP_TABLE.iter().map(instruction).collect();
    let source: String = expected.iter().map(|(text, _)| format!("{text}\n")).collect();
    let assembled = assemble(&source);
    assert_eq!(assembled.len(), expected.len());
    for ((text, ours), theirs) in expected.iter().zip(assembled) {
        assert_eq!(*ours, theirs, "{text}: ours {ours:#x}, theirs {theirs:#x}");
    }
    println!("{} encodings agree", expected.len());
}

fn instruction(row: &arm_trap_table::Row) -> (String, u32) {
    let newer = NOT_YET.contains(&row.name);
    let name = if newer { row.register.to_string() } else { row.name.to_lowercase() };
    let register = u32::from(row.register.packed()) << 5;
    // The assembler wants the direction that exists.
    match row.rights {
        // A cache operation: `DC_ISW` is `dc isw`.
        _ if row.is_operation() => (format!("{}, x3", name.replace('_', " ")), MRS & !READ | register | 3),
        Rights::WriteOnly => (format!("msr {name}, x3"), MRS & !READ | register | 3),
        _ => (format!("mrs x3, {name}"), MRS | READ | register | 3),
    }
}

fn assemble(source: &str) -> Vec<u32> {
    let folder = env::temp_dir().join(format!("debug-registers-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (text, object, flat) = (folder.join("a.s"), folder.join("a.o"), folder.join("a.bin"));
    fs::write(&text, source).unwrap();
    run(Command::new(ASSEMBLER).arg("-march=armv8.5-a+sve+sme").arg(&text).arg("-o").arg(&object));
    run(Command::new(OBJCOPY).args(["-O", "binary", "-j", ".text"]).arg(&object).arg(&flat));
    let bytes = fs::read(&flat).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
