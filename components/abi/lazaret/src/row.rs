// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the table says of an invocation, and the macro that makes labels, argument structs and rows of it.

use crate::Switch;
use sel4_abi::error::Error;

/// The object whose capability is invoked, or that goes along as an extra one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum Object {
    Vcpu,
    VSpace,
    PageTable,
    Frame,
    Notification,
}

/// What the vCPU, or that of the VSpace, has to be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Anything.
    Nothing,
    /// A thread that is stopped: neither runs nor waits with a fault.
    Stopped,
    /// A thread that does not execute: stopped, or waiting with a fault.
    Halted,
}

/// A word of the message.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// [`crate::Argument::GOOD`] of its type.
    pub good: &'static [u64],
    /// [`crate::Argument::BAD`] of its type.
    pub bad: &'static [u64],
}

/// An invocation of the extension.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, as seL4 would have it.
    pub name: &'static str,
    /// The label.
    pub label: u64,
    /// The object that is invoked.
    pub object: Object,
    /// The part of the extension that it belongs to.
    pub switch: Switch,
    /// What the vCPU has to be doing.
    pub needs: Needs,
    /// What it does.
    pub doc: &'static str,
    /// The words of the message.
    pub words: &'static [Word],
    /// Extra capabilities.
    pub caps: &'static [Object],
    /// The words of the answer.
    pub answer: &'static str,
    /// Refusals, and when, beyond those that every row has: a message that is too short (`TruncatedMessage`), a word
    /// that names nothing (`InvalidArgument`), an extra capability to something else (`InvalidCapability`).
    pub errors: &'static [(Error, &'static str)],
    /// Instructions of the kernel at most, entry and exit included.
    pub cost: u32,
    /// What a system lacks on a kernel without it. The answer is `IllegalOperation`.
    pub without: &'static str,
}

/// The argument struct of an invocation.
pub trait Invocation: Sized {
    /// What the table says of it.
    const ROW: &'static Row;
    /// Extra capabilities.
    const CAPS: usize = Self::ROW.caps.len();
    /// Words of the message.
    const WORDS: usize = Self::ROW.words.len();
    /// The arguments of a message; the number of the first word that means nothing.
    fn from_words(word: impl Fn(usize) -> u64) -> Result<Self, u64>;
}

macro_rules! invocations {
    (after $first:expr; $($(#[doc = $doc:literal])* $name:ident = $label:ident, $sel4:literal {
        object: $object:ident,
        switch: $switch:ident,
        needs: $needs:ident,
        words: { $($(#[doc = $word_doc:literal])* $word:ident: $type:ty,)* },
        caps: [$($cap:ident),*],
        answer: $answer:literal,
        errors: [$($error:ident: $when:literal),*],
        cost: $cost:literal,
        without: $without:literal,
    })*) => {
        #[allow(clippy::upper_case_acronyms, reason = "numbers the rows, nothing else")]
        #[allow(non_camel_case_types, reason = "the names are the labels'")]
        enum Number { $($label,)* COUNT }

        $($(#[doc = $doc])*
        ///
        #[doc = concat!("The label of `", $sel4, "`; its words are those of [`", stringify!($name), "`].")]
        pub const $label: u64 = $first + Number::$label as u64;)*

        /// One past the last label.
        pub(super) const END: u64 = $first + Number::COUNT as u64;

        /// These invocations, by label.
        pub(super) const ROWS: &[$crate::Row] = &[$(*<$name as $crate::Invocation>::ROW,)*];

        $(#[doc = concat!("The words of `", $sel4, "`, [`", stringify!($label), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name { $($(#[doc = $word_doc])* pub $word: $type,)* }

        impl $crate::Invocation for $name {
            const ROW: &'static $crate::Row = &$crate::Row {
                name: $sel4,
                label: $label,
                object: $crate::Object::$object,
                switch: $crate::Switch::$switch,
                needs: $crate::Needs::$needs,
                doc: concat!($($doc),*),
                words: &[$($crate::Word {
                    name: stringify!($word),
                    doc: concat!($($word_doc),*),
                    good: <$type as $crate::Argument>::GOOD,
                    bad: <$type as $crate::Argument>::BAD,
                },)*],
                caps: &[$($crate::Object::$cap),*],
                answer: $answer,
                errors: &[$((sel4_abi::error::Error::$error, $when)),*],
                cost: $cost,
                without: $without,
            };

            #[inline(always)]
            #[allow(unused_variables, unused_mut, unused_assignments, reason = "an invocation may have no words")]
            fn from_words(word: impl Fn(usize) -> u64) -> Result<Self, u64> {
                let mut next = 0;
                Ok(Self { $($word: {
                    let number = next;
                    next += 1;
                    <$type as $crate::Argument>::from_word(word(number)).ok_or(number as u64)?
                },)* })
            }
        }

        impl $name {
            /// The words of the message.
            #[inline(always)]
            pub fn words(self) -> [u64; <Self as $crate::Invocation>::ROW.words.len()] {
                [$($crate::Argument::to_word(self.$word),)*]
            }
        })*
    };
}
pub(crate) use invocations;
