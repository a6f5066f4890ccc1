// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cases and their outcome.

use core::{fmt, panic::Location};

use lazaret_abi::Switch;
use sel4::{debug_print, debug_println};

use crate::{answer::Answer, differences::reason, env::Env};

/// Why a case failed.
#[derive(Debug)]
pub struct Failure {
    at: &'static Location<'static>,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Untrue(&'static str),
    Error(sel4::Error),
    Differs(u64, u64),
    Unexpected(sel4::Result<()>),
    Answer(Answer, Answer),
    Absent,
    Without(Switch),
    Skipped(&'static str),
}

impl Failure {
    #[track_caller]
    fn new(why: Why) -> Self {
        Self { at: Location::caller(), why }
    }
}

impl From<sel4::Error> for Failure {
    #[track_caller]
    fn from(error: sel4::Error) -> Self {
        Self::new(Why::Error(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.at.file(), self.at.line())?;
        match &self.why {
            Why::Untrue(what) | Why::Skipped(what) => write!(f, "{what}"),
            Why::Error(error) => write!(f, "{error:?}"),
            Why::Differs(is, should) => write!(f, "{is:#x}, not {should:#x}"),
            Why::Unexpected(result) => write!(f, "{result:?}"),
            Why::Absent => write!(f, "there is no extension"),
            Why::Without(part) => write!(f, "this kernel is built without {part:?}"),
            Why::Answer(is, should) => write!(f, "answer {is:?}, not {should:?}"),
        }
    }
}

/// What a case returns.
pub type Outcome = Result<(), Failure>;

pub type Case = (&'static str, fn(&mut Env) -> Outcome);

/// Fails with the text if not so.
#[track_caller]
pub fn check(so: bool, text: &'static str) -> Outcome {
    if so { Ok(()) } else { Err(Failure::new(Why::Untrue(text))) }
}

/// The case cannot be had here, for this reason.
#[track_caller]
pub fn skip(why: &'static str) -> Outcome {
    Err(Failure::new(Why::Skipped(why)))
}

/// Fails unless the words are the same.
#[track_caller]
pub fn same(is: u64, should: u64) -> Outcome {
    if is == should { Ok(()) } else { Err(Failure::new(Why::Differs(is, should))) }
}

/// Fails unless the invocation was refused like this.
#[track_caller]
pub fn refused<T>(result: sel4::Result<T>, should: sel4::Error) -> Outcome {
    match result {
        Err(error) if error == should => Ok(()),
        other => Err(Failure::new(Why::Unexpected(other.map(|_| ())))),
    }
}

/// As [`refused`], with the first words of the answer.
#[track_caller]
pub fn refused_with<T>(result: sel4::Result<T>, should: sel4::Error, words: &[u64]) -> Outcome {
    refused(result, should)?;
    words.iter().enumerate().try_for_each(|(index, word)| same(message_register(index), *word))
}

/// Fails unless the kernel answered exactly this.
#[track_caller]
pub fn same_answer(is: Answer, should: Answer) -> Outcome {
    if is.is(&should) { Ok(()) } else { Err(Failure::new(Why::Answer(is, should))) }
}

/// Skips the case on a kernel without our extensions; a seL4 with the debug shim is one.
pub fn needs_extension(env: &mut Env) -> Outcome {
    if env.parts().has(Switch::DebugRegisters) { Ok(()) } else { Err(Failure::new(Why::Absent)) }
}

/// Skips the case on a kernel without the debug shim.
pub fn needs_shim(env: &mut Env) -> Outcome {
    if env.parts().counts().is_some() { Ok(()) } else { skip("this kernel has no debug shim") }
}

/// Skips the case on a kernel without this part of the extension.
pub fn needs(env: &mut Env, part: Switch) -> Outcome {
    if env.parts().has(part) { Ok(()) } else { Err(Failure::new(Why::Without(part))) }
}

/// A word of the last message.
pub fn message_register(index: usize) -> u64 {
    sel4::with_ipc_buffer(|buffer| buffer.msg_regs()[index])
}

/// Runs every case of every table, cleaning up after each.
pub fn run_all(env: &mut Env, tables: &[&[&[Case]]]) {
    let (mut failed, mut all) = (0, 0);
    for (name, case) in tables.iter().copied().flatten().copied().flatten() {
        debug_print!("CASE {name} ");
        all += 1;
        match case(env) {
            Ok(()) => debug_println!("PASS"),
            Err(Failure { why: Why::Absent, .. }) => debug_println!("SKIP: this kernel has no extension"),
            Err(Failure { why: Why::Without(part), .. }) => {
                debug_println!("SKIP: this kernel is built without {part:?}");
            }
            Err(Failure { why: Why::Skipped(why), .. }) => debug_println!("SKIP: {why}"),
            Err(failure) if reason(name).is_some() => debug_println!("DIFFERS: {failure}"),
            Err(failure) => {
                failed += 1;
                debug_println!("FAIL: {failure}");
            }
        }
        env.clean_up();
    }
    match failed {
        0 => debug_println!("TEST-SUITE PASS: {all}"),
        _ => debug_println!("TEST-SUITE FAIL: {failed} of {all}"),
    }
}
