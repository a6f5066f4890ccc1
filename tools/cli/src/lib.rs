// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `lazaret` command line, as a library: what the tests call is what the commands do.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod audit;
pub mod bench;
pub mod board;
pub mod card;
pub mod check;
pub mod command;
pub mod doctor;
pub mod graph;
pub mod guests;
pub mod image;
pub mod inject;
pub mod manifest;
pub mod microkit;
pub mod panics;
pub mod payload;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod programs;
pub mod report;
pub mod runner;
pub mod sel4;
pub mod sizes;
pub mod system;
pub mod target;
pub mod toolchain;
pub mod trace;
pub mod verify;
pub mod workspace;
