// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines of several consoles on one wire: the serial driver cuts a line when somebody else has output, and says where
//! it goes on (`serial::mux`).

use std::collections::HashMap;

/// The prefix of a console's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The console's name.
    pub owner: String,
    /// The line goes on where it was cut.
    pub goes_on: bool,
    /// Where the text starts.
    pub start: usize,
}

/// Names are short and have no blanks.
const LONGEST: usize = 16;

impl Cut {
    /// The prefix of a line, if it has one.
    pub fn of(line: &str) -> Option<Self> {
        let end = line.find(['|', '+', ' ']).filter(|&end| (1..=LONGEST).contains(&end))?;
        let (owner, rest) = line.split_at(end);
        let goes_on = rest.starts_with("+ ");
        (goes_on || rest.starts_with("| ")).then(|| Self { owner: owner.into(), goes_on, start: end + 2 })
    }
}

/// The last line of each console, which may go on.
#[derive(Debug, Default)]
pub struct Lines(HashMap<String, String>);

impl Lines {
    /// A line of a console has ended, or was cut.
    pub fn ended(&mut self, owner: Option<String>, line: String) {
        if let Some(owner) = owner {
            self.0.insert(owner, line);
        }
    }

    /// The line that goes on.
    pub fn take(&mut self, owner: &str) -> String {
        self.0.remove(owner).unwrap_or_default()
    }
}

/// The same output with each cut line in one piece, where it began.
pub fn rejoin(output: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut last: HashMap<String, usize> = HashMap::new();
    for line in output.lines() {
        let cut = Cut::of(line);
        let begun = cut.as_ref().filter(|cut| cut.goes_on).and_then(|cut| last.get(&cut.owner));
        match (begun, cut) {
            (Some(&at), Some(cut)) => lines[at].push_str(&line[cut.start..]),
            (_, cut) => {
                last.extend(cut.map(|cut| (cut.owner, lines.len())));
                lines.push(line.into());
            }
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        let cut = |goes_on, start| Some(Cut { owner: "linux".into(), goes_on, start });
        assert_eq!(Cut::of("linux| a"), cut(false, 7));
        assert_eq!(Cut::of("linux+ a"), cut(true, 7));
        for line in ["", "linux", "linux|", "linux|a", "| a", "MON|INFO: x", "a b| c", "a-name-that-is-too-long| a"] {
            assert_eq!(Cut::of(line), None, "{line}");
        }
    }

    #[test]
    fn cut_lines_are_whole_again() {
        let output = "boot\nbare| round 1, 0\nlinux| / # \nbare+  failed\nlinux+ ls\nbare| end\nother+ lost";
        assert_eq!(rejoin(output), "boot\nbare| round 1, 0 failed\nlinux| / # ls\nbare| end\nother+ lost");
    }
}
