// SPDX-License-Identifier: MIT OR Apache-2.0
//! What came of a run.

use serde::{Deserialize, Serialize};

use super::case::FaultKind;
use super::testbed::GUESTS;
use lazaret_machine::rejoin;

/// Classes of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both guests said what they say without a fault.
    NoEffect,
    /// The VMM was started again, and its guest did not notice.
    Restarted,
    /// The victim's guest got an undefined instruction or an abort, and says so.
    GuestUndef,
    /// The victim is stopped: the policy says so, or its state is damaged.
    Stopped,
    /// Its own VMM's flip (or what it ran itself) changed what the victim's guest says.
    OwnGuest,
    /// The victim's guest does not go on, because of its own VMM's flip or of what it ran itself.
    OwnGuestStalled,
    /// The kernel noticed that its memory is damaged, and stopped.
    Detected,
    /// Forbidden: the other VM says something else.
    OtherAffected,
    /// Forbidden: the other VM found debug registers that are not its own.
    DebugCrossed,
    /// Forbidden: the kernel panicked.
    KernelPanic,
    /// Forbidden: the other VM does not go on.
    Hang,
    /// Forbidden: the victim's guest says something else, though nothing of its VMM was flipped.
    SilentCorruption,
}

/// All of them.
pub const OUTCOMES: [Outcome; 12] = [
    Outcome::NoEffect,
    Outcome::Restarted,
    Outcome::GuestUndef,
    Outcome::Stopped,
    Outcome::OwnGuest,
    Outcome::OwnGuestStalled,
    Outcome::Detected,
    Outcome::OtherAffected,
    Outcome::DebugCrossed,
    Outcome::KernelPanic,
    Outcome::Hang,
    Outcome::SilentCorruption,
];

impl Outcome {
    /// What must never be, whatever is injected outside the kernel.
    pub fn is_forbidden(self) -> bool {
        use Outcome::{DebugCrossed, Hang, KernelPanic, OtherAffected, SilentCorruption};
        matches!(self, OtherAffected | DebugCrossed | KernelPanic | Hang | SilentCorruption)
    }

    /// As files and tables name it.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| name.as_str().map(String::from)).unwrap_or_default()
    }
}

/// What the two guests say, and the monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// Lines of the victim's guest and of the other one.
    pub guests: [String; 2],
    restarts: usize,
    monitor: String,
    /// The kernel's lines.
    pub kernel: String,
    rest: String,
}

impl Transcript {
    /// Takes the output of a run apart.
    pub fn new(output: &str) -> Self {
        let [rest, monitor, kernel] = apart(output);
        let restarts = monitor.matches("started again").count();
        let rejoined = rejoin(&rest);
        let guests = GUESTS.map(|name| said(&rejoined, name));
        Self { guests, restarts, monitor, kernel, rest }
    }

    fn has_ended(&self, guest: usize) -> bool {
        self.guests[guest].contains("powered off")
    }

    fn kernel_stopped(&self) -> bool {
        self.kernel.contains("KRN|PANIC") || self.kernel.contains("KRN|ERROR")
    }

    /// Neither guest says any more, or the kernel does not run.
    pub fn is_over(&self) -> bool {
        self.kernel_stopped() || self.has_ended(1) && (self.has_ended(0) || is_stopped(self))
    }
}

/// What comes from the serial driver, the monitor and the kernel. The latter two write in between, in mid-line at times;
/// so does, on a debug kernel's console, a VMM that has no other way, and one that dies there does not end its line.
pub fn apart(output: &str) -> [String; 3] {
    let (mut rest, mut monitor, mut kernel) = (String::new(), String::new(), String::new());
    for line in output.split_inclusive('\n') {
        let at = ["MON|", "KRN|"].iter().filter_map(|tag| line.find(tag)).chain(past_the_driver(line)).min();
        let (guests, own) = line.split_at(at.unwrap_or(line.len()));
        rest.push_str(guests);
        let next = GUESTS.iter().filter_map(|name| own.find(&format!("{name}| "))).min();
        let (own, next) = own.split_at(next.filter(|_| own.starts_with("VMM|")).unwrap_or(own.len()));
        rest.push_str(next);
        if own.starts_with("KRN|") { kernel.push_str(own) } else { monitor.push_str(own) }
    }
    [rest, monitor, kernel]
}

/// Where a VMM's line begins that did not come through the serial driver.
fn past_the_driver(line: &str) -> Option<usize> {
    line.match_indices("VMM|").map(|(at, _)| at).find(|&at| !line[..at].ends_with("| ") && !line[..at].ends_with("+ "))
}

/// A guest's lines, without the counts that depend on time.
pub fn said(output: &str, name: &str) -> String {
    let own = output.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix("| "));
    own.filter(|line| !line.contains(" exits, ")).map(|line| format!("{line}\n")).collect()
}

/// Compares a run with one without a fault.
pub fn classify(kind: FaultKind, run: &Transcript, good: &Transcript) -> Outcome {
    if run.kernel_stopped() {
        return Outcome::KernelPanic;
    }
    if !run.has_ended(1) {
        return Outcome::Hang;
    }
    if run.guests[1] != good.guests[1] {
        let crossed = run.guests[1].lines().any(|line| line.starts_with("FAIL register"));
        return if crossed { Outcome::DebugCrossed } else { Outcome::OtherAffected };
    }
    if is_stopped(run) {
        return Outcome::Stopped;
    }
    if run.guests[0] == good.guests[0] {
        return if run.restarts > 0 { Outcome::Restarted } else { Outcome::NoEffect };
    }
    match kind {
        // An interrupt of a device is the serial driver's, a guest's own code its own affair.
        FaultKind::Interrupts => Outcome::SilentCorruption,
        FaultKind::GuestCode | FaultKind::GuestAccess if has_undefined(run, good) => Outcome::GuestUndef,
        _ if !run.has_ended(0) => Outcome::OwnGuestStalled,
        _ if has_undefined(run, good) => Outcome::GuestUndef,
        _ => Outcome::OwnGuest,
    }
}

/// The policy ended it, or its VMM did because of its state or of a message that cannot be.
fn is_stopped(run: &Transcript) -> bool {
    run.monitor.contains("is stopped")
        || run.guests.iter().any(|said| said.contains("its state region"))
        || run.guests[0].contains("stopped by a fault of label")
        || run.rest.contains("its state region")
}

/// The victim's VMM reports more of its guest's mistakes than without a fault.
fn has_undefined(run: &Transcript, good: &Transcript) -> bool {
    let count = |transcript: &Transcript| {
        let lines = transcript.guests[0].lines();
        lines.filter(|line| line.ends_with(": undefined") || line.ends_with(": external abort")).count()
    };
    count(run) > count(good)
}

/// Kernel flips are a class of their own: what would be forbidden elsewhere is counted, and "detected" if it stopped.
pub fn of_kernel_flip(outcome: Outcome) -> Outcome {
    if outcome == Outcome::KernelPanic { Outcome::Detected } else { outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "bare_a| hello\nbare_b| hello\nbare_a| VMM|INFO: bare_a: powered off\nbare_b| VMM|INFO: bare_b: powered off\n";

    fn outcome(kind: FaultKind, output: &str) -> Outcome {
        classify(kind, &Transcript::new(output), &Transcript::new(GOOD))
    }

    #[test]
    fn lines_of_others_in_between_change_nothing() {
        assert_eq!(outcome(FaultKind::Register, GOOD), Outcome::NoEffect);
        let torn = GOOD.replace("| hello\nbare_b", "| helMON|WARN: 'vmm_bare_a' was started again\nlo\nbare_b");
        assert_eq!(outcome(FaultKind::Register, &torn), Outcome::Restarted);
        let garbage = GOOD.replace("bare_b| hello", "VMM|ERROR: \u{1}\u{2}bare_b| hello");
        assert_eq!(outcome(FaultKind::Register, &garbage), Outcome::NoEffect);
        let in_a_line = GOOD.replace("b| hello", "b| helVMM|ERROR: x\nlo");
        assert_eq!(outcome(FaultKind::Register, &in_a_line), Outcome::NoEffect);
    }

    #[test]
    fn each_forbidden_outcome_is_found() {
        assert_eq!(outcome(FaultKind::Register, "KRN|PANIC: x\n"), Outcome::KernelPanic);
        assert_eq!(outcome(FaultKind::Register, "bare_a| hello\n"), Outcome::Hang);
        assert_eq!(outcome(FaultKind::Register, &GOOD.replace("b| hello", "b| help")), Outcome::OtherAffected);
        let crossed = GOOD.replace("b| hello", "b| FAIL register.1.1 expected 0x2 got 0x1");
        assert_eq!(outcome(FaultKind::Register, &crossed), Outcome::DebugCrossed);
        assert_eq!(outcome(FaultKind::Interrupts, &GOOD.replace("a| hello", "a| help")), Outcome::SilentCorruption);
        assert!(OUTCOMES.iter().filter(|outcome| outcome.is_forbidden()).count() == 5);
    }

    #[test]
    fn its_own_guest_is_told_apart() {
        assert_eq!(outcome(FaultKind::Register, &GOOD.replace("a| hello", "a| help")), Outcome::OwnGuest);
        let stalled = GOOD.replace("bare_a| VMM|INFO: bare_a: powered off\n", "");
        assert_eq!(outcome(FaultKind::Register, &stalled), Outcome::OwnGuestStalled);
        let stopped = format!("{stalled}MON|ERROR: 'vmm_bare_a' has used up its restarts and is stopped\n");
        assert_eq!(outcome(FaultKind::Register, &stopped), Outcome::Stopped);
        let is_over = |output| Transcript::new(output).is_over();
        assert!(is_over(GOOD) && is_over(&stopped) && is_over("KRN|PANIC: x\n") && !is_over(&stalled));
    }
}
