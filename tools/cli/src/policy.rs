// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the root task does with a protection domain that faults: a text file beside the description, with its name and
//! the ending `.policy`. The description's format has no place for it, and is not extended.
//!
//! ```text
//! # a comment
//! vmm_linux = restart limit=10 window=60s backoff=10ms patience=10s
//! serial = halt
//! ```
//!
//! A domain that is not named is started again if it has a state region (a map with `setvar_vaddr="vm_state_vaddr"`),
//! and stays stopped otherwise.

use std::collections::BTreeMap;
use std::path::Path;

use system_spec::{Limits, OnFault};

use crate::manifest::System;
use crate::problem::Problem;

/// The variable that a state region's address is in.
pub const STATE_SYMBOL: &str = "vm_state_vaddr";

/// What is done with one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What.
    pub on_fault: OnFault,
    /// How often, for a restart.
    pub limits: Limits,
}

/// Without numbers in the file.
const LIMITS: Limits = Limits { restarts: 10, window_ms: 60_000, backoff_ms: 10, patience_ms: 10_000 };

/// The rules by domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    rules: BTreeMap<String, Rule>,
}

impl Policy {
    /// The file beside a description; without one there are no rules.
    pub fn beside(description: &Path) -> anyhow::Result<Self> {
        let path = description.with_extension("policy");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|(line, what)| {
                let place = format!("{}:{line}: {what}", path.display());
                Problem::new(place, "NAME = restart [limit=N] [window=S] [backoff=S] [patience=S] | stop | halt")
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(anyhow::Error::from(error).context(path.display().to_string())),
        }
    }

    /// What is done with a domain.
    pub fn rule(&self, domain: &str, keeps_state: bool) -> Rule {
        let on_fault = if keeps_state { OnFault::Restart } else { OnFault::Stop };
        self.rules.get(domain).copied().unwrap_or(Rule { on_fault, limits: LIMITS })
    }

    /// A name in the file that is no domain's.
    pub fn stranger(&self, mut is_domain: impl FnMut(&str) -> bool) -> Option<&str> {
        self.rules.keys().map(String::as_str).find(|name| !is_domain(name))
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut rules = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fail = |what: String| (index + 1, what);
            let (name, rule) = line.split_once('=').ok_or_else(|| fail("expected `name = what`".into()))?;
            let rule = parse_rule(rule).map_err(fail)?;
            if rules.insert(name.trim().to_string(), rule).is_some() {
                return Err(fail(format!("`{}` is there twice", name.trim())));
            }
        }
        Ok(Self { rules })
    }
}

/// Refuses a file that names what is not there.
pub fn check(policy: &Policy, description: &Path, system: &System) -> anyhow::Result<()> {
    let is_domain = |name: &str| system.protection_domains.iter().any(|pd| pd.name == name);
    match policy.stranger(is_domain) {
        None => Ok(()),
        Some(name) => {
            let path = description.with_extension("policy");
            let what = format!("{}: there is no protection domain '{name}'", path.display());
            Err(Problem::new(what, "name a <protection_domain> of the description"))
        }
    }
}

fn parse_rule(text: &str) -> Result<Rule, String> {
    let mut words = text.split_whitespace();
    let on_fault = match words.next() {
        Some("restart") => OnFault::Restart,
        Some("stop") => OnFault::Stop,
        Some("halt") => OnFault::Halt,
        other => return Err(format!("`{}` is none of restart, stop, halt", other.unwrap_or(""))),
    };
    let mut limits = LIMITS;
    for word in words {
        let bad = || format!("`{word}` means nothing here");
        let (key, value) = word.split_once('=').filter(|_| on_fault == OnFault::Restart).ok_or_else(bad)?;
        match key {
            "limit" => limits.restarts = value.parse().map_err(|_| bad())?,
            "window" => limits.window_ms = milliseconds(value).ok_or_else(bad)?,
            "backoff" => limits.backoff_ms = milliseconds(value).ok_or_else(bad)?,
            "patience" => limits.patience_ms = milliseconds(value).ok_or_else(bad)?,
            _ => return Err(bad()),
        }
    }
    Ok(Rule { on_fault, limits })
}

fn milliseconds(text: &str) -> Option<u32> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok(),
        None => text.strip_suffix('s')?.parse::<u32>().ok()?.checked_mul(1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_defaults() {
        let policy = Policy::parse("# a\n\nvmm = restart limit=3 window=2s backoff=0ms\nserial=halt\n").unwrap();
        let limits = Limits { restarts: 3, window_ms: 2000, backoff_ms: 0, patience_ms: 10_000 };
        assert_eq!(policy.rule("vmm", true), Rule { on_fault: OnFault::Restart, limits });
        assert_eq!(policy.rule("serial", false).on_fault, OnFault::Halt);
        assert_eq!(policy.rule("other", true).on_fault, OnFault::Restart);
        assert_eq!(policy.rule("other", false).on_fault, OnFault::Stop);
        assert_eq!(policy.stranger(|name| name == "vmm"), Some("serial"));
    }

    #[test]
    fn each_mistake_has_its_line() {
        let error = |text| Policy::parse(text).unwrap_err();
        assert_eq!(error("\nvmm"), (2, "expected `name = what`".into()));
        assert_eq!(error("vmm = go"), (1, "`go` is none of restart, stop, halt".into()));
        assert_eq!(error("vmm = stop limit=3"), (1, "`limit=3` means nothing here".into()));
        assert_eq!(error("vmm = restart limit=x"), (1, "`limit=x` means nothing here".into()));
        assert_eq!(error("vmm = restart window=5"), (1, "`window=5` means nothing here".into()));
        assert_eq!(error("a = stop\na = stop"), (2, "`a` is there twice".into()));
    }
}
