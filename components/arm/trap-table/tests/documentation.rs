// SPDX-License-Identifier: MIT OR Apache-2.0
//! The copy of the table in the repository is what the source says.

use std::path::Path;
use std::{env, fs};

use arm_trap_table::aarch32::CP14;
use arm_trap_table::{Documentation, TRAP_TABLE};

#[test]
fn the_copy_is_fresh() {
    let copy = Path::new(env!("CARGO_MANIFEST_DIR")).join("traps.md");
    let copy = fs::read_to_string(copy).expect("components/arm/trap-table/traps.md");
    assert!(copy == Documentation.to_string(), "stale: lazaret docs traps -o components/arm/trap-table/traps.md");
}

#[test]
fn each_row_is_a_line_of_twelve_columns() {
    let text = Documentation.to_string();
    for row in &TRAP_TABLE {
        let start = format!("| `{}` | {} |", row.name, row.register);
        let line = text.lines().find(|line| line.starts_with(&start)).expect(row.name);
        assert_eq!(line.matches('|').count(), 13, "{line}");
    }
    for row in &CP14 {
        let start = format!("| `{}` | {} |", row.name, row.register);
        let line = text.lines().find(|line| line.starts_with(&start)).expect(row.name);
        assert_eq!(line.matches('|').count(), 10, "{line}");
    }
}

#[test]
fn the_tests_that_it_names_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/qemu/src");
    let sources: String = fs::read_dir(folder)
        .expect("tests/qemu/src")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| fs::read_to_string(path).expect("text"))
        .collect();
    for row in &TRAP_TABLE {
        let Some(test) = row.isolation_test() else { continue };
        let name = format!("\"{test}\"");
        assert!(sources.contains(&name), "{}: no scenario {name}", row.name);
    }
}
