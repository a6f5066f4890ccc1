// SPDX-License-Identifier: MIT OR Apache-2.0
//! The properties of the page are those that the model checks.

use model::{Events, properties};
use stateright::Expectation;

#[test]
fn the_table_of_properties_is_the_model_s() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../components/README.md");
    let page = std::fs::read_to_string(file).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| P")).collect();
    let row = |name: &str| rows.iter().any(|row| row.starts_with(&format!("| {name} |")));
    for property in properties(Events::ALL).iter().filter(|p| matches!(p.expectation, Expectation::Always)) {
        assert!(row(property.name), "components/README.md: no row '{}'", property.name);
    }
    for number in 1..=19 {
        assert!(rows.iter().any(|row| row.starts_with(&format!("| P{number} "))), "components/README.md: no P{number}");
    }
}
