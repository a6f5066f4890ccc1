// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system specification: every object, capability, mapping and thread of a system, as flat tables.
//!
//! The command line computes it from `system.xml`; the root task reads it in place and creates exactly what it
//! says. It is what capDL is to Microkit, made so that the reader needs neither a heap nor a parser: a
//! [`Header`], tables of fixed-size rows, NUL-terminated names, then pages of data.
//!
//! Rows name objects by number. Number *n* is the *n*-th object that the root task makes, in the order of
//! the [`ObjectRun`]s; a [`Ref`] can name a page of the data instead, because those pages lie in frames of the root
//! task's own image and can be handed out without a copy.
//!
//! [`Spec::parse`] checks every reference, so a reader may follow them; it never panics on hostile bytes.
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod capability;
mod check;
mod component;
mod error;
mod header;
mod interrupt;
mod memory;
mod object;
mod spec;
mod thread;
#[cfg(feature = "std")]
mod writer;

pub use capability::Cap;
pub use component::{Component, ComponentKind, Limits, OnFault, PASSIVE_BADGE};
pub use error::SpecError;
pub use header::{Header, MAGIC, Span, TABLE_COUNT, Table, VERSION, flags};
pub use interrupt::Irq;
pub use memory::{Fill, FillSource, Mapping, PageTable, SEED_LENGTH, mapping_flags};
pub use object::{Kind, NO_PADDR, NONE, ObjectRun, Ref};
pub use spec::Spec;
pub use thread::{SchedContext, Thread, thread_flags};
#[cfg(feature = "std")]
pub use writer::Writer;

/// A small page, and the alignment of the specification and of its data.
pub const PAGE_SIZE: usize = 4096;
/// A large page.
pub const LARGE_PAGE_SIZE: usize = 2 * 1024 * 1024;
