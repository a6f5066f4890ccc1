// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stops a command, and what its user can do about it.

/// An error with advice.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

impl Problem {
    /// An error with advice, ready for `?` and `bail`.
    #[allow(clippy::new_ret_no_self, reason = "what is made is always returned as an error")]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), help: help.into() }.into()
    }
}

/// The text for a terminal: the error, its causes, its advice.
pub fn describe(error: &anyhow::Error) -> String {
    let mut text = format!("Error: {error}");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("\n  because: {cause}"));
    }
    if let Some(problem) = error.chain().find_map(|e| e.downcast_ref::<Problem>()) {
        text.push_str(&format!("\n  help: {}", problem.help.replace('\n', "\n        ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn shows_causes_and_advice() {
        let error = Err::<(), _>(Problem::new("no kernel", "give one")).context("building").unwrap_err();
        assert_eq!(describe(&error), "Error: building\n  because: no kernel\n  help: give one");
    }
}
