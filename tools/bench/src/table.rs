// SPDX-License-Identifier: MIT OR Apache-2.0
//! The figures side by side.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::execution::count::Kinds;
use super::{Measured, Subject, goal, unit};

/// What was measured on one CPU: a column each, ours first.
#[derive(Debug, Clone)]
pub struct Table {
    /// QEMU's model.
    pub cpu: String,
    /// QEMU's version.
    pub qemu: String,
    /// What built Lazaret.
    pub compiler: String,
    /// The hypervisors that could be measured.
    pub columns: Vec<(Subject, Measured)>,
}

impl Table {
    /// Every operation that somebody measured, in order of measurement.
    pub fn operations(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for row in self.columns.iter().flat_map(|(_, measured)| &measured.rows) {
            if !all.contains(&row.op.as_str()) {
                all.push(&row.op);
            }
        }
        all
    }

    /// One figure.
    pub fn figure(&self, subject: Subject, op: &str) -> Option<u64> {
        self.columns.iter().find(|(own, _)| *own == subject)?.1.net(op)
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = format!("{}, {}, instructions an operation\n\n", self.cpu, self.qemu);
        let mut header = vec!["operation".to_string()];
        header.extend(self.columns.iter().map(|(subject, _)| subject.name().to_string()));
        header.extend(self.peers().map(|peer| format!("{}/lazaret", peer.name())));
        header.push("goal".into());
        let mut lines = vec![header];
        lines.extend(self.operations().into_iter().map(|op| self.line(op)));
        write_aligned(&mut out, &lines);
        out.push_str("\nwhat that hides: MSR / MRS / barriers / TLBI / exceptions to EL2 an operation\n\n");
        write_aligned(&mut out, &self.hidden());
        out.push_str("\ndoes debugging work: checks that held, of all\n\n");
        write_aligned(&mut out, &self.functions());
        out
    }

    fn peers(&self) -> impl Iterator<Item = Subject> {
        self.columns.iter().map(|(subject, _)| *subject).filter(|subject| *subject != Subject::Lazaret)
    }

    fn line(&self, op: &str) -> Vec<String> {
        let number = |figure: Option<u64>| figure.map_or("-".into(), |n| unit::text(op, n));
        let ours = self.figure(Subject::Lazaret, op);
        let mut line = vec![op.to_string()];
        line.extend(self.columns.iter().map(|(_, measured)| number(measured.net(op))));
        line.extend(self.peers().map(|peer| match (self.figure(peer, op), ours) {
            (Some(theirs), Some(ours @ 1..)) => format!("{:.2}", theirs as f64 / ours as f64),
            _ => "-".into(),
        }));
        line.push(match (goal::of(op), ours) {
            (Some(goal), Some(ours)) if ours > goal.most => format!("{} missed", unit::text(op, goal.most)),
            (Some(goal), _) => unit::text(op, goal.most),
            (None, _) => String::new(),
        });
        line
    }

    fn hidden(&self) -> Vec<Vec<String>> {
        let mut lines = vec![vec!["operation".to_string()]];
        lines[0].extend(self.columns.iter().map(|(subject, _)| subject.name().to_string()));
        for op in self.operations() {
            let kinds: Vec<_> = self.columns.iter().map(|(_, measured)| measured.hidden.get(op)).collect();
            if kinds.iter().any(Option::is_some) {
                let cell = |kinds: &Option<&Kinds>| kinds.map_or("-".into(), Kinds::hidden);
                lines.push(std::iter::once(op.to_string()).chain(kinds.iter().map(cell)).collect());
            }
        }
        lines
    }

    fn functions(&self) -> Vec<Vec<String>> {
        let mut names: Vec<&str> = Vec::new();
        for function in self.columns.iter().flat_map(|(_, measured)| &measured.functions) {
            if !names.contains(&function.name.as_str()) {
                names.push(&function.name);
            }
        }
        let mut lines = vec![vec!["part".to_string()]];
        lines[0].extend(self.columns.iter().map(|(subject, _)| subject.name().to_string()));
        for name in names {
            let mut line = vec![name.to_string()];
            for (_, measured) in &self.columns {
                let found = measured.functions.iter().find(|function| function.name == name);
                line.push(found.map_or("-".into(), |f| format!("{}/{}", f.passed, f.passed + f.failed)));
            }
            lines.push(line);
        }
        lines
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let ops: Vec<Value> = self.operations().into_iter().map(|op| self.json_row(op)).collect();
        let mut functions = Map::new();
        for (subject, measured) in &self.columns {
            let parts = measured.functions.iter();
            let parts = parts.map(|f| (f.name.clone(), json!({"passed": f.passed, "failed": f.failed})));
            functions.insert(subject.name().into(), Value::Object(parts.collect()));
        }
        json!({"cpu": self.cpu, "qemu": self.qemu, "compiler": self.compiler, "ops": ops, "functions": functions})
    }

    fn json_row(&self, op: &str) -> Value {
        let mut row = Map::new();
        row.insert("op".into(), op.into());
        for (subject, measured) in &self.columns {
            row.insert(subject.name().into(), measured.net(op).map(|net| unit::json(op, net)).into());
        }
        let hidden = self.columns.iter().filter_map(|(subject, measured)| {
            measured.hidden.get(op).map(|kinds| (subject.name().to_string(), kinds.json()))
        });
        let hidden: Map<_, _> = hidden.collect();
        if !hidden.is_empty() {
            row.insert("hidden".into(), hidden.into());
        }
        if let Some(goal) = goal::of(op) {
            row.insert("goal".into(), unit::json(op, goal.most));
        }
        row.into()
    }
}

/// Columns as wide as they must be; all but the first to the right.
pub fn write_aligned(out: &mut String, lines: &[Vec<String>]) {
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0);
    for line in lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = width(column);
            let _ = if column == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        let _ = writeln!(out, "{}", text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::measured::Row;
    use super::super::subject::Peer;
    use super::*;

    fn measured(rows: &[(&str, u64)]) -> Measured {
        let rows = rows.iter().map(|&(op, net)| Row { op: op.into(), net, min: net, max: net });
        Measured { rows: rows.collect(), functions: Vec::new(), hidden: BTreeMap::new() }
    }

    fn table() -> Table {
        let columns = vec![
            (Subject::Lazaret, measured(&[("hvc_psci_version", 400), ("owned_access", 1)])),
            (Subject::Peer(Peer::Kvm), measured(&[("hvc_psci_version", 1600), ("extra", 7)])),
        ];
        Table { cpu: "cortex-a57".into(), qemu: "QEMU 10".into(), compiler: "rustc 1".into(), columns }
    }

    #[test]
    fn says_ratio_and_goal() {
        let text = table().text();
        let line = text.lines().find(|line| line.starts_with("hvc")).unwrap();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            ["hvc_psci_version", "400", "1600", "4.00", "380", "missed"]
        );
        assert!(text.lines().any(|line| line.split_whitespace().eq(["extra", "-", "7", "-"])), "{text}");
    }

    #[test]
    fn what_is_hidden_has_its_own_lines() {
        let mut table = table();
        let kinds = Kinds { system_writes: 12.25, barriers: 3.0, exceptions: 2.0, ..Kinds::default() };
        table.columns[1].1.hidden.insert("hvc_psci_version".into(), kinds);
        let text = table.text();
        let line = text.lines().filter(|line| line.starts_with("hvc")).nth(1).unwrap();
        assert!(line.split_whitespace().eq(["hvc_psci_version", "-", "12/0/3/0/2"]), "{text}");
        let expected =
            json!({"system_writes": 12.25, "system_reads": 0.0, "barriers": 3.0, "tlbi": 0.0, "exceptions": 2.0});
        assert_eq!(table.json()["ops"][0]["hidden"], json!({"kvm": expected}));
    }

    #[test]
    fn json_has_the_form_that_is_promised() {
        let json = table().json();
        assert_eq!(json["cpu"], "cortex-a57");
        assert_eq!(json["ops"][0], json!({"op": "hvc_psci_version", "lazaret": 400, "kvm": 1600, "goal": 380}));
        assert_eq!(json["ops"][2], json!({"op": "extra", "lazaret": null, "kvm": 7}));
    }
}
