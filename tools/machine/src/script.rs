// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to wait for in the output, and what to type when it comes.

use std::collections::VecDeque;

use regex::Regex;

use super::lines::{Cut, Lines};

struct Step {
    wait: Regex,
    send: Vec<u8>,
}

/// Steps in order, over output that arrives in pieces.
#[derive(Default)]
pub struct Script {
    steps: VecDeque<Step>,
    line: String,
    /// Whose line this is, once that is known.
    owner: Option<String>,
    lines: Lines,
    partial: Vec<u8>,
}

impl Script {
    /// No steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for a pattern in one line, then types `text` as it is (end it with `\r` for Enter).
    pub fn step(mut self, wait: &str, text: &str) -> Self {
        let wait = Regex::new(wait).unwrap_or_else(|e| panic!("{e}"));
        self.steps.push_back(Step { wait, send: text.as_bytes().to_vec() });
        self
    }

    /// Waits for a pattern and types nothing.
    pub fn expect(self, wait: &str) -> Self {
        self.step(wait, "")
    }

    /// Adds a last pattern that is compiled already.
    pub fn until(mut self, wait: Regex) -> Self {
        self.steps.push_back(Step { wait, send: Vec::new() });
        self
    }

    /// Nothing left to wait for?
    pub fn is_done(&self) -> bool {
        self.steps.is_empty()
    }

    /// The pattern that it waits for.
    pub fn waiting_for(&self) -> Option<&str> {
        self.steps.front().map(|step| step.wait.as_str())
    }

    /// Takes a piece of output; gives what to type now. A pattern is looked for in the line after the last match.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut typed = Vec::new();
        for part in piece.split_inclusive(|&b| b == b'\n') {
            self.partial.extend(part.iter().filter(|&&b| b != b'\r' && b != b'\n'));
            let ends = part.ends_with(b"\n");
            if !ends && std::str::from_utf8(&self.partial).is_err_and(|e| e.error_len().is_none()) {
                continue;
            }
            self.line.push_str(&String::from_utf8_lossy(&std::mem::take(&mut self.partial)));
            self.line = plain(&self.line);
            self.rejoin();
            while let Some(end) = self.steps.front().and_then(|s| s.wait.find(&self.line)).map(|found| found.end()) {
                self.line.drain(..end);
                typed.extend(self.steps.pop_front().map(|step| step.send).unwrap_or_default());
            }
            if ends {
                let rest = std::mem::take(&mut self.line);
                self.lines.ended(self.owner.take(), rest);
            }
        }
        typed
    }

    /// Puts what came before the cut in front of a line that goes on.
    fn rejoin(&mut self) {
        if self.owner.is_none()
            && let Some(Cut { owner, goes_on, start }) = Cut::of(&self.line)
        {
            if goes_on {
                self.line.replace_range(..start, &self.lines.take(&owner));
            }
            self.owner = Some(owner);
        }
    }
}

/// Without the escape sequences that colour text or ask the terminal something.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        out.push_str(before);
        match after.find(|c: char| ('@'..='~').contains(&c)) {
            Some(end) => rest = &after[end + 1..],
            // The rest of the sequence has not come yet.
            None => return out + &rest[before.len()..],
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_do_not_hide_anything() {
        let mut script = Script::new().expect("^\\(gdb\\) Breakpoint 1");
        script.feed(b"\x1b[35;1m(gdb)\x1b[");
        script.feed(b"m Break\x1b[6npoint 1");
        assert!(script.is_done());
    }

    #[test]
    fn finds_patterns_across_pieces_and_prompts_without_a_newline() {
        let mut script = Script::new().step("press Enter", "\r").step("/ #", "poweroff\r").expect("down$");
        assert_eq!(script.feed(b"boot\r\nPlease pre"), b"");
        assert_eq!(script.feed(b"ss Enter to"), b"\r");
        assert_eq!(script.feed(b"\r\n\r\n/ # "), b"poweroff\r");
        assert!(!script.is_done());
        script.feed(b"reboot: Power down\r\n");
        assert!(script.is_done());
    }

    #[test]
    fn a_line_that_another_console_cut_is_one_line() {
        let mut script = Script::new().expect("Hardware assisted breakpoint 1 at").expect("/ # ?$").expect("round 2");
        script.feed(b"linux| Hardware assis\r\nbare| round 1\r\nlinux+ ted break");
        script.feed(b"point\r\nbare| x\r\nlin");
        script.feed(b"ux+  1 at 0x10\r\nlinux| / \r\nbare| rou\r\nlinux+ # ");
        assert_eq!(script.waiting_for(), Some("round 2"));
        script.feed(b"\r\nbare+ nd 2");
        assert!(script.is_done());
    }

    #[test]
    fn one_match_serves_one_step() {
        let mut script = Script::new().expect("a").expect("a");
        script.feed(b"a");
        assert_eq!(script.waiting_for(), Some("a"));
        script.feed(b"\na");
        assert!(script.is_done());
    }
}
