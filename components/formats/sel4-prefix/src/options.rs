// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel's configuration: upstream's flat map of names without `CONFIG_`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// Keys that make no difference to a program, or that only our file has.
const WITHOUT_EFFECT: [&str; 4] = ["ARM_CPU", "ARM_ICACHE_VIPT", "COLOUR_PRINTING", "SEL4_ARCH_AARCH64"];

/// Keys of our own.
const OURS: &str = "LAZARET_";

/// Every option as text: `true`, `false`, a number or a name.
#[derive(Debug, Clone)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// Reads a `gen_config.json`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Parses one.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let map: BTreeMap<String, Value> = serde_json::from_str(text)?;
        let plain = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Self(map.into_iter().map(|(key, value)| (key, plain(value))).collect()))
    }

    /// An option's value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A switch that is on; one that is not there is off.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some("true")
    }

    /// An option's value as a number.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    /// Keys of `ours` that have another value here, where `debug` is what our debug switches are.
    pub fn differences(&self, ours: &Self, debug: bool) -> Vec<String> {
        let debug = debug.to_string();
        let wanted = |key: &str, value: &str| match key {
            "DEBUG_BUILD" | "PRINTING" => debug.clone(),
            _ => value.to_string(),
        };
        let counts = |key: &str| !key.starts_with(OURS) && !WITHOUT_EFFECT.contains(&key);
        let keys = ours.0.iter().filter(|(key, _)| counts(key));
        keys.filter(|(key, value)| self.get(key) != Some(&wanted(key, value))).map(|(key, _)| key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_numbers_and_names_are_text() {
        let options = Options::parse(r#"{"A": true, "B": "17", "C": 5, "D": ""}"#).unwrap();
        assert!(options.is_true("A") && !options.is_true("X"));
        assert_eq!([options.get("B"), options.get("C"), options.get("D")], [Some("17"), Some("5"), Some("")]);
        assert!(Options::parse("[]").is_err());
    }

    #[test]
    fn differences_are_those_that_programs_see() {
        let ours =
            Options::parse(r#"{"A": true, "PRINTING": true, "LAZARET_X": true, "COLOUR_PRINTING": false}"#).unwrap();
        let theirs = |text| Options::parse(text).unwrap();
        let differences = |text, debug| theirs(text).differences(&ours, debug);
        assert!(differences(r#"{"A": true, "PRINTING": true, "MORE": "1"}"#, true).is_empty());
        assert!(differences(r#"{"A": true, "PRINTING": false}"#, false).is_empty());
        assert_eq!(differences(r#"{"A": false, "PRINTING": true}"#, true), ["A"]);
        assert_eq!(differences(r#"{"PRINTING": true}"#, true), ["A"]);
    }
}
