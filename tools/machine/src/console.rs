// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a machine prints, piece by piece as it comes, and the lines in it that say that something of ours is broken.

use std::io::Read;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// What the kernel and the monitor say when something of ours is broken.
const FAULTS: [&str; 3] = ["KRN|PANIC", "KRN|ERROR", "MON|ERROR"];

/// Looks at complete lines that were not looked at before.
pub(super) fn find_fault(seen: &[u8], checked: &mut usize) -> Option<String> {
    let end = seen.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let fresh = String::from_utf8_lossy(seen.get(*checked..end)?).into_owned();
    *checked = end;
    fresh.lines().find(|line| FAULTS.iter().any(|f| line.contains(f))).map(|line| line.trim().to_string())
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
