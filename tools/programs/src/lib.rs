// SPDX-License-Identifier: MIT OR Apache-2.0
//! The programs that run on the machine: where the tree is, the toolchain that builds for bare metal, cargo's builds, and
//! what the files that come of them are made of.
#![forbid(unsafe_code)]

pub mod lock;
pub mod panics;
mod program;
mod setting;
pub mod shell;
pub mod sizes;
pub mod toolchain;
pub mod workspace;

pub use program::{Program, sha256};
pub use setting::{Config, Setting, write_if_changed};
