// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bare-metal AArch64 guest that exercises the debug registers and says what it found.
//!
//! It runs at EL1 with the MMU off, talks to a PL011 and ends by PSCI `SYSTEM_OFF`. What it does is chosen by the
//! boot arguments of its device tree ([`options::Options`]):
//! | `mode=` | does |
//! |---|---|
//! | `workout` (default) | every register written and read back; own breakpoints, watchpoints, steps at EL1 and EL0; what must be undefined |
//! | `leak` | writes `pattern=` to all registers, lets others run `rounds=` times, checks that it finds only its own |
//! | `sweep` | the same with every register that EL1 or EL0 can write, debug or not |
//! | `idle` | `exits=` cheap exits without debugging |
//! | `armed` | the same with a breakpoint armed |
//! | `differential` | every encoding of debug registers, ID registers and performance monitors, read and written |
//! | `bench` | what every operation costs, and whether debugging works at all |
//! | `growth` | how the costs of exits and interrupts grow |
//! | `switch` | when it was off the core: a neighbour shows what a switch costs |
//! | `trace` | the operation `id=` of the bench between two marks |
//! | `victim` | what share of the core it gets in `rounds=` milliseconds, and its longest wait |
//! | `neighbour` | `deed=` for ever, to take more than its share |
//! | `devices` | every form of load and store on RAM and on a device; what devices say of themselves |
//! | `crash` | `rounds=` times every kind of exit, checked; with `marks=1` at addresses where a debugger can stop |
//! | `interrupts` | random programs for the interrupt controller: `count=` of `seed=` from `first=`, or `picks=` |
//! | `calls` | calls by HVC and SMC, with something in each part of a register that does not count |
//! | `prompt` | lines without an end, and then one thing or another for a while |
//! | `kdb` | nothing, until a key enters a debugger like Linux's kdb and kgdb |
//! | `ticks` | the time, `rounds=` times |
//! | `virtio` | devices by Virtio, with somebody else's drivers: a disk, entropy, and a neighbour with `id=echo` in the network |
//!
//! Each check prints `PASS name` or `FAIL name expected X got Y`; the last line is
//! `GUEST mode: N passed, M failed`. The unsafe code is in `runtime`.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]
#![recursion_limit = "256"]

pub mod calls;
pub mod deed;
pub mod differential;
pub mod options;
pub mod pattern;

#[cfg(all(target_os = "none", target_arch = "aarch64"))]
pub mod mode;
#[cfg(all(target_os = "none", target_arch = "aarch64"))]
pub mod runtime;
