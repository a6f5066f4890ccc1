// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to wait for in the output, and what to type when it comes.

use std::collections::VecDeque;

use lazaret_abi::console::FATAL;
use regex::{Captures, Regex};

use super::lines::{Cut, Lines};

/// Bytes of a line that a pattern is looked for in.
const LONGEST_LINE: usize = 16 << 10;
/// Bytes of an escape sequence.
const LONGEST_SEQUENCE: usize = 64;

/// What to type, of what was found.
type Answer = Box<dyn Fn(&Captures<'_>) -> Vec<u8>>;

struct Step {
    wait: Regex,
    answer: Answer,
}

impl Step {
    /// Where what it waits for ends, and what to type.
    fn look(&self, line: &str) -> Option<(usize, Vec<u8>)> {
        let found = self.wait.captures(line)?;
        Some((found.get(0)?.end(), (self.answer)(&found)))
    }
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
    /// The beginning of an escape sequence.
    escape: String,
    /// Lines were too long to be looked at as a whole.
    cropped: bool,
}

impl Script {
    /// No steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for a pattern in one line, then types `text` as it is (end it with `\r` for Enter).
    pub fn step(self, wait: &str, text: &str) -> Self {
        let text = text.to_string();
        self.answer(wait, move |_| text.clone())
    }

    /// Waits for a pattern in one line, then types what is made of what was found.
    pub fn answer(mut self, wait: &str, answer: impl Fn(&Captures<'_>) -> String + 'static) -> Self {
        let wait = Regex::new(wait).unwrap_or_else(|e| panic!("{e}"));
        self.steps.push_back(Step { wait, answer: Box::new(move |found| answer(found).into_bytes()) });
        self
    }

    /// Waits for a pattern and types nothing.
    pub fn expect(self, wait: &str) -> Self {
        self.step(wait, "")
    }

    /// Adds a last pattern that is compiled already.
    pub fn until(mut self, wait: Regex) -> Self {
        self.steps.push_back(Step { wait, answer: Box::new(|_| Vec::new()) });
        self
    }

    /// Output with a word about what was not looked at, or is not there any more.
    pub(super) fn noted(&self, output: String, left_out: usize) -> String {
        let dropped = (left_out > 0).then(|| format!("(the first {left_out} bytes are not kept)\n"));
        let kib = LONGEST_LINE >> 10;
        let cropped = self.cropped.then(|| format!("(of lines longer than {kib} KiB only the end was looked at)\n"));
        [dropped.unwrap_or_default(), cropped.unwrap_or_default(), output].concat()
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
            let fresh = std::mem::take(&mut self.escape) + &String::from_utf8_lossy(&std::mem::take(&mut self.partial));
            let (fresh, escape) = plain(&fresh);
            self.escape = escape;
            self.line.push_str(&fresh);
            self.crop();
            self.rejoin();
            while let Some((end, answer)) = self.steps.front().and_then(|step| step.look(&self.line)) {
                self.steps.pop_front();
                self.line.drain(..end);
                typed.extend(answer);
            }
            if ends {
                self.escape.clear();
                let rest = std::mem::take(&mut self.line);
                self.lines.ended(self.owner.take(), rest);
            }
        }
        typed
    }

    /// Of a line without an end its last part is looked at.
    fn crop(&mut self) {
        if self.line.len() > 2 * LONGEST_LINE {
            self.line.drain(..self.line.ceil_char_boundary(self.line.len() - LONGEST_LINE));
            self.cropped = true;
        }
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

/// Without the escape sequences that colour text or ask the terminal something, and without the mark of a fatal line;
/// and what may be the beginning of a sequence whose rest has not come yet.
fn plain(text: &str) -> (String, String) {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\x1b', FATAL]) {
        out.push_str(&rest[..at]);
        let from = &rest[at..];
        let is_sequence = from.starts_with("\x1b[");
        let parameters = from.as_bytes().iter().take(LONGEST_SEQUENCE).skip(2);
        match parameters.take_while(|_| is_sequence).position(|byte| (b'@'..=b'~').contains(byte)) {
            Some(end) => rest = &from[2 + end + 1..],
            None if is_sequence && from.len() < LONGEST_SEQUENCE || from == "\x1b" => return (out, from.into()),
            None => rest = &from[1..],
        }
    }
    out.push_str(rest);
    (out, String::new())
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
    fn an_answer_is_made_of_what_was_found() {
        let mut script = Script::new().answer("at (\\d+)", |found| format!("look {}\r", &found[1])).expect("end");
        assert_eq!(script.feed(b"it is at 17"), b"look 17\r");
        assert_eq!(script.waiting_for(), Some("end"));
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
    fn a_line_without_an_end_is_cropped_and_takes_no_time() {
        let mut script = Script::new().expect("never").expect("end");
        for _ in 0..1024 {
            script.feed(&[b'x'; 4096]);
        }
        assert!(script.cropped && script.line.len() <= 2 * LONGEST_LINE);
        let mut script = Script::new().expect("the end$");
        script.feed(&[b'\x1b'; 1 << 20]);
        script.feed(&[&b"\x1b["[..], &[b'0'; 1 << 20], b"the end"].concat());
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
