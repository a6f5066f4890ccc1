// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a machine prints, piece by piece as it comes, and the lines in it that say that something of ours is broken.

use std::io::Read;
use std::mem::take;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// Output and errors of a process that was just started. QEMU says at any time what it has to say: that waits for the end
/// of the machine's line.
pub(super) fn read_all(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let merged = Arc::new(Mutex::new(Merged::default()));
    if let Some(out) = child.stdout.take() {
        let (sender, merged) = (sender.clone(), merged.clone());
        read_pieces(out, move |piece| send(&sender, locked(&merged).output(piece)));
    }
    if let Some(err) = child.stderr.take() {
        read_pieces(err, move |piece| send(&sender, locked(&merged).errors(piece)));
    }
    receiver
}

/// Sends what it reads until there is no more, or nobody takes it.
pub(super) fn forward(from: impl Read + Send + 'static, to: Sender<Vec<u8>>) {
    read_pieces(from, move |piece| send(&to, piece.to_vec()));
}

/// Each piece as it comes, an empty one at the end, until somebody wants no more.
fn read_pieces(mut from: impl Read + Send + 'static, mut take: impl FnMut(&[u8]) -> bool + Send + 'static) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count) = from.read(&mut buffer) {
            if !take(&buffer[..count]) || count == 0 {
                break;
            }
        }
    });
}

/// False if nobody takes it. An empty piece means something else to whoever does.
fn send(to: &Sender<Vec<u8>>, piece: Vec<u8>) -> bool {
    piece.is_empty() || to.send(piece).is_ok()
}

fn locked(merged: &Mutex<Merged>) -> MutexGuard<'_, Merged> {
    merged.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process's output with its errors, which interrupt no line of it.
#[derive(Debug, Default)]
struct Merged {
    is_in_line: bool,
    /// Errors for which the line's end is awaited.
    held: Vec<u8>,
}

impl Merged {
    /// More output; empty: there is no more. What is to be shown.
    fn output(&mut self, piece: &[u8]) -> Vec<u8> {
        self.is_in_line = piece.last().is_some_and(|last| *last != b'\n');
        if piece.is_empty() {
            return take(&mut self.held);
        }
        match piece.iter().position(|byte| *byte == b'\n') {
            Some(end) => [&piece[..=end], &take(&mut self.held), &piece[end + 1..]].concat(),
            None => piece.to_vec(),
        }
    }

    /// More errors. What is to be shown.
    fn errors(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend(piece);
        if self.is_in_line { Vec::new() } else { take(&mut self.held) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_interrupt_no_line() {
        let mut merged = Merged::default();
        assert_eq!(merged.errors(b"qemu: a\n"), b"qemu: a\n");
        assert_eq!(merged.output(b"one\nGUEST: 1"), b"one\nGUEST: 1");
        assert_eq!(merged.errors(b"qemu: b\n"), b"");
        assert_eq!(merged.output(b"2 pa"), b"2 pa");
        assert_eq!(merged.output(b"ssed\nmore"), b"ssed\nqemu: b\nmore");
        assert_eq!(merged.errors(b"qemu: c\n"), b"");
        assert_eq!(merged.output(b""), b"qemu: c\n", "at the end");
        assert_eq!(merged.errors(b"qemu: d\n"), b"qemu: d\n", "after it");
    }

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
