// SPDX-License-Identifier: MIT OR Apache-2.0
//! One invocation and the kernel's whole answer, as rows of a table.

use core::fmt;

use sel4::{Cap, cap_type::Unspecified, sys::error::LookupFailure, sys::invocation::Invocation};

use crate::case::{Outcome, message_register, same_answer};

/// Words that an answer can have: those of a failed lookup.
const WORDS: usize = 5;

/// In a row: a word that depends on the board.
pub const ANY: u64 = 0x616e_7900_616e_7900;

/// What came back: the error and the words that it has.
#[derive(Clone, Copy)]
pub struct Answer {
    error: Option<sel4::Error>,
    words: [u64; WORDS],
    length: usize,
}

impl Answer {
    /// Success; a value counts if it is named.
    pub const fn success(words: &[u64]) -> Self {
        Self::new(None, words)
    }

    /// A refusal.
    pub const fn refused(error: sel4::Error, words: &[u64]) -> Self {
        Self::new(Some(error), words)
    }

    const fn new(error: Option<sel4::Error>, words: &[u64]) -> Self {
        let mut all = [0; WORDS];
        let mut n = 0;
        while n < words.len() {
            all[n] = words[n];
            n += 1;
        }
        Self { error, words: all, length: words.len() }
    }

    /// Is it what a row wants?
    pub fn is(&self, wanted: &Self) -> bool {
        let same = |(is, wanted): (&u64, &u64)| *wanted == ANY || is == wanted;
        self.error == wanted.error
            && self.length == wanted.length
            && self.words[..self.length].iter().zip(&wanted.words).all(same)
    }

    /// From the message registers, as many as the error has; a success has as many as are wanted.
    fn read(result: sel4::Result<()>, wanted: usize) -> Self {
        use sel4::Error::*;
        let error = result.err();
        let length = match error {
            None => wanted,
            Some(InvalidArgument | InvalidCapability | NotEnoughMemory) => 1,
            Some(RangeError) => 2,
            Some(FailedLookup) => 2 + lookup_words(message_register(1)),
            Some(_) => 0,
        };
        let mut words = [0; WORDS];
        words[..length].iter_mut().enumerate().for_each(|(n, word)| *word = message_register(n));
        Self { error, words, length }
    }
}

/// Words after the kind of a failed lookup.
fn lookup_words(kind: u64) -> usize {
    match kind {
        _ if kind == LookupFailure::MissingCapability as u64 => 1,
        _ if kind == LookupFailure::DepthMismatch as u64 => 2,
        _ if kind == LookupFailure::GuardMismatch as u64 => 3,
        _ => 0,
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error {
            None => write!(f, "Success")?,
            Some(error) => write!(f, "{error:?}")?,
        }
        match self.length {
            0 => Ok(()),
            length => write!(f, "{:x?}", &self.words[..length]),
        }
    }
}

/// The most words that a row gives.
const MOST: usize = 40;

/// An invocation on a slot of the root CNode.
pub struct Ask {
    service: u64,
    label: u64,
    words: [u64; MOST],
    length: usize,
    caps: [u64; 3],
    extra: usize,
}

impl Ask {
    /// By label, with slots of further capabilities.
    pub fn new(service: u64, label: u64, words: &[u64], caps: &[u64]) -> Self {
        let mut ask = Self { service, label, words: [0; MOST], length: words.len(), caps: [0; 3], extra: caps.len() };
        ask.words[..words.len()].copy_from_slice(words);
        ask.caps[..caps.len()].copy_from_slice(caps);
        ask
    }

    /// Makes it, and compares the answer.
    pub fn expect(&self, wanted: Answer) -> Outcome {
        let cap = Cap::<Unspecified>::from_bits(self.service);
        let result = cap.invoke_with(self.label, &self.words[..self.length], &self.caps[..self.extra], |_| ());
        same_answer(Answer::read(result, wanted.length), wanted)
    }
}

/// By name.
pub fn ask(service: u64, invocation: Invocation, words: &[u64], caps: &[u64]) -> Ask {
    Ask::new(service, invocation.label(), words, caps)
}

/// A table of cases: a name, an [`Ask`], the answer.
#[macro_export]
macro_rules! answers {
    ($module:literal, $env:ident; $($name:ident: $ask:expr => $answer:ident $([$($word:expr),*])?;)*) => {
        /// The cases of this table.
        pub const CASES: &[$crate::case::Case] = &[$((
            concat!("answers::", $module, "::", stringify!($name)),
            |$env: &mut $crate::env::Env| {
                // Not every row makes something.
                let _ = &$env;
                $ask.expect($crate::answers!(@ $answer $([$($word),*])?))
            },
        )),*];
    };
    (@ Success $([$($word:expr),*])?) => { $crate::answer::Answer::success(&[$($($word),*)?]) };
    (@ $error:ident $([$($word:expr),*])?) => {
        $crate::answer::Answer::refused(sel4::Error::$error, &[$($($word),*)?])
    };
}
