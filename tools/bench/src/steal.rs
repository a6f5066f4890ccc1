// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a guest can take from its neighbour: one computes and looks at its clock, the other does one hostile thing for
//! ever. A guest's exits, and all that is done for it, should be paid from its own time.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context;
use regex::Regex;
use serde_json::json;

use super::Bench;
use lazaret_build::{Request, system};
use lazaret_machine::{Script, Watch};
use lazaret_programs::Config;

/// What the neighbour does: the guest's words (`tests/guests/bare-aarch64/src/deed.rs`).
pub const DEEDS: [&str; 11] =
    ["spin", "version", "undefined", "hypercall", "reset", "print", "sgi", "timer", "wfi", "debug", "maintenance"];
/// Milliseconds that the victim looks at its clock.
const WINDOW: u64 = 60;

/// How the two guests get their time, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// The description, in `tests/systems`.
    system: &'static str,
    /// Of both.
    period: u64,
    /// Of the victim.
    budget: u64,
    /// Of its neighbour.
    neighbour: u64,
}

/// The same guests with VMMs that run on their own time, and with such as run on the guest's; and shares that are no
/// time slices.
pub const SETTINGS: [Setting; 5] = [
    Setting {
        name: "active VMMs, time slices",
        system: "two_bare_active",
        period: 5000,
        budget: 5000,
        neighbour: 5000,
    },
    Setting { name: "time slices", system: "two_bare", period: 5000, budget: 5000, neighbour: 5000 },
    Setting { name: "equal budgets", system: "two_bare", period: 5000, budget: 2400, neighbour: 2400 },
    Setting { name: "unequal budgets", system: "two_bare", period: 5000, budget: 1500, neighbour: 3300 },
    Setting { name: "a tenth", system: "two_bare", period: 5000, budget: 500, neighbour: 4300 },
];

impl Setting {
    const fn is_sliced(self) -> bool {
        self.budget == self.period
    }

    /// What the victim is promised, in hundredths of a percent.
    pub const fn promised(self) -> u64 {
        if self.is_sliced() { 5000 } else { self.budget * 10_000 / self.period }
    }

    /// How long the victim may wait, in nanoseconds: while it is the other's turn, or until its own budget comes back.
    pub const fn promised_gap(self) -> u64 {
        1000 * if self.is_sliced() { self.neighbour } else { self.period - self.budget }
    }

    /// The description with these budgets.
    fn description(self, text: &str) -> anyhow::Result<String> {
        let mut text = text.to_string();
        for (name, budget) in [("bare_a", self.budget), ("bare_b", self.neighbour)] {
            let time = |budget, period| {
                format!(r#"<virtual_machine name="{name}" priority="100" budget="{budget}" period="{period}">"#)
            };
            let before = time(5000, 5000);
            anyhow::ensure!(text.contains(&before), "{} has no {before}", self.system);
            text = text.replace(&before, &time(budget, self.period));
        }
        Ok(text)
    }
}

/// What the victim got beside one neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Hundredths of a percent of the core.
    pub share: u64,
    /// Its longest wait, in nanoseconds.
    pub gap: u64,
}

/// Of the share that the victim is promised, percent of it that count as kept.
const KEPT: u64 = 98;
/// A wait may be so much longer than the promised one: percent, and nanoseconds.
const LONGER: (u64, u64) = (2, 100_000);

impl Seen {
    /// Of the guest's output.
    fn parse(output: &str) -> Option<Self> {
        static LINE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"VICTIM share=(\d+) gap=(\d+)").unwrap_or_else(|error| panic!("{error}")));
        let (_, [share, gap]) = LINE.captures(output)?.extract();
        Some(Self { share: share.parse().ok()?, gap: gap.parse().ok()? })
    }

    /// Whether the victim got what it is promised.
    pub const fn keeps(self, setting: Setting) -> bool {
        let (percent, more) = LONGER;
        self.share * 100 >= setting.promised() * KEPT
            && self.gap <= setting.promised_gap() * (100 + percent) / 100 + more
    }
}

/// All neighbours in one setting.
#[derive(Debug, Clone)]
pub struct Steal {
    /// The setting.
    pub setting: Setting,
    /// By what the neighbour does.
    pub rows: Vec<(&'static str, Seen)>,
}

impl Steal {
    /// Measures the victim beside each of these neighbours.
    pub fn take(bench: &Bench<'_>, setting: Setting, deeds: &[&'static str]) -> anyhow::Result<Self> {
        let take = |&deed| Ok((deed, victim(bench, setting, deed)?));
        Ok(Self { setting, rows: deeds.iter().map(take).collect::<anyhow::Result<_>>()? })
    }

    /// What was not kept, a line each.
    pub fn broken(&self) -> Vec<String> {
        let broken = self.rows.iter().filter(|(_, seen)| !seen.keeps(self.setting));
        broken.map(|(deed, seen)| format!("{}, beside {deed}: {}", self.setting.name, shown(*seen))).collect()
    }

    /// For people.
    pub fn text(&self) -> String {
        let promised = Seen { share: self.setting.promised(), gap: self.setting.promised_gap() };
        let mut out = format!("{}: promised {}\n", self.setting.name, shown(promised));
        for (deed, seen) in &self.rows {
            let mark = if seen.keeps(self.setting) { "" } else { "  not kept" };
            // Writing to a string does not fail.
            let _ = writeln!(out, "  {deed:12} {}{mark}", shown(*seen));
        }
        out
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        let row = |(deed, seen): &(&str, Seen)| {
            json!({
                "neighbour": deed,
                "share": seen.share as f64 / 10_000.0,
                "longest_gap_us": seen.gap as f64 / 1000.0,
                "kept": seen.keeps(self.setting),
            })
        };
        json!({
            "setting": self.setting.name,
            "promised_share": self.setting.promised() as f64 / 10_000.0,
            "promised_gap_us": self.setting.promised_gap() as f64 / 1000.0,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

fn shown(seen: Seen) -> String {
    format!("{:5.2} % of the core, longest gap {:6.2} ms", seen.share as f64 / 100.0, seen.gap as f64 / 1e6)
}

/// The victim beside one neighbour, which has shown that it does what it is there for.
fn victim(bench: &Bench<'_>, setting: Setting, deed: &'static str) -> anyhow::Result<Seen> {
    let context = || format!("{}, beside {deed}: not measured", setting.name);
    let image = image(bench, setting, deed).with_context(context)?;
    let script = Script::new().expect(r"NEIGHBOUR \w+").expect(r"GUEST victim: \d+ passed");
    let run = Watch::script(script, bench.timeout).run(bench.qemu()?.command(&image)).with_context(context)?;
    run.expect_seen().with_context(context)?;
    Seen::parse(&run.output).with_context(context)
}

fn image(bench: &Bench<'_>, setting: Setting, deed: &str) -> anyhow::Result<PathBuf> {
    let folder = bench.folder()?;
    let guests =
        [("bare_a", format!("mode=victim rounds={WINDOW}")), ("bare_b", format!("mode=neighbour deed={deed}"))];
    for (name, arguments) in guests {
        let config = format!("name = {name}\nguest = bare64\nram_size = 0x1_000_000\nbootargs = {arguments}\n");
        write(&folder.join(format!("{name}.vmmcfg")), &config)?;
    }
    let text = std::fs::read_to_string(bench.workspace.test_system(setting.system))?;
    let description = folder.join("steal.system");
    write(&description, &setting.description(&text)?)?;
    let request = Request { config: Config::Release, search_path: vec![folder], ..Request::new(description) };
    Ok(system::build(bench.workspace, &request)?.path)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_victims_line_is_found() {
        let output = "bare_b| NEIGHBOUR Print: 50 times\nbare_a| VICTIM share=4970 gap=5000000\n";
        assert_eq!(Seen::parse(output), Some(Seen { share: 4970, gap: 5_000_000 }));
        assert_eq!(Seen::parse("VICTIM share=x"), None);
    }

    #[test]
    fn what_is_kept() {
        let [_, slices, equal, ..] = SETTINGS;
        let seen = |share, gap| Seen { share, gap };
        assert!(seen(4900, 5_200_000).keeps(slices) && !seen(4899, 5_000_000).keeps(slices));
        assert!(!seen(5000, 5_200_001).keeps(slices));
        assert_eq!((equal.promised(), equal.promised_gap()), (4800, 2_600_000));
        let steal = Steal { setting: slices, rows: vec![("spin", seen(4970, 5_000_000)), ("sgi", seen(1, 0))] };
        assert_eq!(steal.broken().len(), 1);
    }

    #[test]
    fn each_guest_gets_its_budget() {
        let line =
            |name, budget| format!(r#"<virtual_machine name="{name}" priority="100" budget="{budget}" period="5000">"#);
        let text = line("bare_a", 5000) + &line("bare_b", 5000);
        assert_eq!(SETTINGS[4].description(&text).unwrap(), line("bare_a", 500) + &line("bare_b", 4300));
        assert!(SETTINGS[4].description("").is_err());
    }
}
