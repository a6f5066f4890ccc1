// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many files of a kind, each read within limits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::Kind;
use crate::change::{Random, change};

/// Seconds of processor time for one file.
const SECONDS: u64 = 10;
/// Bytes of memory, beyond twice the file's size, for one file.
const MEMORY: u64 = 256 << 20;

/// Reads so many changed files of a kind, or only one; the error says which one was not read as it should.
pub fn run(kind: &Kind, count: u64, only: Option<u64>) -> Result<(), String> {
    let samples = (kind.samples)();
    assert!(!samples.is_empty(), "no file of the kind {} to begin with", kind.name);
    let (current, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sender, thread) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            _ = sender.send(this_thread());
            let result = only.map_or(0..count, |number| number..number + 1).try_for_each(|number| {
                current.store(number, SeqCst);
                one(kind, &samples, number)
            });
            over.store(true, SeqCst);
            result
        });
        let thread = thread.recv().unwrap_or_default();
        let (mut number, mut start) = (0, 0);
        while !over.load(SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
            let (now, at) = (processor_time(&thread), current.load(SeqCst));
            if at != number {
                (number, start) = (at, now);
            }
            // Nobody can stop a thread.
            if now.saturating_sub(start) > SECONDS * 1_000_000_000 {
                eprintln!("{}: file {number} takes more than {SECONDS} s of processor time", kind.name);
                std::process::exit(1);
            }
        }
        worker.join().unwrap_or_else(|_| Err("the trial itself failed".into()))
    })
}

fn one(kind: &Kind, samples: &[Vec<u8>], number: u64) -> Result<(), String> {
    let mut random = Random::new(number);
    let mut bytes = random.one(samples).clone();
    // The first ones are as they should be.
    if number as usize >= samples.len() {
        change(&mut bytes, &mut random);
    }
    let before = memory("VmSize");
    let name = kind.name;
    let read = catch_unwind(AssertUnwindSafe(|| (kind.read)(&bytes)));
    read.map_err(|_| format!("{name}: file {number} makes a panic"))?;
    let most = before + 2 * bytes.len() as u64 + MEMORY;
    match memory("VmPeak") {
        peak if peak > most => {
            Err(format!("{name}: file {number}, {} bytes, takes {} bytes", bytes.len(), peak - before))
        }
        _ => Ok(()),
    }
}

/// Bytes, from what Linux says of this process.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).map_or(0, |kib: u64| kib << 10)
}

fn this_thread() -> String {
    std::fs::read_link("/proc/thread-self").map_or(String::new(), |path| format!("/proc/{}/schedstat", path.display()))
}

/// Nanoseconds of a thread on a processor.
fn processor_time(thread: &str) -> u64 {
    let text = std::fs::read_to_string(thread).unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(read: fn(&[u8])) -> Kind {
        Kind { name: "test", samples: || vec![vec![1; 100]], read }
    }

    #[test]
    fn a_panic_and_growth_are_noticed() {
        run(&kind(|_| ()), 100, None).unwrap();
        let error = run(&kind(|bytes| assert_eq!(bytes.len(), 100)), 100, None).unwrap_err();
        assert!(error.contains("panic"), "{error}");
        let greedy = |bytes: &[u8]| {
            let size = if bytes.len() == 100 { 0 } else { 1 << 30 };
            std::hint::black_box(vec![0u8; size]);
        };
        assert!(run(&kind(greedy), 100, None).unwrap_err().contains("takes"));
    }

    #[test]
    fn processor_time_passes() {
        let (thread, mut spent) = (this_thread(), 0);
        while spent < 50_000_000 {
            (0..100_000).for_each(|n| _ = std::hint::black_box(n));
            spent = processor_time(&thread);
            assert!(std::path::Path::new(&thread).exists());
        }
        assert!(memory("VmPeak") > 0 && memory("VmSize") > 0);
    }
}
