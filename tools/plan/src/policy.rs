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

use system_spec::{Limits, OnFault};

use lazaret_diagnostic::Diagnostic;
use lazaret_diagnostic::{Source, Span, first_of_many};
use lazaret_sdf::System;
use lazaret_sdf::limits::{MAX_DESCRIPTION, read_at_most};

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

/// What a line looks like.
const FORM: &str = "NAME = restart [limit=N] [window=S] [backoff=S] [patience=S] | stop | halt";
/// Without numbers in the file.
const LIMITS: Limits = Limits { restarts: 10, window_ms: 60_000, backoff_ms: 10, patience_ms: 10_000 };

/// The rules by domain.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: BTreeMap<String, (Rule, Span)>,
}

impl Policy {
    /// The file beside a system's description; without one there are no rules. Every mistake in it.
    pub fn of(system: &System) -> Result<Self, Vec<Diagnostic>> {
        let path = system.source.path.with_extension("policy");
        if std::fs::symlink_metadata(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        let text = read_at_most(&path, MAX_DESCRIPTION);
        let text = text.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".into()));
        let text = text.map_err(|why| {
            let source = Source { path: path.clone(), text: "".into() };
            vec![Diagnostic::error(source, Span::default(), format!("The policy {why}"))]
        })?;
        let source = Source { path, text: text.into() };
        let (policy, mut mistakes) = Self::parse(&source);
        for (name, (_, span)) in &policy.rules {
            if !system.protection_domains.iter().any(|pd| pd.name == *name) {
                let what = format!("There is no protection domain '{name}'");
                let help = "name a <protection_domain> of the description";
                mistakes.push(Diagnostic::error(source.clone(), *span, what).help(help));
            }
        }
        mistakes.is_empty().then_some(policy).ok_or_else(|| first_of_many(mistakes, 0))
    }

    /// What is done with a domain.
    pub fn rule(&self, domain: &str, keeps_state: bool) -> Rule {
        let on_fault = if keeps_state { OnFault::Restart } else { OnFault::Stop };
        self.rules.get(domain).map_or(Rule { on_fault, limits: LIMITS }, |(rule, _)| *rule)
    }

    fn parse(source: &Source) -> (Self, Vec<Diagnostic>) {
        let (mut rules, mut mistakes) = (BTreeMap::new(), Vec::new());
        let mut start = 0;
        for whole in source.text.split_inclusive('\n') {
            let line = whole.trim();
            let first = start + (whole.len() - whole.trim_start().len());
            let span = Span::from(first..first + line.len());
            start += whole.len();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let what = match parse_line(line) {
                Ok((name, rule)) => match rules.insert(name.to_string(), (rule, span)) {
                    None => continue,
                    Some(_) => format!("'{name}' is there twice"),
                },
                Err(what) => what,
            };
            mistakes.push(Diagnostic::error(source.clone(), span, what).help(FORM));
        }
        (Self { rules }, mistakes)
    }
}

fn parse_line(line: &str) -> Result<(&str, Rule), String> {
    let (name, rule) = line.split_once('=').ok_or("Expected NAME = WHAT")?;
    Ok((name.trim(), parse_rule(rule)?))
}

fn parse_rule(text: &str) -> Result<Rule, String> {
    let mut words = text.split_whitespace();
    let on_fault = match words.next() {
        Some("restart") => OnFault::Restart,
        Some("stop") => OnFault::Stop,
        Some("halt") => OnFault::Halt,
        other => return Err(format!("'{}' is none of restart, stop, halt", other.unwrap_or(""))),
    };
    let mut limits = LIMITS;
    for word in words {
        let bad = || format!("'{word}' means nothing here");
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

    fn parse(text: &str) -> (Policy, Vec<String>) {
        let source = Source { path: "a.policy".into(), text: text.into() };
        let (policy, mistakes) = Policy::parse(&source);
        (policy, mistakes.iter().map(|mistake| mistake.headline()).collect())
    }

    #[test]
    fn rules_and_defaults() {
        let (policy, mistakes) = parse("# a\n\nvmm = restart limit=3 window=2s backoff=0ms\n  serial=halt\n");
        assert_eq!(mistakes, [""; 0]);
        let limits = Limits { restarts: 3, window_ms: 2000, backoff_ms: 0, patience_ms: 10_000 };
        assert_eq!(policy.rule("vmm", true), Rule { on_fault: OnFault::Restart, limits });
        assert_eq!(policy.rule("serial", false).on_fault, OnFault::Halt);
        assert_eq!(policy.rule("other", true).on_fault, OnFault::Restart);
        assert_eq!(policy.rule("other", false).on_fault, OnFault::Stop);
    }

    #[test]
    fn each_mistake_has_its_place_and_all_are_told() {
        let text = "\nvmm\na = go\n  b = stop limit=3\nc = restart limit=x\nd = restart window=5\ne = stop\ne = stop";
        let (_, mistakes) = parse(text);
        let wanted = [
            "a.policy:2:1: Expected NAME = WHAT",
            "a.policy:3:1: 'go' is none of restart, stop, halt",
            "a.policy:4:3: 'limit=3' means nothing here",
            "a.policy:5:1: 'limit=x' means nothing here",
            "a.policy:6:1: 'window=5' means nothing here",
            "a.policy:8:1: 'e' is there twice",
        ];
        assert_eq!(mistakes.len(), wanted.len(), "{mistakes:#?}");
        for (is, should) in mistakes.iter().zip(wanted) {
            let (place, what) = should.split_at(should.rfind(": ").unwrap() + 2);
            assert!(is.contains(place.trim_end_matches(": ")) && is.contains(what), "{is}, wanted {should}");
        }
    }
}
