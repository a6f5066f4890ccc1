// SPDX-License-Identifier: MIT OR Apache-2.0
//! Figures in the pages are those of `tests/bench/figures.json`, which the scenario `bench-figures` holds against the machine.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::page::{Page, root};

/// The CPU of the pages' tables.
const CPU: &str = "cortex-a57";

/// By operation: Lazaret's figure and the goal.
fn figures() -> BTreeMap<String, (Value, Option<Value>)> {
    let text = std::fs::read_to_string(root().join("tests/bench/figures.json")).unwrap();
    let subjects: Vec<Value> = serde_json::from_str(&text).unwrap();
    let subject = subjects.iter().find(|subject| subject["cpu"] == CPU).unwrap();
    let ops = subject["ops"].as_array().unwrap().iter();
    ops.map(|op| (op["op"].as_str().unwrap().into(), (op["lazaret"].clone(), op.get("goal").cloned()))).collect()
}

/// A goal as the tables say it.
fn goal(figure: &Value, goal: &Option<Value>) -> String {
    match goal {
        None => String::new(),
        Some(goal) if figure.as_f64() > goal.as_f64() => format!("{goal}, missed"),
        Some(goal) => goal.to_string(),
    }
}

/// A cell of a row.
fn cell<'a>(row: &[(&str, &'a str)], column: &str) -> &'a str {
    row.iter().find(|(name, _)| *name == column).map_or("", |(_, cell)| cell)
}

#[test]
fn the_tables_have_the_measured_figures() {
    let figures = figures();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for page in Page::all() {
        for row in page.rows_with("Lazaret") {
            rows += 1;
            let op = cell(&row, "row").trim_matches('`');
            let (figure, wanted) = figures.get(op).unwrap_or_else(|| panic!("{}: no figure '{op}'", page.path));
            let said = format!("{} (goal: {})", cell(&row, "Lazaret"), cell(&row, "goal"));
            let measured = format!("{figure} (goal: {})", goal(figure, wanted));
            if said != measured {
                wrong.push(format!("{}: {op} is {measured}; it says {said}", page.path));
            }
        }
    }
    assert!(rows > 20, "only {rows} rows were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every goal is told, the missed ones too; and the front page's five rows are rows of the full table.
#[test]
fn the_full_table_has_every_goal_and_the_front_page_s_rows() {
    let (front, full) = (Page::read("README.md"), Page::read("tools/README.md"));
    let all = full.rows_with("Lazaret");
    let with_goals = figures().into_iter().filter(|(_, (_, goal))| goal.is_some());
    for (op, _) in with_goals {
        assert!(all.iter().any(|row| cell(row, "row") == format!("`{op}`")), "{}: no row {op}", full.path);
    }
    let chosen = front.rows_with("Lazaret");
    assert_eq!(chosen.len(), 5);
    for row in chosen {
        assert!(all.contains(&row), "{}: {row:?} is not in {}", front.path, full.path);
    }
}
