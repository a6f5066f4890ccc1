// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the kernel's semantics: system calls by threads that a test plays, on memory of the host.

mod alarm;
mod binding;
mod capabilities;
mod debug_calls;
mod dispatch;
mod doorbell;
mod errors;
mod extension;
mod fastpath;
mod fastpath_ipc;
mod fuzz;
mod groups;
mod guests_only;
mod injection;
mod invariants;
mod ipc;
mod pages;
mod prepared_timer;
mod property;
mod scheduling;
mod starting;
mod stopping;
mod turns;
mod vm;
mod waiting;
mod width;
mod world;
