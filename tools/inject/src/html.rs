// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report: one file without references to anything else.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::outcome::{OUTCOMES, Outcome};
use super::result::{Campaign, is_forbidden};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse}\
th,td{padding:.2rem .6rem;text-align:right;border:1px solid #ddd}th:first-child,td:first-child{text-align:left}\
thead th{background:#f4f4f4;font-weight:600;vertical-align:bottom}code{font-size:.9em;background:#f4f4f4;padding:.1em .3em}\
.bad{color:#b00020;font-weight:600}.good{color:#1b6e3c;font-weight:600}";

/// Numbers of a row of the heat map, by outcome.
type RunsByOutcome = [u64; OUTCOMES.len()];

/// The whole page.
pub fn page(campaign: &Campaign) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut page, campaign);
    page
}

fn write(page: &mut String, campaign: &Campaign) -> std::fmt::Result {
    let (runs, seed, forbidden) = (campaign.runs, campaign.seed, campaign.forbidden);
    write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Fault injection, seed {seed}</title>"
    )?;
    write!(page, "<style>{STYLE}</style><h1>Fault injection: {runs} runs, seed {seed}</h1>")?;
    let class = if forbidden == 0 { "good" } else { "bad" };
    write!(page, "<p class=\"{class}\">{forbidden} forbidden outcomes</p>")?;
    write!(page, "<h2>Outcomes</h2><table><thead><tr><th>outcome<th>runs<th>kernel flips</tr></thead>")?;
    for outcome in OUTCOMES {
        let name = outcome.name();
        let count = |classes: &BTreeMap<String, u64>| classes.get(&name).copied().unwrap_or(0);
        let (others, kernel) = (count(&campaign.classes), count(&campaign.kernel));
        let mark = if outcome.is_forbidden() { " (forbidden)" } else { "" };
        write!(page, "<tr><td>{name}{mark}<td>{others}<td>{kernel}")?;
    }
    write!(page, "</table><h2>What was injected, and what came of it</h2>")?;
    heat_map(page, &counts(campaign, |row| format!("{:?}", row.kind)))?;
    write!(page, "<h2>Where it landed</h2>")?;
    heat_map(page, &counts(campaign, |row| format!("{:?}: {}", row.kind, row.place)))?;
    write!(page, "<h2>To repeat</h2><table><thead><tr><th>run<th>outcome<th>what<th>command</tr></thead>")?;
    for row in campaign.rows.iter().filter(|row| is_forbidden(row) || row.outcome >= Outcome::Stopped) {
        let class = if is_forbidden(row) { "bad" } else { "" };
        let (number, name, kind, replay) = (row.number, row.outcome.name(), row.kind, campaign.replay(row));
        let detail = escape(&row.detail);
        write!(page, "<tr class=\"{class}\"><td>{number}<td>{name}<td>{kind:?}: {detail}<td><code>{replay}</code>")?;
    }
    write!(page, "</table></html>")
}

fn counts(campaign: &Campaign, key: impl Fn(&super::result::Row) -> String) -> BTreeMap<String, RunsByOutcome> {
    let mut all: BTreeMap<String, RunsByOutcome> = BTreeMap::new();
    for row in &campaign.rows {
        let column = OUTCOMES.iter().position(|&outcome| outcome == row.outcome).unwrap_or(0);
        all.entry(key(row)).or_default()[column] += 1;
    }
    all
}

/// A table whose cells are the darker the larger their part of the row.
fn heat_map(page: &mut String, rows: &BTreeMap<String, RunsByOutcome>) -> std::fmt::Result {
    let seen: Vec<usize> = (0..OUTCOMES.len()).filter(|&n| rows.values().any(|counts| counts[n] > 0)).collect();
    write!(page, "<table><thead><tr><th>")?;
    for &n in &seen {
        write!(page, "<th>{}", OUTCOMES[n].name())?;
    }
    write!(page, "</tr></thead>")?;
    for (name, counts) in rows {
        let total: u64 = counts.iter().sum();
        write!(page, "<tr><td>{}", escape(name))?;
        for &n in &seen {
            let part = counts[n] as f64 / total.max(1) as f64;
            let colour = if OUTCOMES[n].is_forbidden() { "176,0,32" } else { "20,90,160" };
            let text = if counts[n] == 0 { String::new() } else { counts[n].to_string() };
            write!(page, "<td style=\"background:rgba({colour},{:.2})\">{text}", part * 0.6)?;
        }
    }
    write!(page, "</table>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::FaultKind;
    use crate::result::Row;

    #[test]
    fn stands_alone_and_names_each_forbidden_run() {
        let row = |number, outcome| Row {
            number,
            kind: FaultKind::State,
            place: "state+0x0".into(),
            detail: "a<b".into(),
            outcome,
        };
        let page = page(&Campaign::new(3, vec![row(0, Outcome::NoEffect), row(7, Outcome::OtherAffected)]));
        assert!(page.contains("1 forbidden outcomes") && page.contains("inject --seed 3 --only 7"), "{page}");
        assert!(page.contains("a&lt;b") && !page.contains("http"), "{page}");
    }
}
