// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a machine prints, piece by piece as it comes, and the lines in it that say that something of ours is broken.

use std::io::Read;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use lazaret_abi::console::FATAL;

/// What was looked at of a machine's output, for lines in which the kernel or the monitor says that something of ours is
/// broken. They are known by their mark: whatever a guest prints, the serial driver lets no mark of a guest's through.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The fatal line so far.
    line: Option<Vec<u8>>,
}

impl Faults {
    /// The first such line that ends in this piece.
    pub fn find(&mut self, piece: &[u8]) -> Option<String> {
        let mut rest = piece;
        if self.line.is_none() {
            rest = &rest[rest.iter().position(|byte| *byte == FATAL as u8)? + 1..];
        }
        let line = self.line.get_or_insert_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let room = LONGEST.saturating_sub(line.len());
        line.extend(&rest[..end.unwrap_or(rest.len()).min(room)]);
        end?;
        let line = self.line.take().unwrap_or_default();
        Some(text(&line).trim().to_string())
    }
}

/// Bytes of such a line that are shown.
const LONGEST: usize = 1000;

/// A machine's output as text: without carriage returns and marks.
pub fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).replace(['\r', FATAL], "")
}

/// Output and errors of a process that was just started.
pub(super) fn read_all(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    if let Some(out) = child.stdout.take() {
        forward(out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, sender);
    }
    receiver
}

/// Sends what it reads until there is no more, or nobody takes it.
pub(super) fn forward(mut from: impl Read + Send + 'static, to: Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fatal_line_is_known_by_its_mark() {
        let mut faults = Faults::default();
        assert_eq!(faults.find(b"MON|ERROR: x\nKRN|PANIC\nbare| MON|ERROR: x\n"), None);
        assert_eq!(faults.find(b"linux| / # \x1eMON|ERR"), None);
        assert_eq!(faults.find(b"OR: 'a' is stopped\r\nmore\n"), Some("MON|ERROR: 'a' is stopped".into()));
        assert_eq!(faults.find(b"\x1eKRN|ERROR: b\n"), Some("KRN|ERROR: b".into()));
        faults.find(b"\x1e");
        (0..1000).for_each(|_| _ = faults.find(&[b'x'; 4096]));
        assert_eq!(faults.find(b"\n").map(|line| line.len()), Some(LONGEST));
        assert_eq!(text(b"a\r\n\x1eMON|x\xff"), "a\nMON|x\u{fffd}");
    }
}
