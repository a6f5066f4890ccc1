// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the program `lazaret-cli` parses and does, as a library: tests hold the pages against it.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod command;
pub mod doctor;
